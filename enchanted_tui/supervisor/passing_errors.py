"""Errors of a file system that pass: what can be written again later bears them for a while."""

from __future__ import annotations

import logging
from collections.abc import Callable

from enchanted_tui.executors.verdict import PASSING_ERRNOS, remedy_of

log = logging.getLogger(__name__)

PATIENCE = 60.0  #: seconds for which a file of results may fail before the campaign stops


class PassingErrors:
    """Makes writes that may fail, and tells of each kind of failure once."""

    def __init__(self) -> None:
        self._failing_since: dict[str, float] = {}
        self._told: set[tuple[str, int | None]] = set()

    def show(self, what: str, write: Callable[[], None]) -> bool:
        """Write what is only for show, and tell whether that was possible: no error of it ends a
        campaign.
        """
        try:
            write()
        except OSError as error:
            self._tell(what, error)
            return False
        return True

    def bear(self, what: str, write: Callable[[], None], now: float) -> None:
        """Write what can be written again from the journal; `now` is monotonic.

        Raises OSError if the error is none that passes, or has not passed for `PATIENCE` seconds.
        """
        try:
            write()
        except OSError as error:
            since = self._failing_since.setdefault(what, now)
            if error.errno not in PASSING_ERRNOS or now - since > PATIENCE:
                raise
            self._tell(what, error)
        else:
            self._failing_since.pop(what, None)

    def _tell(self, what: str, error: OSError) -> None:
        if (what, error.errno) not in self._told:
            self._told.add((what, error.errno))
            where = f"{error.filename}: " if error.filename else ""
            log.warning(
                f"{what} cannot be written ({where}{remedy_of(error)}); the campaign goes on and"
                " tries again"
            )
