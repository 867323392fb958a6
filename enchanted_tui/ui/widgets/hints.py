"""The footer: whole hints only, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from enchanted_tui.ui.glyphs import spelled

#: Hints that a person who knows nothing else needs; the others make room for them.
_ALWAYS = ("app.everywhere_help", "app.everywhere_quit", "everywhere_help", "everywhere_quit")


class Hints(Footer):
    """Leaves out, where the terminal is too narrow, what comes last, rather than cutting a hint in
    the middle.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._room = 0  #: for which the hints were chosen

    def compose(self) -> ComposeResult:
        self._room = self.app.size.width
        hints = list(super().compose())
        for hint in hints:
            if isinstance(hint, FooterKey):
                hint.description = spelled(hint.description)
        yield from _fitting(hints, self._room)

    async def on_resize(self, event: Resize) -> None:
        if event.size.width != self._room:
            await self.recompose()


def _fitting(hints: list[Widget], room: int) -> Iterable[Widget]:
    """Return the hints that fit, in their order."""
    widths = [
        len(hint.key_display) + len(hint.description) + 2 if isinstance(hint, FooterKey) else 0
        for hint in hints
    ]
    needed = [isinstance(hint, FooterKey) and hint.action in _ALWAYS for hint in hints]
    left = (
        room + 1 - sum(width for width, is_needed in zip(widths, needed, strict=True) if is_needed)
    )
    is_full = False
    for hint, width, is_needed in zip(hints, widths, needed, strict=True):
        is_full = is_full or (not is_needed and width > left)
        if is_needed:
            yield hint
        elif not is_full:
            left -= width
            yield hint
