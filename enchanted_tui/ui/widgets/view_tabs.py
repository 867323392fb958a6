"""The names of a screen's views, with their keys: in two lines where one is too short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical

from enchanted_tui.ui.widgets.line import Buttons

_Part = tuple[str, str, str]  #: a text, its style, and the action of a click on it


class ViewTabs(Vertical):
    """A click on a name shows its view: it takes the action ``AREA_NAME``."""

    DEFAULT_CSS = """
    ViewTabs { height: auto; background: $surface; padding: 0 1; }
    """

    def __init__(self, area: str, views: Sequence[tuple[str, str]], *, id: str) -> None:  # noqa: A002
        """`views`: names, as in actions, and titles."""
        super().__init__(id=id)
        self._area, self._views = area, views
        self._parts: list[_Part] = []

    def compose(self) -> ComposeResult:
        yield Buttons()
        yield Buttons()

    def show(self, shown: str, keys: Mapping[str, str], note: str) -> None:
        """Mark the view that is shown; `keys` by the actions' ids; `note` stands behind."""
        parts = []
        for name, title in self._views:
            label = f"{keys.get(f'{self._area}.{name}', '')} {title}".strip()
            label = f"[{label}]" if name == shown else f" {label} "
            parts.append((label, "bold" if name == shown else "", f"{self._area}_{name}"))
        self._parts = [*parts, (note, "", "")] if note else parts
        self._put()

    def on_resize(self) -> None:
        self._put()

    def _put(self) -> None:
        first, second = self.query(Buttons)
        lines = _in_two_lines(self._parts, self.content_size.width)
        first.set(lines[0])
        second.set(lines[1])
        second.display = bool(lines[1])


def _in_two_lines(parts: Sequence[_Part], width: int) -> tuple[list[_Part], list[_Part]]:
    """Divide parts into those that fit into a line and the rest, none of them cut."""
    used = 0
    for number, (words, _, _) in enumerate(parts):
        used += cell_len(words)
        if used > width > 0 and number:
            return list(parts[:number]), list(parts[number:])
    return list(parts), []
