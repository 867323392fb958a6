"""What a campaign does while its journal cannot be written: it begins nothing, says so, and tries
again; only when that has lasted too long it stops.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable

from enchanted_tui.durations import rough_duration
from enchanted_tui.executors.base import Trouble
from enchanted_tui.executors.passing_errors import PAUSE, Patience
from enchanted_tui.executors.task_end import remedy_of
from enchanted_tui.record.journal import Journal
from enchanted_tui.supervisor.control import Request
from enchanted_tui.supervisor.inbox import Inbox

log = logging.getLogger(__name__)

#: room that somebody may make
_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT))


class JournalPause:
    """Is told of each error of the journal (`Journal.bear`), in the thread of the loop."""

    def __init__(self, seconds: float, inbox: Inbox, show: Callable[[str], None]) -> None:
        """`seconds`: how long it is borne; `show` is given a sentence for those who watch, an empty
        one when it is over.
        """
        self._patience = Patience(seconds, also=_ROOM)
        self._looking = Patience(seconds)
        self._inbox, self._show = inbox, show

    def bear(self, error: OSError) -> None:
        """Wait for a moment; raise `error` where it does not pass, has lasted too long, or where
        somebody wants the campaign to stop.
        """
        begins = self._patience.since is None
        if not self._patience.bears(error) or self._is_to_stop():
            raise error
        assert self._patience.since is not None
        if begins:
            log.warning(
                f"the journal cannot be written ({remedy_of(error)}); the campaign pauses and tries"
                f" again for {rough_duration(self._patience.seconds)}"
            )
        lasted = time.monotonic() - self._patience.since
        self._show(
            f"paused since {lasted:.0f} s: the journal cannot be written ({remedy_of(error)}); it"
            f" is tried again for {rough_duration(self._patience.seconds - lasted)}, then the"
            " campaign stops, resumable"
        )
        time.sleep(PAUSE)

    def is_over(self) -> None:
        """The journal has been written."""
        if self._patience.since is not None:
            lasted = time.monotonic() - self._patience.since
            self._patience.is_over()
            log.warning(f"the journal can be written again, after {rough_duration(lasted)}")
            self._show("")

    def look_after(self, journal: Journal) -> None:
        """See whether the journal is still where it was. Raises OSError."""
        try:
            journal.check_in_place()
        except OSError as error:
            if not self._looking.bears(error):
                raise
        else:
            self._looking.is_over()

    def _is_to_stop(self) -> bool:
        return any(
            isinstance(item, Trouble)
            or (isinstance(item, Request) and item.action in ("drain", "abort"))
            for item in self._inbox.look_ahead()
        )
