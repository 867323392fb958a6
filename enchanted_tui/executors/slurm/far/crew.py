"""The processes of a job: keeps them busy with the job's share, watches time limits and the
walltime, writes down how each task ended.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.ends.ending import end
from enchanted_tui.executors.ends.hold import IN_A_JOB, Hold, is_failure
from enchanted_tui.executors.ends.processes import adopt_orphans
from enchanted_tui.executors.ends.reaper import Report
from enchanted_tui.executors.local.worker import OVER, READY, TROUBLE, collect_output
from enchanted_tui.executors.slurm.far.clock import Clock
from enchanted_tui.executors.slurm.far.memory import oom_kills
from enchanted_tui.executors.slurm.far.share import Results, is_gone, revocations, share_file
from enchanted_tui.executors.slurm.far.slot import Slot
from enchanted_tui.executors.task import fail_task
from enchanted_tui.executors.verdict import ending, timed_out
from enchanted_tui.interpreter import ending_of, last_words

EXIT_DISK = 74  #: exit code of a job that could not write its results
_GATHER = 0.2  #: seconds after a write over which results are written together
_START_ATTEMPTS = 3
_LONGEST_END = 40.0  #: seconds for processes to end, with job steps that SLURM has to end
_DISK_PATIENCE = 60.0  #: seconds for which a results file that cannot be written is tried again


class Crew:
    """Runs the tasks of one share."""

    def __init__(
        self, directory: str, element: int, header: dict[str, Any], results: Results, scratch: str
    ) -> None:
        self.header = header
        self.context: dict[str, Any] = header["context"]
        self.results = results
        self.clock = Clock(header)
        self.waiting: deque[dict[str, Any]] = deque()
        self.why = ""  #: why nothing more is begun
        self._revoked = revocations(directory, element)
        self._share = share_file(directory, element)
        # not what local workers bear: a resumed campaign kills those of the session before, and
        # jobs are to go on
        mark = f"job:{self.context['campaign']}:{self.context['session']}:{os.path.basename(directory)}.{element}"
        self.slots = [
            Slot(number, scratch, mark, self.context)
            for number in range(1, header["processes"] + 1)
        ]
        self._on_hold: Hold[bytes] = Hold()
        self._failed_starts = 0
        self._begun = 0
        self._wakeup_read, self._wakeup_write = os.pipe()
        self._terminated = False
        self._failing_since: float | None = None
        self._checked_at = 0.0  #: when it was last seen whether the share is still ours
        self._oom_kills = oom_kills()

    # -- the job -----------------------------------------------------------------------------------

    def work(self, messages: list[dict[str, Any]]) -> str:
        """Run the tasks, as far as they fit into the job; give why it ended: done, walltime,
        revoked, terminated or trouble.
        """
        self.waiting.extend(messages)
        self._listen_to_signals()
        adopt_orphans()
        for slot in self.slots[: len(messages)]:
            slot.spawn()
        self._check_revoked()
        while not self._finished():
            self._wait()
            self._reap()
            for slot in self.slots:
                if slot.lives:
                    self._take_results(slot)
            self._enforce_time_limit()
            self._record_failures()
            self._hand_out()
            self._write()
        self.end_all()
        return self.why or ("walltime" if self.waiting else "done")

    def end_all(self) -> None:
        """End the processes and everything they have started."""
        for slot in self.slots:
            slot.end()
        deadline = time.monotonic() + _LONGEST_END
        while any(slot.lives for slot in self.slots) and time.monotonic() < deadline:
            for slot, _ in self._ended():
                slot.forget()
            time.sleep(0.01)
        end([os.getpid()])

    def _finished(self) -> bool:
        busy = any(slot.message is not None for slot in self.slots)
        if self.why in ("revoked", "terminated", "trouble"):
            return True
        return not busy and not self._on_hold and (bool(self.why) or not self.waiting)

    # -- waiting -----------------------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        for descriptor in (self._wakeup_read, self._wakeup_write):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)

    def _on_terminate(self, number: int, frame: Any) -> None:
        self._terminated = True

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._wakeup_read, select.POLLIN)
        for slot in self.slots:
            if slot.lives:
                poll.register(slot.results, select.POLLIN)
        poll.poll(max(0.0, self._until_something() * 1000))
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakeup_read, 4096)
        if self._terminated and not self.why:
            self.why = "terminated"

    def _until_something(self) -> float:
        now = time.monotonic()
        due: float = min(self.results.written_at, self._checked_at) + self.header["beat"]
        due = min(due, now + self._on_hold.seconds_left())
        if self.results.pending:
            due = min(due, self.results.written_at + _GATHER)
        timeout = self.header.get("timeout")
        if timeout is not None:
            due = min(
                [
                    due,
                    *(
                        slot.since + timeout
                        for slot in self.slots
                        if slot.message is not None and not slot.over
                    ),
                ]
            )
        return due - now

    def _write(self) -> None:
        """Write what has gathered, and a sign of life where there was nothing to write; see whether
        the share is still ours.
        """
        now = time.monotonic()
        if now - self._checked_at >= self.header["beat"]:
            self._check_revoked()
        if now - self.results.written_at >= self.header["beat"] and not self.results.pending:
            self.results.note("beat")
        if self.results.pending and (now - self.results.written_at >= _GATHER or self._finished()):
            self.flush()

    def flush(self) -> None:
        """Write what has gathered. Raises OSError after a minute of trying."""
        while True:
            try:
                self.results.flush()
                self._failing_since = None
                return
            except OSError:
                self._check_revoked()
                if self.why == "revoked":  # nobody waits for it any more
                    return
                now = time.monotonic()
                self._failing_since = self._failing_since or now
                if now - self._failing_since > _DISK_PATIENCE:
                    raise
                time.sleep(1)

    def _check_revoked(self) -> None:
        """Stop where the share is somebody else's now, or the campaign has been deleted."""
        self._checked_at = time.monotonic()
        if any(map(os.path.exists, self._revoked)) or is_gone(self._share):
            self.why = "revoked"

    # -- handing out -------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        for slot in self.slots:
            if not self.waiting or self.why:
                return
            if slot.ready and slot.message is None:
                message = self._next()
                if message is None:
                    self.why = "walltime"
                    return
                self.results.note("begin", task=message["task"])
                self._begun += 1
                slot.give(message)

    def _next(self) -> dict[str, Any] | None:
        """Take the first waiting task that fits into the job. The very first one is begun in any
        case: another job is no longer.
        """
        for index, message in enumerate(self.waiting):
            if self.clock.fits(message["runner"]) or (not self._begun and self.clock.left() > 0):
                del self.waiting[index]
                return message
            if index > 100:
                break
        return None

    # -- results -----------------------------------------------------------------------------------

    def _take_results(self, slot: Slot) -> None:
        for line in slot.lines():
            if line == READY:
                slot.ready = True
                self._failed_starts = 0
                continue
            if line == OVER:
                slot.over = True
                continue
            message = slot.message
            slot.message = None
            if message is None:
                continue
            if line.startswith(TROUBLE):
                self.results.note("trouble", task=message["task"], message=values.decode(line[1:]))
                self.why = "trouble"
            else:
                self.clock.took(message["runner"], time.monotonic() - slot.since)
                self._take(line)

    def _take(self, line: bytes) -> None:
        """Write down how a task ended; a failure only when it is certain not to be the end of the
        whole job that shows.
        """
        if is_failure(line):
            self._on_hold.add(line, IN_A_JOB)
        else:
            self.results.add(line)

    def _record_failures(self) -> None:
        if not self._terminated:
            for line in self._on_hold.take():
                self.results.add(line)

    def _enforce_time_limit(self) -> None:
        timeout = self.header.get("timeout")
        if timeout is None:
            return
        now = time.monotonic()
        for slot in self.slots:
            if (
                slot.message is not None
                and not slot.over
                and not slot.timed_out
                and now - slot.since >= timeout
            ):
                slot.timed_out = True
                slot.end()

    def _reap(self) -> None:
        for slot, report in self._ended():
            self._bury(slot, report)

    def _ended(self) -> Iterator[tuple[Slot, Report]]:
        """Collect the processes that have ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                for slot in self.slots:
                    if slot.reaper is not None and slot.reaper.pid == pid:
                        yield slot, slot.reaper.report(status)

    def _bury(self, slot: Slot, report: Report) -> None:
        """Write down what ended a process as the failure of the task it ran, and start another one."""
        self._take_results(slot)
        was_ready, message = slot.ready, slot.message
        slot.forget()
        slot.message = None
        # by whoever ends the job; or else by hand
        if report.asked and not slot.timed_out and message is not None:
            self.waiting.appendleft(message)
        elif message is not None:
            self._fail(slot, message, report)
        elif not was_ready and not report.asked:
            self._failed_starts += 1
            if self._failed_starts >= _START_ATTEMPTS:
                how = ending_of(os.waitstatus_to_exitcode(report.status)) + _last_words(slot)
                self.results.note(
                    "trouble",
                    message=f"the processes of a job die before they are ready: the last one {how}",
                )
                self.why = "trouble"
        if self.waiting and not self.why:
            slot.spawn()

    def _out_of_memory(self) -> bool:
        """Tell whether the kernel has killed for memory since this was asked last."""
        before, self._oom_kills = self._oom_kills, oom_kills()
        return self._oom_kills > before

    def _fail(self, slot: Slot, message: dict[str, Any], report: Report) -> None:
        status = report.status
        kind, reason = ending(status)
        if slot.timed_out:
            kind, reason = timed_out(self.header["timeout"], report.left)
        elif (
            os.WIFSIGNALED(status)
            and os.WTERMSIG(status) == signal.SIGKILL
            and self._out_of_memory()
        ):
            kind, reason = (
                "memory",
                (
                    "killed for want of memory in its job; ask for more under sbatch: mem, or lower"
                    " processes_per_job"
                ),
            )
        runtime = time.monotonic() - slot.since
        try:
            line = fail_task(
                message, self.context, {"kind": kind, "message": reason}, runtime, slot.since_epoch
            )
            collect_output(
                slot.captured,
                os.path.join(self.context["data_dir"], message["name"]),
                descriptors=False,
            )
        except OSError as error:
            self.results.note(
                "trouble", task=message["task"], message=f"{message['name']}: {error}"
            )
            self.why = "trouble"
            return
        if slot.timed_out:
            self.results.add(line)
        else:
            self._take(line)


def _last_words(slot: Slot) -> str:
    """Return what a process printed last to its standard error."""
    with contextlib.suppress(OSError), open(slot.captured[2], "rb") as printed:
        return last_words(printed)
    return ""
