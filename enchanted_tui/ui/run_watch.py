"""What is known of all runs, brought up to date now and then in a thread: for the list of runs, for
the tabs, and to tell what has happened to a run that nobody looks at.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.signal import Signal

from enchanted_tui.campaign_status import Phase
from enchanted_tui.ui import remembered
from enchanted_tui.ui.background import in_thread
from enchanted_tui.views.known_runs import RunCatalogue, RunEntry, runs_below
from enchanted_tui.views.run_alerts import RunAlert, RunAlerts
from enchanted_tui.views.viewing import Viewer

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_READ = 0.4  #: seconds of reading after which what is known is shown
_LISTED = 2.0  #: seconds between two looks while the list is shown and a campaign runs somewhere
_AT_REST = 10.0  #: the same while none does
_ASIDE = 5.0  #: while the list is not shown: at the runs that go on
_LOOK_FROM = 3.0  #: seconds after the start from which on runs are looked at that nobody lists
_SEARCH_AGAIN = 120.0  #: seconds between two searches below the roots
_ALL_AGAIN = 60.0  #: seconds between two looks at runs that were at rest, while nobody lists them


class RunWatch:
    """Looks at all known runs while they are `listed`, and else at those that go on and those that
    are open. `looked` is published with the entries after each look.
    """

    def __init__(self, app: AppInterface) -> None:
        self._app = app
        self.entries: dict[Path, RunEntry] = {}
        self.looked: Signal[dict[Path, RunEntry]] = Signal(app, "looked at runs")
        self.listed = self.searched = False
        self._catalogue = RunCatalogue()
        self._alerts = RunAlerts()
        self._found: list[Path] = []  #: below the roots
        self._searched_at = self._all_at = float("-inf")
        self._looking = False
        self._next_look = time.monotonic() + _LOOK_FROM
        self._asked = False

    def look(self, *, search: bool = False) -> None:
        """Look soon; with `search` also for run directories that nobody has named."""
        if search:
            self._searched_at = float("-inf")
        self._next_look, self._asked = 0.0, True
        self.look_if_due()

    def look_if_due(self) -> None:
        """Look, unless that has just been done."""
        if not self._looking and not self._app.leaving and time.monotonic() >= self._next_look:
            self._looking = True
            self._app.perform(self._look())

    def close(self) -> None:
        """Close what is followed."""
        self._catalogue.close()

    # -- looking -----------------------------------------------------------------------------------

    async def _look(self) -> None:
        now, self._asked = time.monotonic(), False
        self._next_look = now + _AT_REST  # also where looking fails
        try:
            if self.listed and now - self._searched_at > _SEARCH_AGAIN:
                self._searched_at = now
                # what is known is shown before the search
                self._take(await self._read(None), whole=True)
                self._found, self.searched = await in_thread(self._search), True
            whole = self.listed or now - self._all_at > _ALL_AGAIN
            self._all_at = now if whole else self._all_at
            entries = await self._read(None if whole else self._going_on())
            self._take(entries, whole=whole)
            self._next_look = time.monotonic() + self._pause(entries)
        finally:
            self._looking = False
        if self._asked:
            self.look()

    def _pause(self, entries: Iterable[RunEntry]) -> float:
        phases = {entry.phase for entry in entries}
        busy = any(phase.at_work or phase is Phase.UNKNOWN for phase in phases)
        if not self.listed:
            return _ASIDE if busy else _AT_REST
        return 0.0 if Phase.UNREAD in phases else _LISTED if busy else _AT_REST

    def _going_on(self) -> list[Path]:
        """Return the runs that change, or whose tabs are to say how they stand."""
        known = self.entries.values()
        going_on = [
            entry.root for entry in known if entry.phase.at_work or entry.phase is Phase.UNKNOWN
        ]
        return [*dict.fromkeys((*going_on, *(run.place for run in self._app.runs)))]

    async def _read(self, roots: Sequence[Path] | None) -> list[RunEntry]:
        followed = {run.place: run.viewer for run in self._app.runs if run.viewer is not None}
        return await in_thread(self._find, roots, self._found, followed)

    def _find(
        self, roots: Sequence[Path] | None, found: Sequence[Path], followed: Mapping[Path, Viewer]
    ) -> list[RunEntry]:
        if roots is None:
            roots = [*(Path(path) for path in remembered.read().recent), *found]
        return self._catalogue.find([*followed, *roots], (), budget=_READ, followed=followed)

    def _search(self) -> list[Path]:
        roots = [Path(root).expanduser() for root in self._app.settings.preferences.roots]
        home = self._app.home
        # somebody's whole home directory is not searched unasked
        if home not in (Path.home(), Path("/")):
            roots.append(home)
        return [path for root in dict.fromkeys(roots) for path in runs_below(root)]

    # -- what has been seen ------------------------------------------------------------------------

    def _take(self, entries: Sequence[RunEntry], *, whole: bool) -> None:
        known = {entry.root: entry for entry in entries}
        self.entries = known if whole else {**self.entries, **known}
        for run in self._app.runs:
            if run is not self._app.run_shown:
                run.entry = known.get(run.place, run.entry)
        self.see(entries)
        if not self._app.leaving:
            self.looked.publish(self.entries)

    def see(self, entries: Iterable[RunEntry]) -> None:
        """Tell what has happened to these runs since they were seen last."""
        for alert in self._alerts.look(entries):
            self._tell(alert)

    def _tell(self, alert: RunAlert) -> None:
        if not self._app.leaving:
            self._app.tell(alert)

    def forget(self, root: Path) -> None:
        """Somebody has been told of this run already."""
        self._alerts.forget(root)
