"""One session of measuring: cases in turn, each contender in a fresh directory.

Nothing is deleted before the end, because on common file systems making directories is ten times
slower just after many were removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.contenders import (
    OURS,
    Contender,
    ours_in_process,
    ours_without_directories,
    sleeping,
)
from benchmarks.environments import Environments, Unavailable
from benchmarks.measure import busy_share, run
from benchmarks.results import Results

_WAITING = (2, 100)  #: workers that sleep while the supervisor's processor time is measured
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


def _file_system(path: Path) -> str:
    found = subprocess.run(
        ["findmnt", "-no", "FSTYPE", "-T", str(path)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown file system"
