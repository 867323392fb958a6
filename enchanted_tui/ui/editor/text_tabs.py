"""The names of the texts that are open in the editor: a click on one shows it, a click with the
right button opens its menu.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Click
from textual.geometry import Offset
from textual.message import Message

from enchanted_tui.ui.editor.open_texts import OpenText
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.line import Buttons


class TextTabs(Buttons):
    """One line, shown where several texts are open."""

    DEFAULT_CSS = "TextTabs { background: $surface; padding: 0 1; display: none; }"

    class MenuAsked(Message):
        """The menu of a text is wanted at a place of the screen."""

        def __init__(self, text: OpenText, place: Offset) -> None:
            super().__init__()
            self.text, self.place = text, place

    _texts: Sequence[OpenText] = ()

    def show_texts(self, texts: Sequence[OpenText], shown: int) -> None:
        """Say which texts are open, and which of them is shown."""
        self._texts = tuple(texts)
        self.display = len(texts) > 1
        parts, tips = [], {}
        for number, text in enumerate(texts):
            label = f"[{text.label}]" if number == shown else f" {text.label} "
            parts.append((label, "bold" if number == shown else "", _action_of(number)))
            tips[_action_of(number)] = path_of(text)
        parts.append(("  x close", "", "config_close_text"))
        self.set(parts, tips)

    async def on_click(self, event: Click) -> None:
        """Ask for the menu of the text that it is on, not for that of the text that is shown; other
        clicks are heard by what this is built upon.
        """
        action = self._action_at(event.x)
        for number, text in enumerate(self._texts):
            if event.button == RIGHT and action == _action_of(number):
                event.stop()
                self.post_message(self.MenuAsked(text, Offset(event.screen_x, event.screen_y)))


def path_of(text: OpenText) -> str:
    return str(text.file.buffer.path or text.label)


def _action_of(number: int) -> str:
    return f"config_show_text({number})"
