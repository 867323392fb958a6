"""An executor: where tasks run. This one runs them one after another in a thread of the
supervisor's own process.

Good for trying a runner under a debugger; nothing protects the supervisor from a runner that ends
the process.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import asdict

from enchanted_tui.plugins import (
    EnvironmentFailure,
    Executor,
    Result,
    Running,
    Trouble,
    run_task,
    task_message,
)


class OneThreadExecutor(Executor):
    """Run tasks one after another in this process. Options would stand here."""

    def open(self, context, deliver, left_over_jobs):
        """Make ready. `deliver` may be called from any thread, exactly once for each task."""
        return OneThread(context, deliver)


class OneThread(Running):
    """The executor at work."""

    def __init__(self, context, deliver):
        self._context, self._deliver = asdict(context), deliver
        self._waiting = queue.SimpleQueue()
        self._lock = (
            threading.Lock()
        )  # the supervisor's thread and this executor's change what follows
        self._held = 0
        self._cancelled = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def capacity(self):
        """A few in advance, so that the thread never waits for the supervisor."""
        with self._lock:
            return 4 - self._held

    def submit(self, tasks):
        """Take tasks; they wait for their turn."""
        with self._lock:
            self._held += len(tasks)
        for task in tasks:
            self._waiting.put(task)

    def recall(self):
        """Take back what has not started, when the campaign is paused or drained."""
        taken = []
        while True:
            try:
                taken.append(self._waiting.get_nowait().id)
            except queue.Empty:
                break
        with self._lock:
            self._held -= len(taken)
        return taken

    def cancel(self):
        """A thread cannot be killed: what runs ends, and nobody hears of it."""
        self.recall()
        with self._lock:
            self._cancelled = True

    def close(self):
        """End the thread. Nothing waits or runs any more, but for a task that was cancelled."""
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _work(self):
        while (task := self._waiting.get()) is not None:
            try:
                result = Result(task.id, run_task(task_message(task), self._context))
            except EnvironmentFailure as trouble:
                result = Trouble(str(trouble), task.id)
            with self._lock:
                self._held -= 1
                if not self._cancelled:
                    self._deliver(result)  # puts it into a queue, so that nothing waits here
