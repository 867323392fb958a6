"""BoTorch's own loop on one function and seed: ``python botorch_loop.py FUNCTION SEED
EVALUATIONS``, with an interpreter that has it.

Prints a JSON line with the regret after each evaluation and the seconds that a proposal took.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import torch
from botorch.acquisition import LogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf
from functions import FUNCTIONS
from gpytorch.mlls import ExactMarginalLogLikelihood
from scipy.stats import qmc


def regrets(name: str, seed: int, evaluations: int) -> tuple[list[float], float]:
    """Give the regret after each evaluation, and the seconds of one proposal."""
    function = FUNCTIONS[name]
    torch.manual_seed(seed)
    torch.set_default_dtype(torch.double)
    points = torch.tensor(qmc.Sobol(function.dimensions, seed=seed).random(function.initial))
    values = [function.value(point) for point in points.tolist()]
    bounds = torch.stack([torch.zeros(function.dimensions), torch.ones(function.dimensions)])
    started = time.perf_counter()
    while len(values) < evaluations:
        # standardises values and has its recommended priors
        model = SingleTaskGP(points, torch.tensor(values).unsqueeze(-1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        acquisition = LogExpectedImprovement(model, best_f=max(values))
        candidate, _ = optimize_acqf(acquisition, bounds, q=1, num_restarts=10, raw_samples=512)
        points = torch.cat([points, candidate])
        values.append(function.value(candidate[0].tolist()))
    seconds = (time.perf_counter() - started) / max(1, evaluations - function.initial)
    best = -float("inf")
    regret = []
    for value in values:
        best = max(best, value)
        regret.append(function.maximum - best)
    return regret, seconds


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    chosen, number, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    found, each = regrets(chosen, number, count)
    print(json.dumps({"function": chosen, "seed": number, "regret": found, "seconds": each}))
