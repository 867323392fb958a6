"""What becomes of the files of finished samples, beside the loop, which must not wait for a file
server.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress

from enchanted_tui.journal_lines import TaskId

log = logging.getLogger(__name__)


class FinishedFiles:
    """Treats finished samples in a thread. What fails is told once and is done again at the end of
    the campaign, or by a later session.
    """

    thread_name = ""
    failing = ""  #: what is said, before the error, where it fails

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[list[TaskId] | threading.Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failed: list[TaskId] = []
        self._told = self._abandoned = False

    def put(self, tasks: list[TaskId]) -> None:
        """Treat samples, each given by its last step, some time soon. Their results must be on the
        disk.
        """
        if not tasks:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self.thread_name, daemon=True)
            self._thread.start()
        self._queue.put(tasks)

    def wait(self) -> None:
        """Wait until what was given is treated."""
        if self._thread is not None:
            done = threading.Event()
            self._queue.put(done)
            done.wait()

    def close(self) -> None:
        """Wait until what was given is treated, and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def abandon(self) -> None:
        """Treat nothing more."""
        self._abandoned = True
        self.close()

    def finish(self) -> None:
        """Treat what is left now that the campaign is complete. Raises OSError."""
        raise NotImplementedError

    def _treat(self, tasks: Sequence[TaskId]) -> None:
        """Treat samples. Raises OSError; those that have been treated are no trouble again."""
        raise NotImplementedError

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
            elif not self._abandoned:
                try:
                    self._treat(item)
                except Exception as error:  # noqa: BLE001 - somebody may wait for this thread
                    self._failed += item
                    self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            with suppress(Exception):
                log.warning(f"{self.failing} ({error}); this is tried again at the end")


def steps(task: TaskId) -> list[TaskId]:
    """Return the tasks of a sample up to one of them."""
    return [task._replace(step=step) for step in range(task.step + 1)]
