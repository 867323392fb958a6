"""``python -m benchmarks``: measure, and write the report."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.app import measure_app
from benchmarks.bench import Bench
from benchmarks.cases import all_cases
from benchmarks.environments import CACHE
from benchmarks.report import machine_facts, write_report
from benchmarks.results import Results

_REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_QUIET_LOAD = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and give the exit code."""
    options = _options(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    file = options.cache / ("results-quick.jsonl" if options.quick else "results.jsonl")
    if not options.keep_on and not options.report_only and file.exists():
        file.rename(file.with_suffix(".before.jsonl"))
    results = Results(file)
    if options.report_only:
        write_report(options.out, results, all_cases(lambda samples: Path(), large=options.large))
        return 0
    bench = Bench(
        options.cache,
        results,
        quick=options.quick,
        contenders=options.contender,
        rounds=options.rounds,
    )
    found = all_cases(bench.finished, large=options.large)
    cases = [case for case in found if case.quick or not options.quick]
    wanted = [
        case
        for case in cases
        if not options.only or any(_named(case.name, name) for name in options.only)
    ]
    load = os.getloadavg()[0]
    print(
        f"{machine_facts()}; load {load:.2f}"
        + (": NOT QUIET, only ratios mean much" if load > _QUIET_LOAD else ""),
        flush=True,
    )
    try:
        for case in wanted:
            bench.measure(case)
            write_report(options.out, results, cases)
        if not options.only or "waiting" in options.only:
            bench.measure_waiting()
        if not options.only or "app" in options.only:
            measure_app(bench, quick=options.quick)
        write_report(options.out, results, cases)
    except KeyboardInterrupt:
        print("interrupted; --continue goes on from here", file=sys.stderr)
        return 130
    finally:
        if not options.keep:
            bench.remove_directories()
    print(options.out)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what campaigns cost, beside bare loops and other tools.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round of the small cases: two minutes instead of twenty",
    )
    parser.add_argument(
        "--large",
        action="store_true",
        help="a million samples too: minutes, and half a gigabyte",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="only this case, or this group of cases (or 'waiting', or 'app'); repeatable",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        metavar="N",
        help="how often each contender runs, instead of 1 to 7 times by its length",
    )
    parser.add_argument(
        "--contender",
        action="append",
        default=[],
        metavar="NAME",
        help="only contenders whose name starts so; repeatable",
    )
    parser.add_argument(
        "--continue",
        action="store_true",
        dest="keep_on",
        help="keep what was measured before, measure what is missing",
    )
    parser.add_argument(
        "--report-only",
        action="store_true",
        help="measure nothing, write the report of what was measured last",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=_REPORT,
        metavar="REPORT.md",
        help="where the report goes (default: docs/benchmarks.md)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        help="where peers are installed, programs compiled and samples run",
    )
    parser.add_argument(
        "--keep", action="store_true", help="do not delete the directories of the runs at the end"
    )
    return parser.parse_args(arguments)


def _named(case: str, name: str) -> bool:
    return case == name or case.startswith(f"{name}-")
