"""What is measured, and the figures that are wanted."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import (
    OURS,
    OURS_WITHOUT,
    Contender,
    Job,
    command_line,
    compiled,
    ours_external,
    ours_in_process,
    ours_nested,
    ours_without_directories,
    peer,
)
from benchmarks.environments import Environments
from benchmarks.results import Results

FILES_C, FILES_PYTHON = "files only, C", "files only, Python"
LOOP_PYTHON, LOOP_C = "bare loop, Python", "bare loop, C"


@dataclass(frozen=True)
class Case:
    """One table of the report: contenders that run the same number of samples in turn."""

    name: str
    title: str
    samples: int
    contenders: tuple[Contender, ...]
    rounds: int = 3
    floor: str = ""  #: the contender to which the others are compared
    quick: bool = True  #: whether ``--quick`` takes it
    per_sample: bool = True  #: whether times are given per sample

    @property
    def timeout(self) -> float:
        """Time limit of one run in seconds; everything that takes part is ten times faster."""
        return 60 + 0.05 * self.samples


@dataclass(frozen=True)
class Wanted:
    """A figure that is wanted, and what was measured."""

    text: str
    limit: float
    measured: Callable[[Results], float | None]
    unit: str


def all_cases(finished: Callable[[int], Path], *, large: bool = False) -> list[Case]:
    """Give all cases, `large` ones too. `finished` gives the run directory of a finished campaign
    of so many in-process samples.
    """
    return [
        *(_million(finished) if large else ()),
        *(_in_process(samples) for samples in (100, 1_000, 10_000)),
        _linear(),
        *(_external(samples) for samples in (1_000, 5_000)),
        _batches(),
        Case(
            "nested",
            "10 x 10 nested in 10 x 10: 10,000 samples below 100 parents",
            10_000,
            (ours_nested(), ours_in_process()),
        ),
        _finished_campaign(finished),
        _large_journal(finished),
        _start_up(),
    ]


def _in_process(samples: int) -> Case:
    contenders = (
        compiled(FILES_C, "files", external=False),
        peer(FILES_PYTHON, "python_files", external=False),
        peer(LOOP_PYTHON, "python_loop", external=False),
        peer("joblib", "joblib_campaign", "joblib", external=False),
        ours_in_process(),
        ours_without_directories(),
        peer("Parsl", "parsl_campaign", "parsl", external=False),
        peer("Dask", "dask_campaign", "dask[distributed]", external=False),
    )
    title = f"{samples:,} samples of a function in the worker's own process"
    return Case(
        f"in-process-{samples}",
        title,
        samples,
        contenders,
        5 if samples <= 1_000 else 3,
        LOOP_PYTHON,
        samples <= 1_000,
    )


def _linear() -> Case:
    contenders = (
        peer(FILES_PYTHON, "python_files", external=False),
        peer(LOOP_PYTHON, "python_loop", external=False),
        ours_in_process(),
    )
    title = "100,000 samples of a function in the worker's own process"
    return Case("in-process-100000", title, 100_000, contenders, 1, LOOP_PYTHON, quick=False)


def _million(finished: Callable[[int], Path]) -> list[Case]:
    """A million samples, and what is done with them afterwards."""
    count = 1_000_000
    out = Path(tempfile.gettempdir()) / "enchanted-million.parquet"
    load = "import sys, enchanted_tui; enchanted_tui.load(sys.argv[1])"
    afterwards = (
        _command("--status", lambda: command_line("--status", str(finished(count)))),
        _command(
            "resume", lambda: command_line(str(finished(count)), "--no-ui", "--run-mode", "resume")
        ),
        _command("--rebuild", lambda: command_line("--rebuild", str(finished(count)))),
        _command(
            "--export",
            lambda: command_line(
                "--export",
                str(finished(count)),
                *("--to", "parquet", "--out", str(out), "--overwrite"),
            ),
        ),
        _command("load", lambda: [sys.executable, "-c", load, str(finished(count))]),
    )
    hundredth = "100,000 samples without directories"
    return [
        Case("without-100000", hundredth, count // 10, (ours_without_directories(),), 1),
        Case(
            "without-1000000",
            "1,000,000 samples without directories",
            count,
            (ours_without_directories(),),
            1,
        ),
        Case(
            "million",
            "A finished campaign of 1,000,000 samples",
            count,
            afterwards,
            1,
            per_sample=False,
        ),
    ]


def _external(samples: int) -> Case:
    contenders = (
        compiled(LOOP_C, "bare_loop", external=True),
        peer("joblib", "joblib_campaign", "joblib", external=True),
        ours_external(),
        peer("xargs -P 2", "xargs_campaign", external=True),
        peer("HyperQueue", "hyperqueue_campaign", "hyperqueue", external=True),
        peer("Dask", "dask_campaign", "dask[distributed]", external=True),
        peer("Parsl", "parsl_campaign", "parsl", external=True),
        peer("GNU parallel", "xargs_campaign", external=True, parallel=True),
    )
    title = f"{samples:,} samples of a small compiled program"
    return Case(f"external-{samples}", title, samples, contenders, 3, LOOP_C, samples <= 1_000)


def _batches() -> Case:
    return Case(
        "batches",
        "1,000 samples in one batch and in batches of 10",
        1_000,
        (ours_in_process(), ours_in_process(10)),
        5,
        OURS,
    )


def _finished_campaign(finished: Callable[[int], Path]) -> Case:
    resume = _command(
        "resume", lambda: command_line(str(finished(10_000)), "--no-ui", "--run-mode", "resume")
    )
    status = _command("--status", lambda: command_line("--status", str(finished(10_000))))
    title = "A finished campaign of 10,000 samples: resume it, ask for its status"
    return Case("finished-10000", title, 10_000, (resume, status), quick=False, per_sample=False)


def _large_journal(finished: Callable[[int], Path]) -> Case:
    code = (
        "import sys, pathlib; from enchanted_tui.record.folding import fold;"
        " fold(pathlib.Path(sys.argv[1]), from_start=True)"
    )
    status = _command("--status", lambda: command_line("--status", str(finished(100_000))))
    fold = _command(
        "fold the journal",
        lambda: [sys.executable, "-c", code, str(finished(100_000) / "state" / "journal.jsonl")],
    )
    return Case(
        "journal-100000",
        "A journal of 100,000 samples",
        100_000,
        (status, fold),
        quick=False,
        per_sample=False,
    )


def _start_up() -> Case:
    config = Path(__file__).parent.parent / "configs" / "quickstart.yaml"
    contenders = (
        _command("python -c pass", lambda: [sys.executable, "-c", "pass"]),
        _command("--version", lambda: command_line("--version")),
        _command("--help", lambda: command_line("--help")),
        _command("--check", lambda: command_line(str(config), "--check")),
        _command(
            "import of the engine",
            lambda: [sys.executable, "-c", "import enchanted_tui.supervisor.supervisor"],
        ),
    )
    return Case("start-up", "Starting up", 1, contenders, 7, per_sample=False)


def _command(name: str, command: Callable[[], list[str]]) -> Contender:
    def prepare(environments: Environments, samples: int, directory: Path) -> Job:
        return Job(command())

    return Contender(name, prepare)


# -- what is wanted --------------------------------------------------------------------------------


def wanted() -> list[Wanted]:
    """Give the figures that are wanted, on a quiet machine with two cores."""
    return [
        Wanted(
            "in-process, 10,000 samples",
            0.35,
            lambda r: r.ms("in-process-10000", OURS),
            "ms a sample",
        ),
        Wanted("in-process, 100,000 against 10,000 samples, time a sample", 1.05, _linearity, "x"),
        Wanted(
            "external program, 5,000 samples, against the bare C loop",
            1.5,
            lambda r: r.ratio("external-5000", OURS, LOOP_C),
            "x",
        ),
        Wanted(
            "external program, against xargs -P 2",
            1.0,
            lambda r: r.ratio("external-5000", OURS, "xargs -P 2"),
            "x",
        ),
        Wanted(
            "external program, against HyperQueue",
            1.0,
            lambda r: r.ratio("external-5000", OURS, "HyperQueue"),
            "x",
        ),
        Wanted(
            "batches of 10 against one batch of 1,000",
            1.5,
            lambda r: r.ratio("batches", f"{OURS}, batches of 10", OURS),
            "x",
        ),
        Wanted(
            "resume of a finished campaign of 10,000 samples",
            1.5,
            lambda r: r.wall("finished-10000", "resume"),
            "s",
        ),
        Wanted(
            "processor while 2 workers wait",
            1.0,
            lambda r: r.fact("waiting, 2 workers"),
            "% of a core",
        ),
        Wanted(
            "processor while 100 workers wait",
            1.0,
            lambda r: r.fact("waiting, 100 workers"),
            "% of a core",
        ),
        Wanted(
            "memory at 100,000 samples, all processes",
            400,
            lambda r: r.median("in-process-100000", OURS, "peak_all"),
            "MB",
        ),
        Wanted(
            "in-process without directories, 10,000 samples, against the loop that makes them",
            1.0,
            lambda r: r.ratio("in-process-10000", OURS_WITHOUT, LOOP_PYTHON),
            "x",
        ),
        Wanted(
            "memory at 1,000,000 samples, all processes (--large)",
            400,
            lambda r: r.median("without-1000000", OURS_WITHOUT, "peak_all"),
            "MB",
        ),
        Wanted(
            "--status of 1,000,000 (--large)", 1.0, lambda r: r.wall("million", "--status"), "s"
        ),
        Wanted("resume of 1,000,000 (--large)", 3.0, lambda r: r.wall("million", "resume"), "s"),
        Wanted("rebuild of 1,000,000 (--large)", 60, lambda r: r.wall("million", "--rebuild"), "s"),
        Wanted("export of 1,000,000 (--large)", 5.0, lambda r: r.wall("million", "--export"), "s"),
        Wanted("load of 1,000,000 (--large)", 3.0, lambda r: r.wall("million", "load"), "s"),
        Wanted("enchanted-tui --help", 0.3, lambda r: r.wall("start-up", "--help"), "s"),
    ]


def _linearity(results: Results) -> float | None:
    many, few = results.ms("in-process-100000", OURS), results.ms("in-process-10000", OURS)
    return None if many is None or few is None else many / few
