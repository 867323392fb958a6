"""How many files the samples of a running campaign make, and whether there is room for more: looked
at now and then, in a thread, since a file server or its quotas may take their time.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from itertools import islice

from enchanted_tui.record.file_use import Files, file_use, warning, with_room
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.room import Room, measure, room_of
from enchanted_tui.supervisor import stopping

log = logging.getLogger(__name__)

_FIRST, _MOST = 0.2, 60.0  #: seconds between two looks
_ASK = 600.0  #: seconds between two questions for the quota
_FEW = 20_000  #: files that are counted anew at each look: packed, or removed, they are fewer
_FRESH = 1.0  #: seconds for which such a count is believed
_UNMEASURED = 2.0  #: files of a task while nobody has looked: its directory and its datapoint


class FileBudget:
    """Looks, and says when it is enough. All methods are the loop's."""

    def __init__(self, run_dir: CampaignDirectory, state: CampaignState, most: int | None) -> None:
        """`most`: files that the run directory may hold, ``supervisor.max_files``."""
        self._run_dir, self._state, self._most = run_dir, state, most
        self.files = Files()  #: what was found last
        self._pause, self._next, self._next_question = _FIRST, 0.0, 0.0
        self._room: Room | None = None
        self._thread: threading.Thread | None = None
        self._warned = False
        #: files counted in the whole directory, and tasks on record then
        self._counted: tuple[int, int] | None = None
        self._counted_at = float("-inf")  #: monotonic

    def look_if_due(self, now: float) -> None:
        """Have another look, where the last one is old; `now` is monotonic."""
        if self._thread is not None and self._thread.is_alive():
            return
        to_count = self._most is not None and self._counted is None
        if now < self._next or not (self._state.tasks_recorded or to_count):
            return
        ask = now >= self._next_question
        self._next_question = now + _ASK if ask else self._next_question
        self._next, self._pause = now + self._pause, min(_MOST, 2 * self._pause)
        self._thread = threading.Thread(
            target=self._look, args=(ask,), name="file-budget", daemon=True
        )
        self._thread.start()

    def limit_reached(self, in_flight: int) -> Outcome | None:
        """Return the outcome of a campaign that may begin nothing more, as what runs will fill its
        budget of files; None if there is room.
        """
        if self._most is None or self._held(in_flight) < self._most:
            return None
        if self._counts_anew() and time.monotonic() - self._counted_at > _FRESH:
            self._next = 0.0  # packed or removed, they may be fewer than thought
            return None
        return stopping.too_many_files(self._most, self._held(0))

    def _counts_anew(self) -> bool:
        return self._counted is None or self._counted[0] < _FEW

    def _held(self, in_flight: int) -> int:
        """Return how many files the run directory holds, with those of so many tasks more."""
        counted, before = self._counted or (0, 0)
        each = _UNMEASURED
        if self.files.get("measured") and self._state.tasks_recorded:
            each = self.files["now"] / max(1, sum(self._state.totals()))
        return round(counted + each * (self._state.tasks_recorded - before + in_flight))

    def _look(self, ask: bool) -> None:
        try:
            if self._most is not None and self._counts_anew():
                recorded = self._state.tasks_recorded
                count, _, _ = measure(self._run_dir.root, self._most + 1)
                with contextlib.suppress(FileNotFoundError):
                    paths = self._run_dir.tasks(self._state.spread)
                    count += len(paths.groups())
                    count += sum(1 for _ in islice(paths.entries(), self._most))
                self._counted, self._counted_at = (count, recorded), time.monotonic()
            self._counted = self._counted or (0, 0)
            if ask or self._room is None:
                self._room = room_of(self._run_dir.root)
            files = with_room(file_use(self._run_dir, self._state), self._room)
        except OSError as error:
            log.debug(f"the files of samples cannot be looked at: {error}")
            return
        self.files = files
        if (said := warning(files)) and not self._warned:
            self._warned = True
            log.warning(said)
