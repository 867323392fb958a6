"""Campaigns whose surrogates are known: functions of the literature, with failures where asked."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from math import pi
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import yaml

from enchanted_tui import cli
from enchanted_tui.runners.benchmark_function_runner import friedman, ishigami
from enchanted_tui.runners.double_gaussian_runner import SyntheticDoubleGaussianRunner

Array = np.ndarray[Any, Any]

_CODE = """
import math

from enchanted_tui.runners.benchmark_function_runner import friedman, ishigami
from enchanted_tui.runners.double_gaussian_runner import SyntheticDoubleGaussianRunner


def g(x):
    found = 1.0
    for value, a in zip(x, (0, 1, 4.5, 9)):
        found *= (abs(4 * value - 2) + a) / (1 + a)
    return found


def double_gaussian(x):
    runner = SyntheticDoubleGaussianRunner(dimensions=2)
    return runner.single_code_run("", {"x": x[0], "y": x[1]})["output"]


def fails(x):  # one in ten, as if at random
    return FAILING and math.sin(1e4 * sum(x)) > math.cos(0.1 * math.pi)


def run(**columns):
    points = list(zip(*(columns[name].tolist() for name in NAMES)))
    return {
        "output": [NAME(point) for point in points],
        "success": [not fails(point) for point in points],
    }
"""

_SIDES = {
    "ishigami": (["x1", "x2", "x3"], [-pi, pi]),
    "friedman": (["x1", "x2", "x3", "x4", "x5"], [0.0, 1.0]),
    "double_gaussian": (["x", "y"], [0.0, 1.0]),
    "g": (["x1", "x2", "x3", "x4"], [0.0, 1.0]),
}


def parameters_of(name: str) -> tuple[list[str], list[float]]:
    """Return the parameters of a function, and the range of each."""
    return _SIDES[name]


def truth(name: str, points: Array) -> Array:
    """Return a function's values at points (n, d)."""
    if name == "double_gaussian":
        runner = SyntheticDoubleGaussianRunner(dimensions=2)
        return np.array(
            [runner.single_code_run("", {"x": x, "y": y})["output"] for x, y in points.tolist()]
        )
    function = {"ishigami": ishigami, "friedman": friedman}[name]
    return np.array([function(point) for point in points.tolist()])


def function_campaign(
    root: Path, name: str, budget: int, seed: int = 1, *, failing: bool = False
) -> Path:
    """Run a campaign of random samples of a function; return its run directory."""
    names, side = _SIDES[name]
    code = _CODE.replace("NAMES", repr(names)).replace("NAME", name)
    code = code.replace("FAILING", str(failing))
    return run_code(
        root,
        code,
        {
            "type": "RandomSampler",
            "parameters": names,
            "bounds": [side] * len(names),
            "budget": budget,
        },
        seed,
        batch=200,
    )


def run_code(
    root: Path,
    code: str,
    *samplers: Any,
    batch: int | None = None,
    exit_code: int = 0,
    **supervisor: Any,
) -> Path:
    """Run `run` of some code on what samplers draw (a number behind them is the seed), one stage
    each, and return the run directory.
    """
    seed = samplers[-1] if isinstance(samplers[-1], int) else 1
    stages = [sampler for sampler in samplers if isinstance(sampler, dict)]
    root.mkdir(parents=True, exist_ok=True)
    (root / "surrogate_code.py").write_text(dedent(code))
    runner: dict[str, Any] = {"type": "PythonRunner", "function": "surrogate_code:run"}
    if batch is not None:
        runner["batch"] = batch
    config = {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {f"s{number}": sampler for number, sampler in enumerate(stages)},
        "runners": {"code": runner},
        "storage": {"type": "none"},
        "supervisor": {
            "base_run_dir": str(root / "run"),
            "seed": seed,
            "run_order": [
                {"sampler": f"s{number}", "executor": "here", "runner": "code"}
                for number in range(len(stages))
            ],
            **supervisor,
        },
    }
    (root / "campaign.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    assert cli.main([str(root / "campaign.yaml"), "--no-ui"]) == exit_code
    return root / "run"


_MENDED = """
from pathlib import Path

def run(a, b):
    if a > 0.75 and not Path(__file__).with_name("mended").exists():
        raise RuntimeError("not yet")
    return {"height": 3 * a - b}
"""


def campaign_to_be_mended(root: Path) -> Path:
    """Run a campaign of 32 samples, 8 of which fail until it is mended; return its run
    directory.
    """
    sampler = {
        "type": "SobolSequenceSampler",
        "parameters": ["a", "b"],
        "bounds": [[0, 1], [0, 1]],
        "budget": 32,
    }
    return run_code(root, _MENDED, sampler)


def mend(run_dir: Path) -> None:
    """Run its failed samples again, successfully."""
    (run_dir.parent / "mended").touch()
    assert cli.main(["--retry-failed", str(run_dir)]) == 0


def asked(*arguments: object) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of a command line."""
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        code = cli.main([str(argument) for argument in arguments])
    return code, out.getvalue(), said.getvalue()


def fitted(run_dir: Path, *arguments: object) -> Mapping[str, Any]:
    """Return the report of a fit."""
    code, out, said = asked("--fit", run_dir, "--json", *arguments)
    assert code == 0, said
    found: Mapping[str, Any] = json.loads(out)
    return found


def analysed(run_dir: Path, *arguments: object) -> Mapping[str, Any]:
    """Return the report of a sensitivity analysis."""
    code, out, said = asked("--sensitivity", run_dir, "--json", *arguments)
    assert code == 0, said
    found: Mapping[str, Any] = json.loads(out)
    return found


def rmse(found: Sequence[float] | Array, wanted: Sequence[float] | Array) -> float:
    return float(np.sqrt(((np.asarray(found) - np.asarray(wanted)) ** 2).mean()))


def independent_errors(points: Array, values: Array, orders: int = 2) -> list[float]:
    """Return the errors that scikit-learn finds: its Gaussian process, its folds in several orders.
    `points` (n, d) are of the unit cube.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.model_selection import KFold, cross_val_predict

    kernel = ConstantKernel(1.0, (1e-3, 1e4)) * Matern(
        [0.5] * points.shape[1], (1e-2, 1e2), nu=2.5
    ) + WhiteKernel(1e-6, (1e-10, 1.0))
    model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    return [
        rmse(
            cross_val_predict(model, points, values, cv=KFold(5, shuffle=True, random_state=order)),
            values,
        )
        for order in range(orders)
    ]
