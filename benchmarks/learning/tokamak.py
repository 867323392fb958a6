"""Error of a surrogate of tokamak equilibria against the number of samples: real campaigns of
``configs/freegs/tokamak.yaml``.

They run in the environment that has FreeGS, each in a run directory of its own, and are read with
`enchanted_tui.load`. Campaigns that are there are gone on with or taken as they are, so a series
can be interrupted.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas
import yaml

import enchanted_tui
from benchmarks.learning import designs
from benchmarks.learning.designs import Array

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "freegs" / "tokamak.yaml"
SIZES = (12, 24, 36)
CONTENDERS = ("random", "grid", "Sobol", "GreedySamplingTarget", "Latin hypercube")
OUTPUTS = ("poloidal_beta", "q95")  #: of which active learning is told the first
RESOLUTION = (
    33  #: points in R and in Z: half the time of the campaign's 65, poloidal beta within 1 %
)
_FIRST, _BATCH = SIZES[0], 6
_TEST_SEED = 1000
_LIMIT = 3600  #: seconds for one campaign


def errors(
    python: str,
    directory: Path,
    contender: str,
    seed: int,
    sizes: Sequence[int] = SIZES,
    test_size: int = 200,
) -> dict[str, Any]:
    """Give, for each number of samples, the error of each output and how many of the samples had an
    equilibrium.
    """
    test = _campaign(python, directory / "test", "random", _TEST_SEED, test_size)
    if contender in designs.ONE_SIZE:
        campaigns = [
            _campaign(python, _place(directory, contender, seed, size), contender, seed, size)
            for size in sizes
        ]
    else:
        whole = _campaign(
            python, _place(directory, contender, seed, sizes[-1]), contender, seed, sizes[-1]
        )
        campaigns = [whole[:size] for size in sizes]
    return {
        "sizes": list(sizes),
        "errors": {
            output: [_error(frame, test, output) for frame in campaigns] for output in OUTPUTS
        },
        "test": test_size,
        "solved": [int(frame["success"].sum()) for frame in campaigns],
    }


def _place(directory: Path, contender: str, seed: int, size: int) -> Path:
    return directory / f"{contender.replace(' ', '_')}-{size}-seed{seed}"


def _campaign(
    python: str, run_dir: Path, contender: str, seed: int, budget: int
) -> pandas.DataFrame:
    """Run a campaign, or what is missing of it, and give its dataset."""
    space = _space()
    options = designs.sampler_options(contender, seed, space["parameters"], space["bounds"], budget)
    if contender not in designs.SAMPLERS:
        learning = {
            "observations": [OUTPUTS[0]],
            "initial_samples": _FIRST,
            "batch_size": _BATCH,
            "failure_prob_filter": True,
        }
        options |= learning
    changes = {
        "samplers.operating_points": options,
        "runners.freegs.arguments.resolution": RESOLUTION,
        "supervisor.seed": seed,
    }
    command = [
        python,
        "-m",
        "enchanted_tui",
        str(CONFIG),
        "--no-ui",
        "--run-mode",
        "auto",
        "--base-run-dir",
        str(run_dir),
    ]
    for key, value in changes.items():
        command += ["--set", f"{key}={json.dumps(value)}"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT, check=False
    )
    if done.returncode:
        raise SystemExit(
            f"The campaign in {run_dir} ended with exit code {done.returncode}:"
            f" {done.stderr.strip()[-500:]}"
        )
    return enchanted_tui.load(run_dir)


def _error(frame: pandas.DataFrame, test: pandas.DataFrame, output: str) -> float:
    """Give the error on the test points that have an equilibrium, of a surrogate fitted to the
    samples that have one.
    """
    solved, there = frame[frame["success"]], test[test["success"]]
    return designs.error(
        _unit(solved), solved[output].to_numpy(float), _unit(there), there[output].to_numpy(float)
    )


def _unit(frame: pandas.DataFrame) -> Array:
    """Give the points of the unit cube."""
    space = _space()
    lower, upper = numpy.array(space["bounds"], dtype=float).T
    return (frame[space["parameters"]].to_numpy(float) - lower) / (upper - lower)


def _space() -> dict[str, Any]:
    """Give the parameters and bounds that the campaign has."""
    space = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["samplers"]["operating_points"]
    return {
        "parameters": space["parameters"],
        "bounds": [[float(bound) for bound in pair] for pair in space["bounds"]],
    }
