"""The open runs, side by side: a click on one shows it, a click on its cross closes it, and a
click with the right button opens its menu.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import getters
from textual.events import Click
from textual.geometry import Offset

from enchanted_tui.campaign_status import Phase
from enchanted_tui.ui.actions import help_of
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.tab_menu import open_tab_menu
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.ui.widgets.progress_bar import percent
from enchanted_tui.ui.widgets.status_line import COLOURS

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface
    from enchanted_tui.ui.open_run import OpenRun

_LEAST_NAME = (
    8  #: cells; where there is less room, tabs far from the one that is shown are left out
)
_Part = tuple[str, str, str]  #: a text, its style, and the action of a click on it


class TabBar(Buttons):
    """One line, and none at all while fewer than two runs are open."""

    DEFAULT_CSS = """
    TabBar { background: $surface; display: none; }
    TabBar.-shown { display: block; }
    """
    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    def on_mount(self) -> None:
        self.set_interval(1.0, self.check)
        self.check()

    def on_resize(self) -> None:
        self.check()

    async def on_click(self, event: Click) -> None:
        """Open the menu of the run whose tab it is; not that of the screen below, which may be
        about another one. Other clicks are heard by what it is built upon.
        """
        if event.button != RIGHT:
            return
        event.stop()
        place = _place_in(self._action_at(event.x))
        run = self.app.runs[place] if place is not None and place < len(self.app.runs) else None
        open_tab_menu(self.app, run, Offset(event.screen_x, event.screen_y))

    def check(self) -> None:
        """Show the tabs as they are now; nothing is painted where they look as before."""
        runs = self.app.runs
        self.set_class(len(runs) > 1, "-shown")
        if len(runs) > 1:
            self.set(self._parts(self.size.width or self.app.size.width), self._tips_of_tabs())

    def _tips_of_tabs(self) -> dict[str, str]:
        """Return what the pointer is told of each tab: which run it is, and how it stands."""
        close = help_of("everywhere_close_tab") or ""
        tips = {}
        for place, run in enumerate(self.app.runs):
            share = "" if run.share is None else f", {percent(round(1000 * run.share), 1000)}"
            tips[f"app.show_tab({place})"] = f"{run.root}\n{run.phase}{share}"
            tips[f"app.close_tab({place})"] = close
        return tips

    def _parts(self, width: int) -> list[_Part]:
        """Return as many tabs as fit, the one that is shown among them."""
        runs = self.app.runs
        current = next((place for place, run in enumerate(runs) if run is self.app.run_shown), 0)
        first, last = 0, len(runs)
        while True:
            hidden = [
                f" +{first}" if first else "",
                f" +{len(runs) - last}" if last < len(runs) else "",
            ]
            room = width - sum(map(cell_len, hidden))
            tabs = _fitted(runs[first:last], room)
            if tabs is not None or last - first == 1:
                break
            if last - 1 - current >= current - first:
                last -= 1
            else:
                first += 1
        parts: list[_Part] = [(hidden[0], "dim", "app.everywhere_tabs")] if first else []
        for place, label in enumerate(tabs or [_label(runs[current], _LEAST_NAME)], start=first):
            parts += self._tab(place, label, is_shown=place == current)
        return [*parts, (hidden[1], "dim", "app.everywhere_tabs")] if hidden[1] else parts

    def _tab(self, place: int, label: tuple[str, str], *, is_shown: bool) -> list[_Part]:
        sign, words = label
        show, close = f"app.show_tab({place})", f"app.close_tab({place})"
        colour = self.colour(COLOURS[self.app.runs[place].phase])
        style = "bold" if is_shown else ""
        begin, end = ("[", "]") if is_shown else (" ", " ")
        return [
            (begin, style, show),
            (sign, f"{style} {colour}".strip(), show),
            (words, style, show),
            (f" {glyph('close')}", "dim", close),
            (end, style, close),
        ]


def _place_in(action: str) -> int | None:
    """Return the place among the tabs, from 0, that an action of the bar is about."""
    _, bracket, place = action.removesuffix(")").partition("_tab(")
    return int(place) if bracket else None


def _fitted(runs: list[OpenRun], room: int) -> list[tuple[str, str]] | None:
    """Return the labels of tabs, names cut so that all fit; None where there is too little room."""
    longest = max(cell_len(run.root.name) for run in runs)
    for width in range(longest, min(longest, _LEAST_NAME) - 1, -1):
        labels = [_label(run, width) for run in runs]
        if sum(cell_len(sign + words) + 4 for sign, words in labels) <= room:
            return labels
    return None


def _label(run: OpenRun, width: int) -> tuple[str, str]:
    """Return the sign of how a run stands, and its name with how far it is."""
    share = run.share
    far = (
        f" {percent(round(1000 * share), 1000)}"
        if share is not None and run.phase is not Phase.FINISHED
        else ""
    )
    return glyph(run.phase.value), f" {cut_name(run.root.name, width)}{far}"
