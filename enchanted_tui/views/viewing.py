"""One campaign as it is watched: live, attached to somebody else's, or a year later. Everything
comes from the run directory.

A `Viewer` reads what has been added to the journal since it looked last and gives an immutable
`View`. It never writes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from enchanted_tui.campaign_status import Liveness, TaskStatus
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.folding import Survey, survey
from enchanted_tui.record.journal import lost_beginning
from enchanted_tui.record.journal_follower import JournalFollower
from enchanted_tui.record.live import Live, read_live
from enchanted_tui.record.older.adopt import is_older_run
from enchanted_tui.record.older.older_view import OlderRun
from enchanted_tui.record.records import Record, TaskRecord
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.why import Facts
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Holder
from enchanted_tui.views.campaign_fold import BatchSummary, CampaignFold
from enchanted_tui.views.disk import DiskWatch, FileInfo
from enchanted_tui.views.liveness import LivenessWatch
from enchanted_tui.views.pace import eta_range
from enchanted_tui.views.row_reader import RowReader
from enchanted_tui.views.status import Status, status_of
from enchanted_tui.views.task_index import TaskList
from enchanted_tui.views.task_lines import DrawnSamples, TaskLine, line_of

_BUDGET = 0.3  #: seconds of reading after which a refresh gives what it has, and goes on next time
_SURVEYED_BUDGET = 5.0  #: the same for a damaged journal, which is read twice
_AT_ONCE = 500  #: records taken without letting others look
_LINES_KEPT = 2_000


@dataclass(frozen=True)
class View(Status):
    """How a campaign stands, with what a person watches of it. Times in seconds since the epoch,
    lengths in seconds, rates in results per second.
    """

    batches: tuple[BatchSummary, ...]
    rates: tuple[float, ...]  #: in the last 60 buckets of time, the present one last
    rate_width: int  #: of a bucket
    eta_low: float | None
    eta_high: float | None
    files: tuple[FileInfo, ...]
    disk_free: int | None  #: bytes
    config_file: str  #: name of the configuration in force, below ``config/``
    older: bool  #: made by the older program and not taken over yet
    #: the share of the journal that has been read; below 1 the numbers are those of its beginning
    reading: float
    revision: int  #: rises whenever anything has changed that is not merely the time
    read_at: float

    @property
    def running(self) -> tuple[Mapping[str, Any], ...]:
        """The workers that run a task: the fields of `record.live.Worker`."""
        return tuple(worker for worker in self.workers if worker["task"])

    @property
    def workers(self) -> tuple[Mapping[str, Any], ...]:
        """All workers that the supervisor reports."""
        return tuple(self.live.get("workers", ())) if self.live is not None else ()

    @property
    def nodes(self) -> tuple[Mapping[str, Any], ...]:
        """The nodes of which samples are given shares: the fields of `record.live.LiveNode`."""
        return tuple(self.live.get("nodes", ())) if self.live is not None else ()

    @property
    def jobs(self) -> tuple[Mapping[str, Any], ...]:
        """The jobs of a scheduler that the supervisor reports: the fields of `record.live.Job`."""
        return tuple(self.live.get("jobs", ())) if self.live is not None else ()


class Viewer:
    """Watches one run directory. Safe to use from several threads; `line` and `select` are quick,
    `refresh` and `rows` may read long.
    """

    def __init__(self, root: Path) -> None:
        self.run_dir = CampaignDirectory(root.resolve())
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()  #: two threads that read on would each take a part
        self._is_closed = False
        self._waiting: list[None] = []  #: one for each thread that waits for the lock
        self._source: JournalFollower | OlderRun = self._choose_source()
        self._liveness = LivenessWatch(self.run_dir.lock)
        self._disk = DiskWatch(self.run_dir)
        self._revision = 0
        self._fingerprint: object = None
        self._live: Live | None = None
        self._behind = False  #: there is more to read than the last refresh had time for
        self.rows = RowReader(self._source_of_rows, self._look, lambda: bool(self._waiting))
        self._begin()

    def _choose_source(self) -> JournalFollower | OlderRun:
        return (
            OlderRun(self.run_dir)
            if is_older_run(self.run_dir)
            else JournalFollower(self.run_dir.journal)
        )

    def _begin(self, found: Survey | None = None) -> None:
        """Forget everything but, of a damaged journal, what the whole of it says."""
        self._surveyed = 0
        self._fold = CampaignFold(found)
        self._samples = DrawnSamples(self._fold.state, self._source.read)
        self._lines: dict[tuple[TaskId, int], TaskLine] = {}
        self.rows.forget()

    def _source_of_rows(self) -> tuple[CampaignFold, JournalFollower | OlderRun]:
        return self._fold, self._source

    @contextmanager
    def _look(self) -> Iterator[None]:
        """Hold the lock for somebody who must not wait for a long fold."""
        self._waiting.append(None)
        try:
            self._lock.acquire()
        finally:
            self._waiting.pop()
        try:
            yield
        finally:
            self._lock.release()

    # -- refreshing --------------------------------------------------------------------------------

    def refresh(self, now: float | None = None, budget: float = _BUDGET) -> View:
        """Read what is new, for about `budget` seconds at most, and return the campaign as it is;
        `now` in seconds since the epoch.
        """
        with self._refreshing:
            try:
                return self._refresh(now, budget)
            finally:
                if self._is_closed:  # by one of several who look at it
                    self._close()

    def _refresh(self, now: float | None, budget: float) -> View:
        with self._look():
            if self._is_closed:  # what was read is read once more
                self._begin()
            if isinstance(self._source, OlderRun) != is_older_run(self.run_dir):
                self._source.close()
                self._source = self._choose_source()
                self._begin()
            if self._source.look():
                self._begin()
        self._read(budget)
        self._survey(budget)
        self._disk.look()
        liveness, holder = self._liveness.look()
        live = None if liveness is Liveness.NOT_RUNNING else read_live(self.run_dir.live)
        with self._look():
            self._live = live
            return self._view(time.time() if now is None else now, liveness, holder)

    def _read(self, budget: float) -> None:
        deadline = time.monotonic() + budget
        records = self._source.records()
        while True:
            with self._lock:
                over = self._take_some(records)
            if over or time.monotonic() >= deadline:
                break
            if self._waiting:
                time.sleep(0.001)
        records.close()
        self._behind = not over

    def _survey(self, budget: float) -> None:
        """Begin again, once a session, if lines are damaged or missing, knowing what the whole
        journal says of what they held.
        """
        source, fold = self._source, self._fold
        is_whole = fold.readable and not source.damage and not fold.state.irregular
        if (
            is_whole
            or self._behind
            or not isinstance(source, JournalFollower)
            or self._surveyed > fold.state.sessions
        ):
            return
        with suppress(OSError):
            found = survey(self.run_dir.journal)
            with self._look():
                source.begin_again()
                self._begin(found)
            self._read(max(budget, _SURVEYED_BUDGET))
            self._surveyed = self._fold.state.sessions + 1

    def _take_some(self, records: Generator[tuple[int, Record]]) -> bool:
        """Take some records; True if there are no more."""
        take = self._fold.take
        taken = 0
        for offset, record in records:
            take(offset, record)
            taken += 1
            if taken == _AT_ONCE:
                break
        self._fold.settle()
        return taken < _AT_ONCE

    def _view(self, now: float, liveness: Liveness, holder: Holder | None) -> View:
        fold, state = self._fold, self._fold.state
        facts = Facts(
            state, liveness, holder, self._live, self._disk.free, now, whole=not self._behind
        )
        status = status_of(self.run_dir.root, facts, self._damage())
        taken = status.snapshot
        end = taken.last_change if status.phase.at_rest else now
        width, rates = fold.pace.rates(end, state.session_started_at)
        low, high = self._eta(taken, now) if liveness is Liveness.RUNNING else (None, None)
        size, position = self._source.size, self._source.position
        view = View(
            **vars(status),
            batches=fold.batches(end, self._oldest()),
            rates=rates,
            rate_width=width,
            eta_low=low,
            eta_high=high,
            files=self._disk.files,
            disk_free=self._disk.free,
            config_file=state.config_file,
            older=isinstance(self._source, OlderRun),
            reading=position / size if self._behind and size else 1.0,
            revision=0,
            read_at=now,
        )
        return replace(view, revision=self._count(view))

    def _eta(self, taken: Snapshot, now: float) -> tuple[float | None, float | None]:
        state = self._fold.state
        recent = sum(
            1
            for moment in state.finish_times
            if moment >= max(now - 60.0, state.session_started_at)
        )
        in_session = self._fold.pace.count_since(state.session_started_at)
        left = 0.0 if taken.cost is None or taken.cost.overdue else taken.cost.tasks_left
        found = eta_range(
            left,
            taken.rate,
            recent,
            in_session,
            now - state.session_started_at,
        )
        return found if found is not None else (None, None)

    def _oldest(self) -> dict[tuple[int, int], tuple[str, float]]:
        """Give, by (depth, batch), the task that has run longest.

        What is reported of workers is up to a second older than the journal: what has finished
        meanwhile does not run any more.
        """
        oldest: dict[tuple[int, int], tuple[str, float]] = {}
        for worker in (self._live or Live()).get("workers", ()):
            task, since = TaskId.named(worker["task"] or ""), worker["since"]
            if task is None or since is None or self._offset(task) >= 0:
                continue
            if since < oldest.get(task[:2], ("", float("inf")))[1]:
                oldest[task[:2]] = (task.name, since)
        return oldest

    def _damage(self) -> tuple[str, ...]:
        damage = self._source.damage
        if not self._fold.readable or (
            damage and not self._fold.state.sessions and isinstance(self._source, JournalFollower)
        ):
            return (lost_beginning(self.run_dir.journal),)
        return (*damage, *self._fold.state.waiting_results.sentences())

    def _count(self, view: View) -> int:
        live = (
            {name: value for name, value in view.live.items() if name != "time"}
            if view.live is not None
            else None
        )
        fingerprint = (
            self._source.position,
            self._source.size,
            view.phase,
            view.holder and view.holder.token,
            live,
            view.files,
            view.damage,
            view.waiting_points,
        )
        if fingerprint != self._fingerprint:
            self._fingerprint = fingerprint
            self._revision += 1
        return self._revision

    # -- tasks -------------------------------------------------------------------------------------

    def select(self, status: str = "all", text: str = "", order: str = "position") -> TaskList:
        """Return the tasks drawn so far with a status (one of `TaskStatus`, or "all") and every
        word of `text` in their name or reason of failure, ordered by "position", "finished" (what
        runs, then the newest, then what waits) or "runtime" (longest first).
        """
        with self._look():
            return self._fold.index.select(self._fold.state, self._running(), status, text, order)

    def line(self, task: TaskId) -> TaskLine:
        """Return a task as a line of a table: one short read from the journal, remembered."""
        with self._look():
            offset = self._offset(task)
            if offset < 0:
                return self._unfinished_line(task)
            line = self._lines.get((task, offset))
            if line is None:
                record = self._source.read(offset)
                line = (
                    line_of(task, record, self._samples.names(task.depth))
                    if record is not None
                    else TaskLine(task, TaskStatus.UNREADABLE)
                )
                while len(self._lines) >= _LINES_KEPT:
                    self._lines.pop(next(iter(self._lines)))
                self._lines[task, offset] = line
            return line

    def record(self, task: TaskId) -> TaskRecord | None:
        """Return a task's whole record, or None if it has none."""
        with self._look():
            offset = self._offset(task)
            return self._source.read(offset) if offset >= 0 else None

    @property
    def spread(self) -> bool:
        """Whether run directories lie in groups."""
        return self._fold.state.spread

    @property
    def units(self) -> Mapping[str, str]:
        """The units of parameters and outputs, by column, as far as they are told."""
        return dict(self._fold.state.units)

    def executor_of(self, task: TaskId) -> str:
        """Return the type of the executor that runs a task's step, empty if it is not known."""
        with self._look(), suppress(IndexError, KeyError):
            return str(
                self._fold.state.stage_names[task.depth]["steps"][task.step]["executor_type"]
            )
        return ""

    def _offset(self, task: TaskId) -> int:
        try:
            return self._fold.state.offset_of(task)
        except IndexError:
            return -1

    def _unfinished_line(self, task: TaskId) -> TaskLine:
        params = self._samples.params(task)
        for worker in (self._live or Live()).get("workers", ()):
            if worker["task"] == task.name:
                return TaskLine(
                    task,
                    TaskStatus.RUNNING,
                    started=worker["since"],
                    host=worker["host"],
                    params=params,
                    where=worker.get("where", ""),
                )
        return TaskLine(task, TaskStatus.WAITING, params=params)

    def _running(self) -> set[TaskId]:
        names = (worker["task"] for worker in (self._live or Live()).get("workers", ()))
        return {task for task in (TaskId.named(name or "") for name in names) if task is not None}

    def close(self) -> None:
        """Close the journal, once nobody refreshes any more; tasks cannot be read any more. Whoever
        refreshes it later has it opened for that long.
        """
        with self._refreshing:
            self._is_closed = True
            self._close()

    def _close(self) -> None:
        with self._look():
            self._source.close()
