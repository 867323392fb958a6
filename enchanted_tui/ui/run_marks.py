"""The runs that are marked, to be compared or to be acted on together."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.ui.opened import Opened

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface
    from enchanted_tui.ui.app_screen import AppScreen

MOST = 4  #: runs side by side: as many as have colours that are told apart


class RunMarks:
    """Which runs are marked, in the order in which that was done."""

    def __init__(self) -> None:
        self.roots: list[Path] = []

    @property
    def words(self) -> str:
        """What is said of them; nothing without any."""
        return f", {len(self.roots)} marked" if self.roots else ""

    def change(self, root: Path) -> None:
        """Mark a run, or take its mark away."""
        if root in self.roots:
            self.roots.remove(root)
        else:
            self.roots.append(root)

    def keep(self, known: Container[Path]) -> None:
        """Forget those that are not there any more."""
        self.roots = [root for root in self.roots if root in known]

    def compare(self, app: AppInterface, under: AppScreen) -> None:
        """Open the screen that shows them side by side."""
        if len(self.roots) < 2:
            app.notify("Mark 2 to 4 runs with Space, then press C.")
            return
        if len(self.roots) > MOST:
            app.notify(f"{MOST} runs at most are compared; Space takes a mark away.")
            return
        from enchanted_tui.ui.screens.compare import CompareScreen

        screen: Opened = CompareScreen(tuple(self.roots))
        app.open_over(under, screen)
