"""``python -m benchmarks``: measure, and write the report.

Every run gets a fresh directory and nothing is deleted before the end, because on common file
systems making directories is ten times slower just after many were removed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.app import measure_app
from benchmarks.cases import Case, all_cases
from benchmarks.contenders import (
    OURS,
    Contender,
    ours_in_process,
    ours_without_directories,
    sleeping,
)
from benchmarks.environments import Environments, Unavailable
from benchmarks.measure import busy_share, run
from benchmarks.report import machine_facts, write_report
from benchmarks.results import Results

_REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "enchanted-tui-benchmarks"
_WAITING = (2, 100)  #: workers that sleep while the supervisor's processor time is measured
_QUIET_LOAD = 0.5
_MANY = 200_000  #: samples, of which a finished campaign has no directories


class Bench:
    """One session of measuring, in directories below `cache`."""

    def __init__(
        self,
        cache: Path,
        results: Results,
        *,
        quick: bool,
        contenders: list[str],
        rounds: int | None,
    ) -> None:
        self.results = results
        self._rounds = 1 if quick else rounds
        self._contenders = contenders
        self.environments = Environments(cache)
        self._root = cache / f"runs-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        self._root.mkdir(parents=True)
        self._quick = quick
        self._number = 0
        self._finished: dict[int, Path] = {}
        results.set_fact("file system", _file_system(self._root))

    def fresh(self, name: str) -> Path:
        self._number += 1
        directory = self._root / f"{self._number:04d}-{name}"
        directory.mkdir()
        return directory

    def finished(self, samples: int) -> Path:
        """Give the run directory of a finished campaign of so many in-process samples."""
        if samples not in self._finished:
            directory = self.fresh(f"finished-{samples}")
            many = samples > _MANY
            contender = ours_without_directories() if many else ours_in_process()
            job = contender.prepare(self.environments, samples, directory)
            subprocess.run(
                job.command,
                cwd=directory,
                check=True,
                timeout=60 + 0.05 * samples,
                capture_output=True,
            )
            self._finished[samples] = directory / "run"
        return self._finished[samples]

    def measure(self, case: Case) -> None:
        """Measure what is missing of a case: its contenders in turn, as often as it asks for."""
        for number in range(self._rounds or case.rounds):
            for contender in case.contenders:
                if (
                    self._takes_part(contender)
                    and self.results.done(case.name, contender.name) <= number
                ):
                    self._measure(case, contender)

    def _takes_part(self, contender: Contender) -> bool:
        return not self._contenders or any(
            contender.name.startswith(name) for name in self._contenders
        )

    def _measure(self, case: Case, contender: Contender) -> None:
        directory = self.fresh(case.name)
        try:
            job = contender.prepare(self.environments, case.samples, directory)
        except Unavailable as reason:
            self.results.note(case.name, contender.name, f"skipped: {reason}")
            print(f"{case.name:20} {contender.name:28} skipped: {reason}", flush=True)
            return
        measured = run(
            job.command,
            cwd=directory,
            log=directory / "log",
            timeout=case.timeout,
            environment=job.environment,
        )
        if not measured.error:
            try:
                job.check()
            except (AssertionError, OSError) as error:
                measured.error = str(error)
        if (
            contender.name == OURS
            and case.name == f"in-process-{case.samples}"
            and not measured.error
        ):
            self._finished[case.samples] = directory / "run"
        self.results.add(case.name, contender.name, case.samples, measured)
        said = (
            measured.error
            or f"{measured.wall:8.3f} s  CPU {measured.cpu:7.3f} s  {measured.peak_all:5.0f} MB"
        )
        print(f"{case.name:20} {contender.name:28} {said}  (load {measured.load:.1f})", flush=True)

    def measure_waiting(self) -> None:
        """Measure the processor time of supervisor and fork server while all workers sleep."""
        settle, window = (10, 5) if self._quick else (20, 20)
        for workers in _WAITING:
            name = f"waiting, {workers} workers"
            if self.results.fact(name) is not None:
                continue
            directory = self.fresh(f"waiting-{workers}")
            command = sleeping(directory, settle + window + 5, workers)
            share, processes = busy_share(
                command,
                cwd=directory,
                log=directory / "log",
                settle=settle,
                window=window,
                names=("sleep ",),
            )
            self.results.set_fact(name, 100 * share)
            print(f"{name:20} {processes} processes use {100 * share:.2f} % of a core", flush=True)

    def remove_directories(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)


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
        default=_CACHE,
        help="where peers are installed, programs compiled and samples run",
    )
    parser.add_argument(
        "--keep", action="store_true", help="do not delete the directories of the runs at the end"
    )
    return parser.parse_args(arguments)


def _named(case: str, name: str) -> bool:
    return case == name or case.startswith(f"{name}-")


def _file_system(path: Path) -> str:
    found = subprocess.run(
        ["findmnt", "-no", "FSTYPE", "-T", str(path)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown file system"
