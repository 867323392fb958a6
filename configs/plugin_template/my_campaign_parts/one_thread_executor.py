"""An executor: where tasks run. This one runs them one after another in a thread of the supervisor's own process.

Good for trying a runner under a debugger; nothing protects the supervisor from a runner that ends the process.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import asdict

from enchanted_tui.executors.base import Executor, Result, Trouble
from enchanted_tui.executors.task import run_task, task_message
from enchanted_tui.executors.verdict import EnvironmentFailure


class OneThreadExecutor(Executor):
    """Run tasks one after another in this process."""

    def start(self, context, deliver):
        """Make ready. `deliver` may be called from any thread, exactly once for each task."""
        self._context, self._deliver = asdict(context), deliver
        self._waiting = queue.SimpleQueue()
        self._held = 0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def capacity(self):
        """A few in advance, so that the thread never waits for the supervisor."""
        return 4 - self._held

    def submit(self, tasks):
        for task in tasks:
            self._held += 1
            self._waiting.put(task)

    def recall(self):
        """Take back what has not started, when the campaign is paused or drained."""
        taken = []
        while True:
            try:
                task = self._waiting.get_nowait()
            except queue.Empty:
                return taken
            if task is None:
                self._waiting.put(None)
                return taken
            self._held -= 1
            taken.append(task.id)

    def cancel(self):
        """A thread cannot be killed: what runs ends, and nobody hears of it."""
        self.recall()
        self._deliver = lambda result: None

    def close(self):
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _work(self):
        while (task := self._waiting.get()) is not None:
            try:
                result = Result(task.id, run_task(task_message(task), self._context))
            except EnvironmentFailure as trouble:
                result = Trouble(str(trouble), task.id)
            self._held -= 1
            self._deliver(result)
