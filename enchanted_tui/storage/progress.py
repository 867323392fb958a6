"""The progress files: reports for people and scripts who look at a run directory with ``cat``."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from enchanted_tui.durations import rough_duration, whole_duration
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.whole_files import append_all, write_atomically

_BAR = 40  # characters
_RULE = 45
_INTERVAL_SEC = 1.0
_SIGN_OF_LIFE_SEC = 10.0
_NAMES_SHOWN = 20

#: a whole report, up to its closing rule
_REPORTED = re.compile(
    r"^Depth: +(\d+)\nBatch: +(\d+)\n(?:Step: +(\d+)\n)?(?:(?!=).*\n)*=+$", re.MULTILINE
)
_CLOSING_RULE = re.compile(r"^=+(\n|\Z)", re.MULTILINE)


@dataclass(frozen=True)
class BatchProgress:
    """How far one batch is at one step. `total` counts samples combined with their parents."""

    depth: int
    batch: int
    step: int
    done: int
    total: int
    succeeded: int
    failed: int
    #: of the report, seconds since the epoch; 0: now
    time: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class StageProgress:
    """How far one stage is. `expected` counts samples, combined with parents, when its target is
    reached.
    """

    depth: int
    sampler: str
    runners: tuple[str, ...]
    done: int
    expected: int
    succeeded: int
    failed: int
    batches: int  #: drawn so far
    batches_done: int
    step_done: tuple[int, ...]  #: finished tasks by step
    complete: bool


@dataclass(frozen=True)
class PipelineProgress:
    """How far the whole campaign is; tasks are samples times steps, over all stages."""

    state: str  #: "running", "paused", ...
    stages: tuple[StageProgress, ...]
    tasks_done: int
    tasks_expected: int
    succeeded: int
    failed: int
    failure_kinds: tuple[tuple[str, int], ...] = ()
    running: tuple[str, ...] = ()  #: names of the tasks that run now
    waiting_for: str = ""  #: why nothing seems to happen, if so
    rate: float | None = field(default=None, compare=False)  #: tasks a second
    eta: float | None = field(default=None, compare=False)  #: seconds
    elapsed: float = field(default=0.0, compare=False)  #: seconds
    #: of the report, seconds since the epoch; 0: now
    time: float = field(default=0.0, compare=False)


class ProgressFiles:
    """The three files of one campaign. Methods raise OSError if a file cannot be written."""

    def __init__(
        self, run_dir: CampaignDirectory, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._written: tuple[BatchProgress | None, PipelineProgress] | None = None
        self._written_at = float("-inf")
        self._reported: set[tuple[int, int, int | None]] | None = None

    def write(
        self, current: BatchProgress | None, pipeline: PipelineProgress, *, force: bool = False
    ) -> None:
        """Write the current batch's and the pipeline's report: at most once a second, and unchanged
        ones every ten seconds.
        """
        now = self._clock()
        age = now - self._written_at
        if not force and (
            age < _INTERVAL_SEC
            or (age < _SIGN_OF_LIFE_SEC and self._written == (current, pipeline))
        ):
            return
        self._written, self._written_at = (current, pipeline), now
        if current is not None:
            write_atomically(self._run_dir.current_progress, batch_report(current))
        write_atomically(self._run_dir.pipeline_progress, pipeline_report(pipeline))

    def finished(self, report: BatchProgress) -> None:
        """Append the final report of a batch at a step, unless it is there already."""
        path = self._run_dir.all_progress
        if self._reported is None:
            cut_torn_report(path)
            self._reported = _reported(path)
        key = (report.depth, report.batch, report.step)
        if key in self._reported or (*key[:2], None) in self._reported:
            return
        append_all(path, batch_report(report).encode())
        self._reported.add(key)

    def rebuild(self, reports: Iterable[BatchProgress]) -> None:
        """Write the file of final reports anew."""
        reports = list(reports)
        write_atomically(self._run_dir.all_progress, "".join(map(batch_report, reports)))
        self._reported = {(report.depth, report.batch, report.step) for report in reports}


def batch_report(progress: BatchProgress) -> str:
    """Return the report on one batch, in the older program's form."""
    rate = _percent(progress.succeeded, progress.done)
    lines = [
        "",
        "",
        "=== PROGRESS REPORT ===".ljust(_RULE, "="),
        f"Time: {_moment(progress.time)}",
        f"Depth: {progress.depth}",
        f"Batch: {progress.batch}",
        f"Step: {progress.step}",
        f"Completed: {progress.done}/{progress.total}",
        f"Successes: {progress.succeeded}",
        f"Failures: {progress.failed}",
        f"Success Rate: {rate:6.1f}%",
        bar(progress.done, progress.total),
        "=" * _RULE,
    ]
    return "\n".join(lines) + "\n"


def pipeline_report(progress: PipelineProgress) -> str:
    """Return the report on the whole campaign."""
    lines = [
        "=== PIPELINE ===".ljust(_RULE, "="),
        f"Time: {_moment(progress.time)}",
        f"State: {progress.state}" + (f" ({progress.waiting_for})" if progress.waiting_for else ""),
        f"Tasks: {progress.tasks_done}/{progress.tasks_expected}",
        f"Successes: {progress.succeeded}",
        f"Failures: {progress.failed}" + _kinds(progress.failure_kinds),
        f"Rate: {_rate(progress.rate)}",
        f"Elapsed: {whole_duration(progress.elapsed)}",
        f"Remaining: {'unknown' if progress.eta is None else rough_duration(progress.eta)}",
        bar(progress.tasks_done, progress.tasks_expected),
    ]
    for stage in progress.stages:
        lines += ["", *_stage_lines(stage)]
    if progress.running:
        hidden = len(progress.running) - _NAMES_SHOWN
        more = f" and {hidden} more" if hidden > 0 else ""
        lines += ["", "Running: " + ", ".join(progress.running[:_NAMES_SHOWN]) + more]
    return "\n".join([*lines, "=" * _RULE]) + "\n"


def bar(done: int, total: int) -> str:
    """Return a bar of 40 characters with its percentage; full only when all is done."""
    share = done / total if total else 1.0
    filled = min(int(share * _BAR), _BAR)
    return f"[{'#' * filled}{'-' * (_BAR - filled)}] {_percent(done, total):5.1f}%"


def _stage_lines(stage: StageProgress) -> list[str]:
    word = "complete" if stage.complete else "waiting" if not stage.batches else "in progress"
    lines = [
        f"Stage {stage.depth}: {stage.sampler} -> {', '.join(stage.runners)} ({word})",
        (
            f"  Samples: {stage.done}/{stage.expected}, {stage.succeeded} successes, {stage.failed}"
            " failures"
        ),
        f"  Batches: {stage.batches_done}/{stage.batches} complete",
    ]
    if len(stage.runners) > 1:
        steps = (
            f"{runner} {done}" for runner, done in zip(stage.runners, stage.step_done, strict=True)
        )
        lines.append("  Steps: " + ", ".join(steps))
    return [*lines, "  " + bar(stage.done, stage.expected)]


def _percent(part: int, whole: int) -> float:
    """Return a percentage with one decimal that is 100 only if `part` is the whole."""
    if part >= whole:
        return 100.0 if whole or not part else 0.0
    return min(99.9, 100.0 * part / whole)


def _kinds(kinds: tuple[tuple[str, int], ...]) -> str:
    return " (" + ", ".join(f"{kind} {count}" for kind, count in kinds) + ")" if kinds else ""


def _rate(rate: float | None) -> str:
    if rate is None:
        return "unknown"
    return f"{rate:.3g} tasks/s" if rate >= 0.1 else f"{rate * 3600:.3g} tasks/h"


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds or None))


def cut_torn_report(path: Path) -> None:
    """Cut off a report whose writer died in the middle of it."""
    try:
        text = path.read_bytes().decode("latin-1")  # one character a byte
    except FileNotFoundError:
        return
    end = max((rule.end() for rule in _CLOSING_RULE.finditer(text)), default=0)
    if end < len(text):
        os.truncate(path, end)


def finished_here(path: Path) -> set[tuple[int, int]]:
    """Return (depth, batch) of the batches that this program has reported in the file; none if it
    cannot be read.
    """
    try:
        return {(depth, batch) for depth, batch, step in _reported(path) if step is not None}
    except OSError:
        return set()


def _reported(path: Path) -> set[tuple[int, int, int | None]]:
    """Return (depth, batch, step) of the reports in the file; the older program's do not name the
    step.
    """
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return set()
    found = _REPORTED.findall(text)
    return {(int(depth), int(batch), int(step) if step else None) for depth, batch, step in found}
