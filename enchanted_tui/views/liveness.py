"""Whether anybody runs a campaign: lock and heartbeat, judged without ever waiting for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from enchanted_tui.campaign_status import Liveness
from enchanted_tui.storage.lock import PATIENCE, Holder, is_alive_here, look_at


class LivenessWatch:
    """Looks at a lock file now and then.

    A holder on this host is judged at once. One on another host is perhaps running until its
    heartbeat has been seen to rise (running) or has stood still for `PATIENCE` seconds of this
    observer's own clock (not running), as the lock itself judges it.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._seen: tuple[str, int] | None = None  #: token and beat
        self._changed_at = 0.0
        self._beating = False

    def look(self) -> tuple[Liveness, Holder | None]:
        """Return whether the campaign is run, and who holds the lock if anybody does."""
        try:
            holder = look_at(self._path)
        except OSError:
            self._seen = None
            return Liveness.PERHAPS_RUNNING, None
        if holder is None:
            self._seen = None
            return Liveness.NOT_RUNNING, None
        local = is_alive_here(holder)
        if local is not None:
            return (Liveness.RUNNING if local else Liveness.NOT_RUNNING), holder
        return self._by_beats(holder), holder

    def _by_beats(self, holder: Holder) -> Liveness:
        now = self._clock()
        beat = (holder.token, holder.beat)
        if beat != self._seen:
            self._beating = self._seen is not None and self._seen[0] == holder.token
            self._seen, self._changed_at = beat, now
        elif now - self._changed_at >= PATIENCE:
            return Liveness.NOT_RUNNING
        return Liveness.RUNNING if self._beating else Liveness.PERHAPS_RUNNING
