"""The terminal's title: how far the open campaign is, for a window or tab that is not in front."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from enchanted_tui.campaign_status import Phase

if TYPE_CHECKING:
    from enchanted_tui.views.viewing import View

_SAVE, _RESTORE = "\x1b[22;2t", "\x1b[23;2t"


class TerminalTitle:
    """Sets the title through `write` whenever there is another one to set."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._shown = ""

    def show(self, view: View | None) -> None:
        """Show how the campaign stands."""
        title = title_of(view)
        if title != self._shown:
            self._write(f"{'' if self._shown else _SAVE}\x1b]2;{title}\x07")
            self._shown = title

    def restore(self) -> None:
        """Bring back the title that there was."""
        if self._shown:
            self._write(_RESTORE)
            self._shown = ""


def title_of(view: View | None) -> str:
    """Return the title: percentage and name while a campaign runs, its state and name otherwise."""
    if view is None:
        return "enchanted-tui"
    taken = view.snapshot
    name = "".join(character for character in view.root.name if character.isprintable())
    share = 100 * taken.tasks_done // taken.tasks_expected if taken.tasks_expected else 0
    failed = f", {taken.failed} failed" if taken.failed else ""
    word = f"{share}%" if view.phase is Phase.RUNNING else view.phase
    return f"{word} {name}{failed} - enchanted-tui"
