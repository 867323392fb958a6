"""How busy four workers are when run times spread over 1:10, asynchronously and in batches, and the
quality per evaluation of both.
"""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any

import numpy

from benchmarks.learning.functions import FUNCTIONS
from enchanted_tui.config.loading import config_from_mapping
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.learning.answers import answer
from enchanted_tui.samplers.learning_sampler import Pending
from enchanted_tui.supervisor.supervisor import Supervisor

WORKERS = 4
_INITIAL = 8
_SAMPLER: dict[str, Any] = {
    "parameters": ["x", "y"],
    "bounds": [[0.0, 1.0], [0.0, 1.0]],
    "initial_samples": _INITIAL,
    "acquisition_batch_size": WORKERS,
    "random_fraction": 0.0,
}


def campaign(
    directory: Path, *, asynchronous: bool, seed: int, budget: int, longest: float
) -> dict[str, float]:
    """Run a real campaign of samples that sleep for `longest`/10 to `longest` seconds; give how
    busy its workers were.

    ``busy``: share of the workers' time spent in samples from the first start to the last;
    ``whole``: to the end, when workers run dry.
    """
    config = {
        "logging": "WARNING",
        "executors": {"here": {"type": "LocalExecutor", "n_workers": WORKERS}},
        "samplers": {
            "s": {
                "type": "BayesianOptimizationSampler",
                "budget": budget,
                "asynchronous": asynchronous,
                **_SAMPLER,
            }
        },
        "runners": {
            "branin": {"type": "benchmarks.learning.sleeper:SleepingBranin", "longest": longest}
        },
        "supervisor": {
            "base_run_dir": str(directory),
            "seed": seed,
            "run_order": [{"executor": "here", "sampler": "s", "runner": "branin"}],
        },
    }
    Supervisor(config_from_mapping(config), mode="fresh", overwrite=True).start()
    with JournalReader(directory / "state" / "journal.jsonl") as reader:
        records = [record for _, record in reader.records()]
    spans = [
        (record["started"], record["started"] + record["runtime"])
        for record in records
        if record["type"] == "task"
    ]
    fits = [record["seconds"] for record in records if record["type"] == "learned"]
    begin, last_start, end = (
        min(start for start, _ in spans),
        max(start for start, _ in spans),
        max(stop for _, stop in spans),
    )
    until_last = sum(min(stop, last_start) - start for start, stop in spans)
    return {
        "busy": until_last / (WORKERS * (last_start - begin)),
        "whole": sum(stop - start for start, stop in spans) / (WORKERS * (end - begin)),
        "seconds": end - begin,
        "fit": float(numpy.median(fits)),
    }


def regret(name: str, *, asynchronous: bool, seed: int, evaluations: int) -> list[float]:
    """Give the regret after each evaluation in the order in which they end, on a simulated clock:
    four workers, run times 1:10.
    """
    function = FUNCTIONS[name]
    options = {
        **_SAMPLER,
        "parameters": [f"x{index}" for index in range(function.dimensions)],
        "bounds": [[0.0, 1.0]] * function.dimensions,
    }
    sampler = BayesianOptimizationSampler(budget=evaluations, asynchronous=asynchronous, **options)
    sampler.place(seed, 0)
    rng = numpy.random.default_rng(seed)
    running: list[tuple[float, int, dict[str, float]]] = []
    waiting: list[tuple[int, dict[str, float]]] = []
    values: list[float] = []
    clock, drawn = 0.0, 0
    while len(values) < evaluations:
        outstanding = len(running) + len(waiting)
        wants = outstanding < WORKERS if asynchronous and drawn >= _INITIAL else outstanding == 0
        if wants and drawn < evaluations:
            count = (
                min(WORKERS - outstanding, evaluations - drawn)
                if asynchronous and drawn
                else sampler.next_count(drawn, evaluations)
            )
            pending = [Pending(position, sample) for _, position, sample in running]
            samples = sampler.draw(drawn, count, pending, answer).samples
            waiting += [(drawn + place, sample) for place, sample in enumerate(samples)]
            drawn += len(samples)
        while waiting and len(running) < WORKERS:
            position, sample = waiting.pop(0)
            heapq.heappush(running, (clock + rng.uniform(1, 10), position, sample))
        clock, position, sample = heapq.heappop(running)
        values.append(function.value(list(sample.values())))
        sampler.tell(position, sample, [{"success": True, "output": values[-1]}])
    found: list[float] = (function.maximum - numpy.maximum.accumulate(values)).tolist()
    return found
