"""Run the tasks of one job: a pool has them run, and how each ended is written down. A job that
stays looks for further shares where its own are used up, and leaves when none has come for long.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any, Optional

from enchanted_tui.executors.base import (
    Delivered,
    JobEnds,
    Result,
    Returned,
    Task,
    TaskContext,
    Trouble,
)
from enchanted_tui.executors.ends.preemption import Preemption
from enchanted_tui.executors.pool.booking import booking, size_for
from enchanted_tui.executors.pool.forking_here import ForkingHere
from enchanted_tui.executors.pool.loop import PoolLoop
from enchanted_tui.executors.pool.pool_settings import PoolSettings
from enchanted_tui.executors.pool.rank_launcher import AUTO
from enchanted_tui.executors.slurm.far.clock import Clock, TimedBacklog
from enchanted_tui.executors.slurm.far.further_shares import FoundShare, FurtherShares
from enchanted_tui.executors.slurm.far.node_packing import NodePacking
from enchanted_tui.executors.slurm.far.share import (
    ResultsFile,
    is_gone,
    read_limits,
    revocations,
    share_file,
)
from enchanted_tui.executors.task_end import explained
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.runners.memory_kills import MemoryKills

EXIT_DISK = 74  #: exit code of a job that could not write its results
_GATHER = 0.2  #: seconds after a write over which results are written together
_DISK_PATIENCE = 60.0  #: seconds for which a results file that cannot be written is tried again
_AT_ONCE = ("revoked", "terminated", "preempted", "trouble")  #: ends that wait for no task
#: seconds between two looks for further work, where processes may soon be free, and where not
_LOOK, _LOOK_WHILE_BUSY = 1.0, 5.0
#: what a share says of the pool that runs it; shares that say the same follow each other in one
_TERMS = ("timeout", "max_retries", "processes", "launcher", "beat", "local_storage")


class ShareRun:
    """Runs the tasks of one job, in a process without threads."""

    def __init__(
        self,
        directory: str,
        element: int,
        header: dict[str, Any],
        further: FurtherShares,
        results: ResultsFile,
        prepare: Callable[[dict[str, Any]], None],
    ) -> None:
        """`prepare` makes this process what a share's header wants it to be."""
        self.clock = Clock(header)
        self.left: set[TaskId] = set()  #: tasks without a result
        self.why = ""  #: why nothing more is begun
        self._to_pack: dict[TaskId, dict[str, Any]] = {}  #: tasks whose files are packed here
        self._packing = NodePacking(os.path.basename(directory), element)
        self._prepare = prepare
        self._go_by(header)
        self._further, self._results = further, results
        self._patience = header.get("idle_timeout") or 0.0
        self._idle_since: Optional[float] = None
        self._looked_at = 0.0  #: when further work was looked for last
        self._other: Optional[FoundShare] = None  #: one that needs another pool
        self._pool_now: Optional[PoolLoop] = None
        self._revoked = revocations(directory, element)
        self._share, self._directory = share_file(directory, element), directory
        self._mark = f"{os.path.basename(directory)}.{element}"
        self._waited_for: set[TaskId] = set()
        self._refused = False
        self._failing_since: float | None = None
        self._checked_at = 0.0  #: when it was last seen whether the share is still ours
        self._kills = MemoryKills()
        self._preemption = Preemption()

    def work(self, messages: list[dict[str, Any]]) -> str:
        """Run the tasks, as far as they fit into the job; return why it ended: done, walltime,
        revoked, terminated, preempted or trouble. Raises OSError where results cannot be written.
        """
        tasks = self._taken(self._further.begin(0, messages))
        self._check_revoked()
        while True:
            self._work_on(tasks)
            if self._other is None or self.why:
                return self.why or "done"
            self._go_by(self._other.header)
            tasks = self._taken(self._further.accept(self._other))
            self._other = None

    def _go_by(self, header: dict[str, Any]) -> None:
        """Make this process what a share wants it to be."""
        self._terms = _terms_of(header)
        self.header = header
        self.clock.learn(header)
        self._prepare(header)
        self._booking, self._no_booking = None, ""
        try:
            self._booking = booking(
                header["context"]["runners"], header.get("launcher", AUTO), header["processes"]
            )
        except OSError as problem:
            self._no_booking = str(problem)

    def _taken(self, messages: list[dict[str, Any]]) -> list[Task]:
        """Return the tasks of a share, which are waited for from now on."""
        self._idle_since = None
        tasks = [Task.of_message(message) for message in messages]
        self.left.update(task.id for task in tasks)
        for task, message in zip(tasks, messages):  # noqa: B905 - Python 3.9
            if task.pack:
                self._to_pack[task.id] = message
        self._waited_for.update(task.id for task in tasks)
        return tasks

    def _work_on(self, tasks: list[Task]) -> None:
        """Run tasks, and what comes after them and needs no other pool."""
        if self._no_booking:
            self._take(Trouble(self._no_booking))
            return
        pool = self._pool_now = self._pool(len(tasks))
        pool.prepare()
        try:
            # a command ends the first wait, in which nothing else would happen
            pool.command(lambda: self._begin(pool, tasks))
            self._hear_limits(pool)
            while not self._finished():
                self._take_turn(pool)
                self._write(pool)
        finally:
            pool.finish()

    def _begin(self, pool: PoolLoop, tasks: list[Task]) -> None:
        pool.add(tasks)
        if self._patience:
            self._look(pool)

    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes of which samples are given shares; none where no runner says what its
        samples need.
        """
        if self._booking is None:
            return []
        return [
            {"name": node.name, "cpus": node.cpus, "gpus": node.gpus, "mem": node.mem}
            for node in self._booking.book.nodes
        ]

    def flush(self) -> None:
        """Write what has gathered. Raises OSError after a minute of trying."""
        while True:
            try:
                if self._packing.pending:
                    self._check_revoked()
                    if self.why == "revoked":  # the directories may be somebody else's now
                        return
                    self._packing.commit()
                self._results.flush()
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

    def _pool(self, tasks: int) -> PoolLoop:
        context = TaskContext(**self.header["context"])
        # not what local workers bear: a resumed campaign kills those of the session before, and
        # jobs are to go on
        mark = f"job:{context.campaign}:{context.session}:{self._mark}"
        settings = PoolSettings(
            size=max(1, self._most_at_once(tasks)),
            timeout=self.header.get("timeout"),
            max_retries=self.header.get("max_retries", 0),
            starter=lambda shared: ForkingHere(shared, mark),
            called="the processes of a job",
            job_ends=self._preemption.has_begun,  # of other ends SLURM tells us by a signal
            why_killed=self._out_of_memory,
            on_begin=self._begins,
            ends=lambda: self.clock.ends,
            owns_job=True,
            on_notice=self._refuse,
        )
        backlog = TimedBacklog(self.clock, self._refuse, self._booking)
        return PoolLoop(settings, context, self._take, backlog)

    def _size(self) -> int:
        """Return how many samples run at the same time at most."""
        if self._booking is None:
            return int(self.header["processes"] or 1)
        return size_for(self._booking, self.header["context"]["runners"])

    def _begins(self, task: Task) -> None:
        where = {} if task.share is None else {"where": task.share["where"]}
        self._results.note("begin", task=list(task.id), **where)

    def _most_at_once(self, tasks: int) -> int:
        return self._size() if self._patience else min(self._size(), tasks)

    def _take_turn(self, pool: PoolLoop) -> None:
        """Wait until something happens or is due, and take it."""
        try:
            if time.monotonic() >= self._until_look():
                pool.command(lambda: self._look(pool))  # what is handed out follows
            pool.turn(max(0.0, self._until_something()))
        except OSError as error:  # no more processes or descriptors
            self._take(Trouble(f"the processes of a job cannot be run: {explained(error)}"))
        if self._refused:
            self.why = self.why or "walltime"
            self._waited_for.difference_update(pool.take_back())
            self._refused = False

    def _finished(self) -> bool:
        if self.why in _AT_ONCE or self._other is not None:
            return True
        return not self._waited_for and not (self._patience and not self.why)

    # -- further work ------------------------------------------------------------------------------

    def _until_look(self) -> float:
        """Return the moment at which further work is looked for; infinity where it is not."""
        if not self._patience or self.why or self._pool_now is None:
            return float("inf")
        return self._looked_at + (_LOOK if _needs_more(self._pool_now) else _LOOK_WHILE_BUSY)

    def _look(self, pool: PoolLoop) -> None:
        """Give back what is wanted back, and take the next share where processes are free or no
        task waits for one.
        """
        self._looked_at = time.monotonic()
        try:
            self._give_back(pool)
            share = self._further.find() if _needs_more(pool) else None
        except OSError:  # a file system in trouble says nothing
            return
        if share is not None and share.is_last:
            self._further.accept(share)
            self.why = self.why or "done"
        elif share is not None and _terms_of(share.header) == self._terms:
            self.clock.learn(share.header)
            pool.add(self._taken(self._further.accept(share)))
        elif share is not None and not self._waited_for:
            self._other = share
        elif not self._waited_for:
            self._be_idle()

    def _give_back(self, pool: PoolLoop) -> None:
        for number, tasks in self._further.asked_back().items():
            taken = pool.take_back(tasks)
            self._further.give_back(number, taken)
            self.left.difference_update(taken)
            self._waited_for.difference_update(taken)

    def _be_idle(self) -> None:
        """Nothing is to be done: wait for more, but not for ever."""
        now = time.monotonic()
        if self._idle_since is None:
            self._idle_since = now
            self._results.note("idle")
        if now - self._idle_since >= self._patience:
            self.why = self.why or "idle"
        elif not self.clock.fits_any():
            self.why = self.why or "walltime"

    # -- what the pool says ------------------------------------------------------------------------

    def _take(self, item: Delivered) -> None:
        if isinstance(item, Result):
            if (message := self._to_pack.pop(item.id, None)) is not None:
                self._packing.put(message, self.header["context"], item.line)
            self._results.add(item.line)
            self._further.ended(item.id)
            self.left.discard(item.id)
            self._waited_for.discard(item.id)
        elif isinstance(item, Returned):  # to be continued in another job
            self._waited_for.difference_update(item.tasks)
            self.why = self.why or "walltime"
        elif isinstance(item, JobEnds):
            self.why = "preempted" if self._preemption.begun else "terminated"
        elif isinstance(item, Trouble):
            task = {} if item.task is None else {"task": list(item.task)}
            self._results.note("trouble", **task, message=item.message)
            self.why = "trouble"

    def _refuse(self) -> None:
        """Tasks wait, and none may begin any more."""
        self._refused = True

    def _out_of_memory(self) -> tuple[str, str] | None:
        """Return kind and reason of a failure if the kernel has killed for memory since this was
        asked last.
        """
        return self._kills.reason("ask for more under sbatch: mem, or lower processes_per_job")

    # -- what is due -------------------------------------------------------------------------------

    def _until_something(self) -> float:
        due: float = min(self._results.written_at, self._checked_at) + self.header["beat"]
        due = min(due, self._until_look())
        if self._results.pending:
            due = min(due, self._results.written_at + _GATHER)
        return due - time.monotonic()

    def _write(self, pool: PoolLoop) -> None:
        """Write what has gathered, and a sign of life where there was nothing to write; see whether
        the share is still ours, and what is a straggler by now.
        """
        now = time.monotonic()
        if now - self._checked_at >= self.header["beat"]:
            self._check_revoked()
            self._hear_limits(pool)
        if now - self._results.written_at >= self.header["beat"] and not self._results.pending:
            self._results.note("beat")
        if self._results.pending and (
            now - self._results.written_at >= _GATHER or self._finished()
        ):
            self.flush()

    def _hear_limits(self, pool: PoolLoop) -> None:
        with contextlib.suppress(OSError):  # a file system in trouble says nothing
            pool.limits.tell(read_limits(self._directory))

    def _check_revoked(self) -> None:
        """Stop where the share is somebody else's now, or the campaign has been deleted."""
        self._checked_at = time.monotonic()
        if any(map(os.path.exists, self._revoked)) or is_gone(self._share):
            self.why = "revoked"


def _needs_more(pool: PoolLoop) -> bool:
    """Tell whether processes have nothing to do, or soon may have."""
    return not len(pool.backlog) or any(worker.idle for worker in pool.workers)


def _terms_of(header: dict[str, Any]) -> dict[str, Any]:
    """Return what the pool that runs a share has to be like; a session is no reason for another."""
    terms = {name: header.get(name) for name in _TERMS}
    return {**terms, "context": {**header["context"], "session": ""}}
