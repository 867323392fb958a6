"""Measure the samplers that learn: ``python -m benchmarks.learning
{regret,surrogate,tokamak,busy,report} ...``.

Results are added to the files in ``benchmarks/learning/results``, so that a long series can be run
in parts; ``report`` draws the figures and the tables of ``docs/learning.md`` from them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.learning import designs

RESULTS = Path(__file__).parent / "results"
KINDS = ("regret", "surrogate", "tokamak", "busy", "quality", "machine")
Result = dict[str, Any]


def load(kind: str) -> list[Result]:
    """Give what has been measured of a kind."""
    path = RESULTS / f"{kind}.json"
    found: list[Result] = (
        [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    )
    return found


def add(kind: str, result: Result, *keys: str) -> None:
    """Keep a result, rounded to what is significant."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{kind}.json").open("a") as file:
        file.write(json.dumps(_rounded(result)) + "\n")
    machine = {
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "cores": os.cpu_count(),
    }
    if kind != "machine" and _missing("machine", machine):
        add("machine", machine, *machine)
    print(kind, *(result[key] for key in keys), flush=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _missing(kind: str, result: dict[str, Any]) -> bool:
    return not any(
        all(item.get(key) == value for key, value in result.items()) for item in load(kind)
    )


def measure_regret(options: argparse.Namespace) -> None:
    from benchmarks.learning import regret

    for seed, function in _each_seed(options, ("Branin", "Hartmann-6")):
        for kernel in options.kernels:
            if _missing(
                "regret",
                {"contender": f"enchanted-tui, {kernel}", "function": function, "seed": seed},
            ):
                add(
                    "regret",
                    regret.ours(function, seed, options.evaluations, kernel),
                    "contender",
                    "function",
                    "seed",
                )
        if options.botorch and _missing(
            "regret", {"contender": "BoTorch", "function": function, "seed": seed}
        ):
            add(
                "regret",
                regret.botorch(options.botorch, function, seed, options.evaluations),
                "contender",
                "function",
                "seed",
            )


def measure_surrogate(options: argparse.Namespace) -> None:
    from benchmarks.learning import surrogate

    for seed, contender in _each_seed(options, surrogate.CONTENDERS):
        run = {"contender": contender, "seed": seed}
        if not (seed and contender in designs.FIXED) and _missing("surrogate", run):
            add(
                "surrogate",
                {
                    **run,
                    "sizes": list(surrogate.SIZES),
                    "errors": surrogate.errors(contender, seed),
                },
                *run,
            )


def measure_tokamak(options: argparse.Namespace) -> None:
    from benchmarks.learning import tokamak

    for seed, contender in _each_seed(options, tokamak.CONTENDERS):
        run = {"contender": contender, "seed": seed}
        if not (seed and contender in designs.FIXED) and _missing("tokamak", run):
            add(
                "tokamak",
                {**run, **tokamak.errors(options.freegs, options.directory, contender, seed)},
                *run,
            )


def measure_busy(options: argparse.Namespace) -> None:
    from benchmarks.learning import busy

    for seed, asynchronous in _each_seed(options, (True, False)):
        mode = "asynchronous" if asynchronous else "batches"
        if seed < options.campaigns and _missing("busy", {"mode": mode, "seed": seed}):
            with tempfile.TemporaryDirectory() as directory:
                run = busy.campaign(
                    Path(directory),
                    asynchronous=asynchronous,
                    seed=seed,
                    budget=48,
                    longest=options.longest,
                )
            add(
                "busy",
                {"mode": mode, "seed": seed, "longest": options.longest, **run},
                "mode",
                "seed",
            )
        if _missing("quality", {"mode": mode, "seed": seed}):
            regrets = busy.regret(
                "Branin", asynchronous=asynchronous, seed=seed, evaluations=options.evaluations
            )
            add(
                "quality",
                {"mode": mode, "seed": seed, "function": "Branin", "regret": regrets},
                "mode",
                "seed",
            )


def write_report(options: argparse.Namespace) -> None:
    from benchmarks.learning.report import write

    write({kind: load(kind) for kind in KINDS})


def _each_seed(options: argparse.Namespace, items: tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
    return ((seed, item) for seed in range(options.first_seed, options.seeds) for item in items)


_DOES = {
    "regret": measure_regret,
    "surrogate": measure_surrogate,
    "tokamak": measure_tokamak,
    "busy": measure_busy,
    "report": write_report,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("what", choices=tuple(_DOES))
    parser.add_argument("--seeds", type=int, help="how many; by default 20, and 2 for tokamak")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--evaluations", type=int, default=50)
    parser.add_argument("--kernels", nargs="+", default=["Matern-3/2", "Matern-5/2"])
    parser.add_argument(
        "--botorch", metavar="PYTHON", help="interpreter of an environment that has BoTorch"
    )
    parser.add_argument(
        "--freegs",
        metavar="PYTHON",
        default=sys.executable,
        help="interpreter of an environment that has FreeGS",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("runs/learning"),
        help="where the campaigns with FreeGS are kept",
    )
    parser.add_argument(
        "--campaigns", type=int, default=3, help="seeds for which workers are really kept busy"
    )
    parser.add_argument(
        "--longest", type=float, default=40.0, help="seconds of the longest sample there"
    )
    options = parser.parse_args()
    if options.seeds is None:
        options.seeds = 2 if options.what == "tokamak" else 20
    _DOES[options.what](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
