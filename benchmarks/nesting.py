"""How busy workers are in nested stages of which one sample in ten takes ten times as long as the
others: `python -m benchmarks.nesting`.

Busy is what the workers' time from the first task to the end holds of run times; and the same up to
the moment when the last task began, since nothing is left to begin from then on.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from enchanted_tui.cli import main as run_campaign

WORKERS = 8
UNIT = 0.1  #: seconds that nine samples in ten take
#: samples of each stage
SHAPES = ((100, 5), (40, 5, 4), (80, 4, 4))


class Busy(NamedTuple):
    """Shares of the workers' time."""

    whole: float
    until_last_began: float


def first(p0: float) -> float:
    """Run a sample of the first stage."""
    return sleep(p0)


def second(p1: float) -> float:
    """Run a sample of the second stage."""
    return sleep(p1)


def third(p2: float) -> float:
    """Run a sample of the third stage."""
    return sleep(p2)


def sleep(drawn: float) -> float:
    """Sleep for ten units where what is drawn is in the first tenth of its range, else for one."""
    time.sleep(10 * UNIT if drawn < 0.1 else UNIT)
    return drawn


def configuration(shape: tuple[int, ...], start: str, run_dir: Path) -> dict[str, Any]:
    """Return a campaign with a stage for each number of samples."""
    stages: list[dict[str, Any]] = []
    for depth in range(len(shape)):
        stage = {"executor": "local", "sampler": f"s{depth}", "runner": f"r{depth}"}
        stages.append(stage if depth == 0 else {**stage, "start": start})
    return {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": WORKERS}},
        "samplers": {
            f"s{depth}": {
                "type": "LatinHypercubeSampler",
                "parameters": [f"p{depth}"],
                "bounds": [[0, 1]],
                "budget": budget,
            }
            for depth, budget in enumerate(shape)
        },
        "runners": {
            f"r{depth}": {
                "type": "PythonRunner",
                "function": f"benchmarks.nesting:{function.__name__}",
            }
            for depth, function in enumerate((first, second, third)[: len(shape)])
        },
        "supervisor": {"base_run_dir": str(run_dir), "seed": 1, "run_order": stages},
    }


def busy(run_dir: Path) -> Busy:
    """Return how busy the workers of a finished campaign were, by its journal."""
    tasks = []
    with (run_dir / "state" / "journal.jsonl").open() as journal:
        for line in journal:
            record = json.loads(line)
            if record["type"] == "task":
                tasks.append((record["started"], record["started"] + record["runtime"]))
    first, last_began = min(tasks)[0], max(tasks)[0]
    end = max(ended for _, ended in tasks)
    before = sum(min(ended, last_began) - began for began, ended in tasks)
    return Busy(
        sum(ended - began for began, ended in tasks) / (WORKERS * (end - first)),
        before / (WORKERS * (last_began - first)),
    )


def main() -> None:
    print(f"{WORKERS} workers, samples of {UNIT} s and one in ten of {10 * UNIT} s")
    print("| samples by stage | start | busy (%) | until the last began (%) |")
    print("|---|---|---|---|")
    for shape in SHAPES:
        for start in ("after_stage", "after_parent"):
            with tempfile.TemporaryDirectory() as root:
                path = Path(root, "campaign.yaml")
                path.write_text(yaml.safe_dump(configuration(shape, start, Path(root, "run"))))
                with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                    run_campaign([str(path), "--no-ui"])
                found = busy(Path(root, "run"))
            named = " x ".join(map(str, shape))
            print(
                f"| {named} | {start} | {100 * found.whole:.1f} |"
                f" {100 * found.until_last_began:.1f} |"
            )


if __name__ == "__main__":
    main()
