"""The pool of workers as those see it who have tasks.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from enchanted_tui.executors.base import Deliver, NodeInfo, Task, TaskContext, WorkerInfo
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.executors.pool.loop import PoolLoop
from enchanted_tui.executors.pool.pool_settings import PoolSettings
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.journal_lines import TaskId

_LONGEST_END = 70.0  #: seconds for workers to end, with job steps that SLURM has to end


class Pool:
    """Workers behind one thread. Its methods may be called from any other thread; `submit` and
    `capacity` from one alone where `capacity` is to be exact.
    """

    def __init__(
        self,
        settings: PoolSettings,
        context: TaskContext,
        deliver: Deliver,
        backlog: Backlog | None = None,
    ) -> None:
        """`deliver` is called in the pool's thread, once for each task that is submitted and not
        taken back.
        """
        self._size = settings.size
        self._submitted, self._grace = 0, context.grace
        self._loop = PoolLoop(settings, context, deliver, Backlog() if backlog is None else backlog)
        self._thread = threading.Thread(target=self._loop.run, name="worker-pool", daemon=True)

    def start(self) -> None:
        """Start the fork server; workers follow. Raises OSError."""
        self._loop.prepare()
        self._thread.start()

    def capacity(self) -> int:
        """Return how many more tasks keep all workers busy until somebody looks again."""
        held = self._submitted - self._loop.delivery.settled
        calls = 2 * self._size * (1 + self._loop.backlog.ahead())
        return calls * self._loop.calls.most - held

    def submit(self, tasks: Sequence[Task]) -> None:
        """Take tasks; returns at once."""
        self._submitted += len(tasks)
        self._loop.command(lambda: self._loop.add(tasks))

    def recall(self) -> list[TaskId]:
        """Take back the tasks that have not started; nothing is delivered for them."""
        taken: list[TaskId] = []
        done = threading.Event()

        def take_back() -> None:
            taken.extend(self._loop.take_back())
            done.set()

        self._loop.command(take_back)
        while not done.wait(0.5):
            if not self._thread.is_alive():
                break
        return taken

    def limit_run_times(self, limits: Sequence[RunTimeLimit]) -> None:
        """End from now on, as stragglers, what runs longer; replaces what was said before."""
        self._loop.command(lambda: self._loop.limits.tell(limits))

    def cancel(self, *, believe_failures: bool = True) -> None:
        """End all workers and forget all tasks. Failures that are held back since they may be the
        end of a whole job are delivered, unless they are not to be believed.
        """
        submitted = self._submitted
        self._loop.command(
            lambda: self._loop.kill_all(submitted, believe_failures=believe_failures)
        )

    def close(self) -> None:
        """End workers and fork server, and wait for it; what still runs after a few seconds is
        ended.
        """
        self._loop.command(self._loop.hang_up)
        self._thread.join(timeout=_LONGEST_END + self._grace)
        self._loop.workers.wait()
        self._loop.close_descriptors()

    def workers(self) -> list[WorkerInfo]:
        """Return the workers as people see them."""
        return self._loop.workers.shown()

    def nodes(self) -> list[NodeInfo]:
        """Return the nodes of which tasks are given shares."""
        booking = self._loop.backlog.booking
        return [] if booking is None else booking.nodes()
