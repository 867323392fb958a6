"""What the campaign's log says of samples that fail: the traceback of the first of each kind, or a
block for every one.
"""

from __future__ import annotations

import logging

from enchanted_tui import values
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.storage.failures_file import Failure

log = logging.getLogger(__name__)

#: the display without the app shows that the sample has failed
_IN_THE_FILE = {"already_shown": True}
_MOST = 50  #: places of which tracebacks are logged in a session


class FailureLog:
    """Tells the log of failures; with `every`, of each (``supervisor.log_failures``)."""

    def __init__(self, *, every: bool) -> None:
        self._every = every
        #: places where samples have failed, as their tracebacks name them
        self._told: set[str] = set()

    def tell(self, failure: Failure, record: TaskRecord) -> None:
        """Log a failure: all of it, or its traceback if no sample has failed at the same place
        before.
        """
        traceback = str(record.get("traceback") or "").rstrip()
        if self._every:
            self._tell_all(failure, record, traceback)
        elif traceback and self._is_new(traceback):
            log.warning(
                f"{failure.task} failed, as later ones may in the same place:\n{traceback}",
                extra=_IN_THE_FILE,
            )

    def _is_new(self, traceback: str) -> bool:
        place = "\n".join(line for line in traceback.splitlines() if line.startswith("  "))
        if place in self._told or len(self._told) >= _MOST:
            return False
        self._told.add(place)
        return True

    @staticmethod
    def _tell_all(failure: Failure, record: TaskRecord, traceback: str) -> None:
        """Write the block that scripts look for: three lines by their labels, then the
        traceback.
        """
        given = {*failure.params, "run_dir"}
        result = {name: value for name, value in record["row"].items() if name not in given}
        log.warning(
            "=== FAILURE === %s: %s: %s; %s",
            failure.task,
            failure.kind,
            failure.message,
            values.encode(failure.params),
        )
        log.warning("Run directory: %s", failure.run_dir, extra=_IN_THE_FILE)
        log.warning("Result: %s", values.encode(result), extra=_IN_THE_FILE)
        if traceback:
            log.warning("Traceback of %s:\n%s", failure.task, traceback, extra=_IN_THE_FILE)
