"""Run a campaign without the app: signals, events as JSON lines, a progress display on a terminal
and plain lines elsewhere.

Standard output is data (the events of ``--json``); narration goes to standard error.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from enchanted_tui import values
from enchanted_tui.campaign_status import Phase
from enchanted_tui.durations import core_time, duration, whole_duration
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import file_use, forecast, resource_use
from enchanted_tui.record.learned import learned_words
from enchanted_tui.record.node_use import busy_cores
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.records import Record
from enchanted_tui.record.snapshot import Snapshot

if TYPE_CHECKING:  # whoever only looks needs no engine
    from enchanted_tui.supervisor.supervisor import Supervisor
    from enchanted_tui.views.status import Status

_REDRAW = 0.5  #: seconds between two pictures on a terminal
_LINE_EVERY = 30.0  #: seconds between two lines elsewhere


def run(supervisor: Supervisor, *, quiet: bool = False) -> Outcome:
    """Run the campaign to its end; signals drain it (SIGINT, SIGTERM; a second one aborts) or are
    ignored (SIGHUP).
    """
    display = None if quiet else Display(supervisor)
    with _drained_by_signals(supervisor):
        if display is None:
            return supervisor.start()
        with display:
            return supervisor.start()


def print_event(record: Record) -> None:
    """Write a record as one JSON line on standard output; when nobody reads it any more, the
    campaign goes on.
    """
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(values.encode(record) + "\n")
        sys.stdout.flush()


def _drained_by_signals(supervisor: Supervisor) -> contextlib.AbstractContextManager[None]:
    received: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(number)
        supervisor.request(
            "drain" if len(received) == 1 else "abort", by=signal.Signals(number).name
        )

    return _signal_handlers(
        {signal.SIGINT: handle, signal.SIGTERM: handle, signal.SIGHUP: signal.SIG_IGN}
    )


def ask(question: str) -> bool:
    """Ask a person at the terminal for y or n; Ctrl-D means no. Signals end the process: nothing
    runs yet that could be drained.
    """
    interrupting: dict[int, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    with _signal_handlers(interrupting), _wakened_by_signals() as signalled:
        print(question, end="", flush=True)  # noqa: T201
        # reading alone would sleep through a Ctrl-C that comes just before it
        select.select([sys.stdin, signalled], [], [])
        answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print()  # noqa: T201
    return answer.strip().lower() in ("y", "yes")


@contextlib.contextmanager
def _wakened_by_signals() -> Iterator[int]:
    """Return a descriptor that can be read once a signal has come; only the main thread gets
    signals.
    """
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False) if in_main_thread else -1
    try:
        yield reading
    finally:
        if in_main_thread:
            signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)


@contextlib.contextmanager
def _signal_handlers(handlers: dict[int, Any]) -> Iterator[None]:
    """Set signal handlers for a while; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # None: set by a host program that is not Python
                signal.signal(number, handler)


class Display:
    """Progress on standard error: a picture of a few lines on a terminal, a line now and then
    elsewhere.

    A thread of its own shows the snapshots that the supervisor publishes, so the campaign never
    waits for a slow terminal.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="display", daemon=True)
        self._lines = 0
        self._log = _LogToDisplay(self)
        self._write_lock = threading.Lock()

    def __enter__(self) -> Display:
        logging.getLogger("enchanted_tui").addHandler(self._log)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        logging.getLogger("enchanted_tui").removeHandler(self._log)
        taken = self._supervisor.snapshot
        if taken is not None:
            self._show(taken)
        from enchanted_tui.config.notify_options import BELL

        if self._terminal and self._supervisor.config.supervisor.notify == BELL:
            self._write("\a")

    def say(self, text: str) -> None:
        """Write a line above the picture."""
        with self._write_lock:
            self._write(self._erase() + text + "\n")
            self._lines = 0

    def _run(self) -> None:
        next_line = time.monotonic() + 2.0
        finishing = False
        while not self._stop.wait(_REDRAW):
            taken = self._supervisor.snapshot
            if taken is None:
                continue
            begun, finishing = (
                not finishing and bool(self._supervisor.doing),
                bool(self._supervisor.doing),
            )
            if self._terminal:
                self._show(taken)
            elif begun or time.monotonic() >= next_line:
                next_line = time.monotonic() + _LINE_EVERY
                self._show(taken)

    def _show(self, taken: Snapshot) -> None:
        doing = "" if taken.end_reason else self._supervisor.doing
        busy = "" if taken.end_reason or doing else busy_cores(self._supervisor.live)
        lines = (
            picture(taken, width(), doing, busy)
            if self._terminal
            else [one_line(taken, doing, busy)]
        )
        with self._write_lock:
            self._write(self._erase() + "\n".join(lines) + "\n")
            self._lines = len(lines) if self._terminal else 0

    def _erase(self) -> str:
        return f"\x1b[{self._lines}F\x1b[J" if self._lines else ""

    def _write(self, text: str) -> None:
        # the terminal has gone; the campaign has not
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


class _LogToDisplay(logging.Handler):
    """Warnings and errors, above the picture."""

    def __init__(self, display: Display) -> None:
        super().__init__(logging.WARNING)
        self._display = display

    def emit(self, record: logging.LogRecord) -> None:
        if not hasattr(record, "already_shown"):
            self._display.say(f"{record.levelname.lower()}: {record.getMessage()}")


def width() -> int:
    """Width of the terminal in columns."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 80


def picture(taken: Snapshot, columns: int, doing: str = "", busy: str = "") -> list[str]:
    """Return the progress display: whole pipeline, stages in progress, rate and ETA, failures; no
    line wider than `columns`.

    `doing` is what is done after the last task, `busy` how many cores tasks hold, if that is known.
    """
    whole = _bar("campaign", taken.tasks_done, taken.tasks_expected, "tasks", columns)
    current = [
        _bar(
            f"stage {stage.depth + 1}/{len(taken.stages)}",
            stage.done,
            stage.expected,
            "samples",
            columns,
        )
        for stage in taken.in_progress
    ]
    facts = [f"{taken.phase}", f"ok {taken.succeeded}", f"failed {taken.failed}"]
    if taken.rate is not None and not doing:
        facts.append(f"{taken.rate:.3g} tasks/s")
    facts += [
        f"elapsed {whole_duration(taken.elapsed)}"
        + (" in this session" if taken.sessions > 1 else "")
    ]
    if doing:
        facts.append(doing)
    elif taken.left_words and taken.phase is Phase.RUNNING:
        facts.append(taken.left_words)
    if busy:
        facts.append(busy)
    if used := _memory_at_the_end(taken):
        facts.append(used)
    lines = [whole, *current, "  ".join(facts)]
    if taken.failure_kinds:
        lines.append(
            "failures: " + ", ".join(f"{count} {kind}" for kind, count in taken.failure_kinds)
        )
    return [line[: columns - 1] for line in lines]


def one_line(taken: Snapshot, doing: str = "", busy: str = "") -> str:
    """Return the progress as one line for logs and pipes; `doing` and `busy` as for `picture`."""
    parts = [
        time.strftime("%H:%M:%S"),
        taken.phase,
        f"{taken.tasks_done}/{taken.tasks_expected} tasks",
        *(
            f"stage {stage.depth + 1}/{len(taken.stages)}: {stage.done}/{stage.expected} samples"
            for stage in taken.in_progress
        ),
        f"{taken.succeeded} ok, {taken.failed} failed",
    ]
    if taken.rate is not None and not doing:
        parts.append(f"{taken.rate:.3g} tasks/s")
    if doing:
        parts.append(doing)
    elif taken.left_words and taken.phase is Phase.RUNNING:
        parts.append(taken.left_words)
    if busy:
        parts.append(busy)
    if used := _memory_at_the_end(taken):
        parts.append(used)
    return "  ".join(parts)


def _memory_at_the_end(taken: Snapshot) -> str:
    """Say, of a session that has ended, how much was used of the memory that samples had asked
    for.
    """
    used = resource_use.most_of_what_was_asked(taken.use) if taken.end_reason else ""
    words = [used, resource_use.again_words(taken.given_more_memory)] if used else []
    return "memory " + ", ".join(filter(None, words)) if words else ""


def _bar(name: str, done: int, total: int, unit: str, columns: int) -> str:
    share = done / total if total else 1.0
    tail = f" {100 * share:5.1f}%  {done}/{total} {unit}"
    room = max(5, min(40, columns - len(tail) - 14))
    filled = int(room * share)
    return f"{name:<10} [{'#' * filled}{'.' * (room - filled)}]{tail}"


def _resource_lines(live: Mapping[str, Any] | None) -> list[str]:
    """Say what tasks hold of the nodes, and what jobs have held, while that is known."""
    lines = []
    if live and (busy := busy_cores(live)):
        count = len(live["nodes"])
        lines.append(f"  nodes      {count:,} {'node' if count == 1 else 'nodes'}, {busy}")
    if live and live.get("core_hours"):
        idle = live.get("idle_share")
        words = "" if idle is None else f", {100 * idle:.0f} % of it idle"
        lines.append(f"  jobs       {core_time(3600 * live['core_hours'])} held{words}")
    return lines


def _use_lines(taken: Snapshot) -> list[str]:
    """Say what tasks have used of processors and memory, as far as it is known."""
    lines = []
    if cpu := resource_use.cpu_words(taken.use):
        lines.append(f"  CPU        {cpu}")
    for step in taken.use:
        if step.memory is not None:
            name = TaskId(*step.memory.task).name
            lines.append(f"  memory     {resource_use.memory_words(step.memory)}, by {name}")
    if again := resource_use.again_words(taken.given_more_memory):
        lines.append(f"  memory     killed for want of it: {again}")
    return lines


def status_lines(found: Status) -> list[str]:
    """Return the answer of ``--status``."""
    taken = found.snapshot
    holder = f" ({found.holder.describe()})" if found.holder else ""
    died = taken.phase is Phase.STOPPED and taken.end_reason is None
    word = "stopped, resumable" if died else taken.phase
    lines = [f"{found.root}", f"  state      {word}; supervisor {found.liveness}{holder}"]
    if found.labels.tags:
        lines.append(f"  tags       {' '.join(found.labels.tags)}")
    if found.labels.note:
        lines.append(f"  note       {found.labels.note}")
    several = len(taken.in_progress) > 1
    for stage in taken.stages:
        lines.append(
            f"  stage {stage.depth + 1}/{len(taken.stages)}  {stage.sampler} ->"
            f" {', '.join(stage.runners)}: {stage.done}/{stage.expected} samples, {stage.succeeded}"
            f" ok, {stage.failed} failed, batches {stage.batches_done}/{stage.batches}"
            + (", in progress" if several and stage in taken.in_progress else "")
        )
        if stage.learned:
            lines.append(f"  learned    {learned_words(stage.learned[-1])}")
    lines.append(
        f"  tasks      {taken.tasks_done}/{taken.tasks_expected},"
        f" {core_time(taken.core_seconds)} used"
    )
    if taken.cost is not None and (cost := forecast.words(taken.cost)):
        lines.append(f"  core-hours {cost}")
    lines += _use_lines(taken)
    lines += _resource_lines(found.live)
    if found.live and (files := file_use.words(found.live.get("files", {}))):
        lines.append(f"  files      {files}")
    if taken.mean_runtime is not None:
        lines.append(f"  mean       {duration(taken.mean_runtime)} a task")
    if found.doing:
        lines.append(f"  now        {found.doing}")
    elif taken.rate is not None:
        left = f", {taken.left_words}" if taken.left_words else ""
        lines.append(f"  rate       {taken.rate:.3g} tasks/s{left}")
    elif taken.left_words and taken.phase is Phase.RUNNING:
        lines.append(f"  rate       {taken.left_words}")
    if found.waiting_words:
        lines.append(f"  added      {found.waiting_words}")
    if found.why and not found.doing and not found.phase.at_rest:
        lines.append(f"  waiting    {found.why}")
    lines += [f"  code       {line}" for line in found.code_lines]
    if taken.end_message:
        lines.append(f"  last end   {taken.end_message}")
    if taken.failure_kinds:
        lines.append(
            "  failures   " + ", ".join(f"{count} {kind}" for kind, count in taken.failure_kinds)
        )
    lines += [
        f"    {note.task.name}  {note.kind}: {note.message[:100]}" for note in found.last_failures
    ]
    lines += [f"  {sentence}" for sentence in found.damage]
    return lines
