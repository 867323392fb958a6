"""One open run: what is read of it, and what a person has chosen to see of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.campaign_status import Phase

if TYPE_CHECKING:
    from textual.app import App

    from enchanted_tui.journal_lines import TaskId
    from enchanted_tui.ui.feed import Feed
    from enchanted_tui.views.known_runs import RunEntry
    from enchanted_tui.views.viewing import View, Viewer

#: What a person has chosen on one screen: plain data, as JSON has it.
Choices = dict[str, Any]


class OpenRun:
    """A run that has a tab.

    Whatever a person has chosen that means something in this run only - axes, filters, what is
    under the cursor - is kept here as plain data, and nowhere in the screens, which show one run
    after the other.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = Path(os.path.realpath(root))  #: by which runs are the same
        self.viewer: Viewer | None = None  #: once it has been shown
        self.view: View | None = None  #: the latest picture of it
        self.entry: RunEntry | None = None  #: the same in short, also of a run that is not shown
        self.mode = "monitor"  #: the screen on which it was seen last
        self.choices: dict[str, Choices] = {}  #: by screen
        #: by mode and kind: what lies over it (`KeptOver`), and ...
        self.over: dict[str, dict[str, Choices]] = {}
        #: ... the list from which the task was opened that does
        self.among: dict[str, Sequence[TaskId]] = {}
        self._feed: Feed | None = None

    @property
    def phase(self) -> Phase:
        """How it stands."""
        return self.entry.phase if self.entry is not None else Phase.UNREAD

    @property
    def share(self) -> float | None:
        """How much of all expected tasks is done, at most 1; None while nobody knows."""
        if self.entry is None or not self.entry.expected:
            return None
        return min(1.0, self.entry.done / self.entry.expected)

    # -- reading -----------------------------------------------------------------------------------

    def begin(self, app: App[Any]) -> Viewer:
        """Follow it, from where it was followed last, and return its read model."""
        from enchanted_tui.ui.feed import Feed
        from enchanted_tui.views.viewing import Viewer

        if self.viewer is None:
            self.viewer = Viewer(self.root)
        if self._feed is None:
            self._feed = Feed(app, self.viewer)
            self._feed.start()
        self._feed.rest(False)
        return self.viewer

    def take(self, view: View) -> None:
        """Take a picture of it."""
        from enchanted_tui.views.known_runs import entry_of

        self.view, self.entry = view, entry_of(view)

    def wake(self) -> None:
        """Read the run directory again soon."""
        if self._feed is not None:
            self._feed.wake()

    def rest(self) -> None:
        """Follow it no more while another one is shown; of what was read only the record is
        kept.
        """
        if self._feed is not None:
            self._feed.rest(True)
        if self.viewer is not None:
            self.viewer.rows.forget()

    def end(self) -> None:
        """Forget all that was read; what a person has chosen stays."""
        if self._feed is not None:
            self._feed.close()
        self._feed = self.viewer = self.view = None
        self.over.clear()
        self.among.clear()

    # -- what is remembered ------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """Return what is remembered of it from one session of the app to the next."""
        return {
            "root": str(self.root),
            "mode": self.mode,
            "choices": self.choices,
            "over": self.over,
        }


def from_json(content: object) -> OpenRun | None:
    """Return the run of which `as_json` gave this; None for what nobody has written so."""
    if not isinstance(content, dict) or not isinstance(content.get("root"), str):
        return None
    run = OpenRun(Path(content["root"]))
    if isinstance(content.get("mode"), str):
        run.mode = content["mode"]
    run.choices = _mappings(content.get("choices"))
    run.over = {mode: _mappings(kinds) for mode, kinds in _mappings(content.get("over")).items()}
    return run


def _mappings(content: object) -> dict[str, Choices]:
    if not isinstance(content, Mapping):
        return {}
    return {name: dict(value) for name, value in content.items() if isinstance(value, Mapping)}
