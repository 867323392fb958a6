"""The list of candidates beside the cursor. The text keeps the focus; the list takes the keys that
it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from enchanted_tui.config.completion import Candidate, Completion
from enchanted_tui.ui.widgets.choice_list import Options

_MOST_SHOWN = 100


class CompletionMenu(Options, can_focus=False):
    """Shows candidates over the text."""

    DEFAULT_CSS = """
    CompletionMenu {
        position: absolute; overlay: screen; constrain: inside inflect; display: none;
        width: auto; min-width: 24; max-width: 72; height: auto; max-height: 12;
        border: round $primary; background: $panel; padding: 0; margin: 1 0;
        scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    class Taken(Message):
        """A candidate was chosen."""

        def __init__(self, completion: Completion, candidate: Candidate) -> None:
            super().__init__()
            self.completion, self.candidate = completion, candidate

    def __init__(self) -> None:
        super().__init__(id="completion", markup=False)
        self._completion: Completion | None = None
        self._shown: Sequence[Candidate] = ()

    @property
    def is_open(self) -> bool:
        return bool(self.display and self._shown)

    def offer(self, completion: Completion, place: Offset) -> None:
        """Show the candidates below a place of the screen, where the word begins; nothing if there
        are none.
        """
        self._completion, self._shown = completion, completion.candidates[:_MOST_SHOWN]
        self.clear_options()
        if not self._shown:
            self.close()
            return
        width = max(len(candidate.label) for candidate in self._shown)
        self.add_options([Option(_prompt(candidate, width)) for candidate in self._shown])
        self.highlighted = 0
        # beside frame and padding; the margin keeps it off the line
        self.absolute_offset = place + Offset(-2, 0)
        self.display = True

    def close(self) -> None:
        """Hide the list."""
        self._shown, self._completion = (), None
        self.display = False

    def take_key(self, key: str) -> bool:
        """Act on a key; return False for one that is the text's."""
        moves: dict[str, Any] = {
            "down": self.action_cursor_down,
            "ctrl+n": self.action_cursor_down,
            "up": self.action_cursor_up,
            "pagedown": self.action_page_down,
            "pageup": self.action_page_up,
        }
        if key in moves:
            moves[key]()
        elif key in ("enter", "tab"):
            self._take(self.highlighted or 0)
        elif key == "escape":
            self.close()
        else:
            return False
        return True

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take(event.option_index)

    def _take(self, index: int) -> None:
        completion = self._completion
        if completion is not None and index < len(self._shown):
            self.post_message(self.Taken(completion, self._shown[index]))
        self.close()


def _prompt(candidate: Candidate, width: int) -> Text:
    return Text().append(candidate.label.ljust(width + 2), style="bold").append(candidate.detail)
