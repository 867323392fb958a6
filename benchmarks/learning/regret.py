"""Regret after a fixed number of evaluations: the sampler beside BoTorch's own loop, from the same
first points.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import numpy
from scipy.stats import qmc

from benchmarks.learning.functions import FUNCTIONS
from enchanted_tui.samplers.learning.bayesian import BayesianOptions, propose
from enchanted_tui.samplers.learning.proposals import PointQuestion

Run = dict[str, Any]
_BOTORCH_LIMIT = 1800  #: seconds for one run


def ours(name: str, seed: int, evaluations: int, kernel: str) -> Run:
    """Give the regret after each evaluation, one sample at a time, and the seconds of one
    proposal.
    """
    function = FUNCTIONS[name]
    options = BayesianOptions(
        "qLEI", kernel, 2.0, fully_bayesian=False, avoid_failures=False, minimise=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers of points that are no powers of two
        points = qmc.Sobol(function.dimensions, seed=seed).random(function.initial)
    values = [function.value(point) for point in points.tolist()]
    nothing = numpy.empty((0, function.dimensions))
    started = time.perf_counter()
    while len(values) < evaluations:
        asked = PointQuestion(points, numpy.array(values), nothing, 1, [seed, len(values)])
        chosen = propose(options, asked).points
        points = numpy.vstack([points, chosen])
        values.append(function.value(chosen[0].tolist()))
    seconds = (time.perf_counter() - started) / max(1, evaluations - function.initial)
    regret = (function.maximum - numpy.maximum.accumulate(values)).tolist()
    return {
        "contender": f"enchanted-tui, {kernel}",
        "function": name,
        "seed": seed,
        "regret": regret,
        "seconds": seconds,
    }


def botorch(python: str, name: str, seed: int, evaluations: int) -> Run:
    """Run BoTorch's loop in the environment of `python`."""
    script = Path(__file__).parent / "botorch_loop.py"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, str(script), name, str(seed), str(evaluations)]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_BOTORCH_LIMIT,
        check=True,
        cwd=script.parent,
    )
    return {"contender": "BoTorch", **json.loads(done.stdout)}


def summary(runs: list[Run]) -> dict[tuple[str, str], dict[str, float]]:
    """Give, by function and contender, the quartiles of the final regret, the number of seeds and
    the median seconds of a proposal.
    """
    found = {}
    for function, contender in dict.fromkeys((run["function"], run["contender"]) for run in runs):
        mine = [run for run in runs if (run["function"], run["contender"]) == (function, contender)]
        lower, median, upper = numpy.quantile(
            [run["regret"][-1] for run in mine], [0.25, 0.5, 0.75]
        )
        seconds = float(numpy.median([run["seconds"] for run in mine]))
        found[function, contender] = {
            "median": median,
            "lower": lower,
            "upper": upper,
            "seeds": len(mine),
            "seconds": seconds,
        }
    return found
