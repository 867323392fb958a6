"""The thread in which a log is read: a slow file system never holds up a key, and a search through
a gigabyte can be given up at once.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from enchanted_tui.ui.log_page import Page
from enchanted_tui.ui.log_reader import LogReader

Command = Callable[[LogReader], object]

_POLL = 1.0  #: seconds between two looks at the file
_PROGRESS = 0.5  #: seconds between two messages about what takes long


class LogWorker:
    """Reads one log after the other in a daemon thread; each change of what is to be seen goes to
    `on_page`, called in that thread.
    """

    def __init__(
        self, path: Path, on_page: Callable[[Page], object], *, poll: float = _POLL
    ) -> None:
        self._path = path
        self._on_page = on_page
        self._poll = poll
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._last: Page | None = None
        self._paused = self._closed = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def do(self, command: Command) -> None:
        """Have something done to the reader, after what was asked before; the page that results is
        sent at once.
        """
        self._commands.put(command)

    def pause(self, paused: bool) -> None:
        """Look at the file no more until told otherwise; commands are obeyed all the same."""
        self.do(lambda reader: setattr(self, "_paused", paused))

    def close(self) -> None:
        """End, without waiting for a read that may hang."""
        self._closed = True
        self.do(lambda reader: None)

    def _run(self) -> None:
        reader = LogReader(self._path)
        next_poll = time.monotonic() + self._poll
        sent_at = 0.0
        while not self._closed:
            try:
                obeyed, next_poll = self._turn(reader, next_poll)
                page = reader.look()
            except (
                OSError
            ) as error:  # the file system has failed: shown, and tried again at the next look
                obeyed, page = (
                    True,
                    Page(reader.path, note=f"{reader.path.name} cannot be read: {error.strerror}"),
                )
                time.sleep(self._poll / 4)
            now = time.monotonic()
            if page != self._last and (obeyed or now - sent_at >= _PROGRESS or not page.busy):
                self._last, sent_at = page, now
                self._on_page(page)
        reader.close()

    def _turn(self, reader: LogReader, next_poll: float) -> tuple[bool, float]:
        """Obey, work a little or wait; tell whether something was asked, and when to look at the
        file next.
        """
        working = reader.work()
        obeyed = self._obey(
            reader,
            0.0 if working else None if self._paused else max(0.0, next_poll - time.monotonic()),
        )
        if not self._paused and time.monotonic() >= next_poll:
            reader.poll()
            next_poll = time.monotonic() + self._poll
        return obeyed, next_poll

    def _obey(self, reader: LogReader, patience: float | None) -> bool:
        """Wait so many seconds (None: for ever) for a command, and obey all that there are."""
        obeyed = False
        while True:
            try:
                command = (
                    self._commands.get(timeout=patience)
                    if patience != 0.0
                    else self._commands.get_nowait()
                )
            except queue.Empty:
                return obeyed
            command(reader)
            obeyed, patience = True, 0.0
