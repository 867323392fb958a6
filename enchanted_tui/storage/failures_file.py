"""enchanted_failures.csv: one line for each failed task, with its reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from enchanted_tui import values
from enchanted_tui.storage.csv_lines import CsvLines
from enchanted_tui.storage.growing import FileChangedError, GrowingFile

_HOLD_SEC = 0.8
_BLOCK = 1_000  # lines, when all are written anew


class Failure(NamedTuple):
    """One line of the file: `kind` is one of `executors.task.FAILURE_KINDS`, `params` are the
    task's inputs.
    """

    task: str
    kind: str
    message: str
    params: Mapping[str, Any]
    run_dir: str


class Failures:
    """The failures of a campaign in the order in which they were recorded; all calls from one
    thread.

    `read_failures()` gives every failure ever handed to `add`, from the journal; it is called when
    the file has to be written anew. Methods that write raise OSError if they cannot; the file then
    stays as it was and a later `tick` tries again.
    """

    def __init__(
        self,
        path: Path,
        read_failures: Callable[[], Iterator[Failure]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._read_failures = read_failures
        self._clock = clock
        self._file = GrowingFile(path)
        self._lines = CsvLines()
        self._held: list[Failure] = []
        self._held_since = 0.0

    def rebuild(self) -> None:
        """Write the file anew from the journal: at the start, and when a task that had failed is
        run again.
        """
        failures = self._read_failures()
        with self._file.replacement() as file:
            file.write(self._lines.line(Failure._fields))
            while block := list(islice(failures, _BLOCK)):
                file.write(self._block(block))
        self._held.clear()

    def add(self, failure: Failure) -> None:
        """Take a failure; it is on disk within 2 s, given a tick each second."""
        if not self._held:
            self._held_since = self._clock()
        self._held.append(failure)

    def tick(self) -> None:
        """Write what is due."""
        if not self._file.exists:
            self.rebuild()
        elif self._held and self._held_since <= self._clock() - _HOLD_SEC:
            self._write()

    def finish(self) -> None:
        """Write everything. More may follow."""
        if not self._file.exists:
            self.rebuild()
        elif self._held:
            self._write()
        self._file.close()

    def _write(self) -> None:
        try:
            self._file.append(self._block(self._held))
        except FileChangedError:
            self.rebuild()
        self._held.clear()

    def _block(self, failures: Iterable[Failure]) -> bytes:
        return self._lines.block(
            [
                (task, kind, text, values.encode(params), run_dir)
                for task, kind, text, params, run_dir in failures
            ]
        )[0]
