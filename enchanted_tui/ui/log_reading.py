"""What can be done to a log on whichever screen shows one: find, choose lines, wrap, go to a
line.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from enchanted_tui.storage.logs.log_search import compiled
from enchanted_tui.storage.logs.log_selection import Selection
from enchanted_tui.storage.logs.log_text import Level
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.kept_choices import kept_text
from enchanted_tui.ui.log_page import Page
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.line import Line
from enchanted_tui.ui.widgets.log_view import LogView

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[Any]
else:
    Base = object

_LEVELS = (Level.NONE, Level.WARNING, Level.ERROR)

#: The actions that `LogReading` defines, for a screen's bindings.
READING = (
    "log.find",
    "log.next",
    "log.only",
    "log.level",
    "log.follow",
    "log.wrap",
    "log.previous",
    "log.line",
)


class LogReading(Base):
    """Mixed into screens that have a `LogView`, an `AskLine` and, for what is said about both, a
    `Line` called ``foot``.

    What is chosen and looked for stays when another file is opened.
    """

    _pattern = ""
    _level = Level.NONE
    _only = _wrap = False

    @property
    def log_view(self) -> LogView:
        return self.query_one(LogView)

    # -- finding -----------------------------------------------------------------------------------

    def action_log_find(self) -> None:
        self.query_one(AskLine).ask("find", "Find", self._pattern, "a regular expression")

    def action_log_line(self) -> None:
        self.query_one(AskLine).ask("line", "Go to line")

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        if message.purpose == "line":
            self._go_to_line(message.value)
        else:
            self._find(message.value)

    def on_ask_line_closed(self) -> None:
        self.log_view.focus()

    def _go_to_line(self, text: str) -> None:
        digits = text.strip().replace(",", "")
        if not digits.isdecimal():
            self.query_one(AskLine).say("type a number")
            return
        self.log_view.do(lambda reader: reader.go_to_line(int(digits)))
        self.query_one(AskLine).action_close()

    def _find(self, text: str) -> None:
        try:
            pattern = compiled(text) if text else None
        except ValueError as error:
            self.query_one(AskLine).say("no regular expression")
            self.notify(str(error), severity="warning", markup=False)
            return
        self._pattern = text
        self.log_view.pattern = pattern
        self._only = self._only and pattern is not None
        self.choose_lines()
        self.log_view.refresh()
        self.query_one(AskLine).action_close()
        if pattern is not None:
            self.log_view.do(lambda reader: reader.search(pattern))

    def action_log_next(self) -> None:
        self._search(forward=True)

    def action_log_previous(self) -> None:
        self._search(forward=False)

    def _search(self, *, forward: bool) -> None:
        pattern = self.log_view.pattern
        if pattern is None:
            self.action_log_find()
        else:
            self.log_view.do(lambda reader: reader.search(pattern, forward=forward))

    # -- choosing ----------------------------------------------------------------------------------

    def action_log_only(self) -> None:
        """Show only what matches, or everything again."""
        if self.log_view.pattern is None:
            self._only = True
            self.action_log_find()
            return
        self._only = not self._only
        self.choose_lines()

    def action_log_level(self) -> None:
        self._level = _LEVELS[(_LEVELS.index(self._level) + 1) % len(_LEVELS)]
        self.choose_lines()

    def choose_lines(self) -> None:
        """Have the reader show the lines that are wanted, as they are wanted."""
        selection = Selection(self._level, self.log_view.pattern if self._only else None)
        wrap = self._wrap
        self.log_view.do(lambda reader: setattr(reader, "selection", selection))
        self.log_view.do(lambda reader: setattr(reader, "wrap", wrap))

    def what_is_chosen(self) -> dict[str, Any]:
        """Return which lines are shown and how, as JSON has it."""
        return {
            "pattern": self._pattern,
            "level": int(self._level),
            "only": self._only,
            "wrap": self._wrap,
        }

    def choose_again(self, choices: Mapping[str, Any]) -> None:
        """Show the lines that were shown when `what_is_chosen` gave this; all where it says
        nothing.
        """
        self._pattern, self.log_view.pattern = "", None
        with suppress(ValueError):
            if text := kept_text(choices, "pattern"):
                self._pattern, self.log_view.pattern = text, compiled(text)
        level = choices.get("level")
        self._level = next((one for one in _LEVELS if one == level), Level.NONE)
        self._only = choices.get("only") is True and self.log_view.pattern is not None
        self._wrap = choices.get("wrap") is True
        self.choose_lines()

    def show_all_lines(self) -> bool:
        """Give up what is under way or chosen; False if there is nothing of the kind."""
        page = self.log_view.page
        if page is not None and page.busy.startswith("searching"):
            self.log_view.do(lambda reader: reader.cancel())
        elif self._only or self._level:
            self._only, self._level = False, Level.NONE
            self.choose_lines()
        else:
            return False
        return True

    def action_log_follow(self) -> None:
        page = self.log_view.page
        if page is not None and page.follow:
            self.log_view.do(lambda reader: setattr(reader, "follow", False))
        else:
            self.log_view.action_end()

    def action_log_wrap(self) -> None:
        self._wrap = not self._wrap
        self.log_view.unscroll()
        self.choose_lines()

    # -- what is said ------------------------------------------------------------------------------

    def on_log_view_changed(self, message: LogView.Changed) -> None:
        page = message.page
        parts = (*self._choice(page), page.busy, page.note)
        self.query_one("#foot", Line).show(
            " " + f" {glyph('dot')} ".join(part for part in parts if part)
        )

    def _choice(self, page: Page) -> list[str]:
        parts = []
        if self._level:
            parts.append(
                "errors only"
                if self._level == Level.ERROR
                else f"{self._level.name.lower()}s and above"
            )
        if self._pattern:
            parts.append(f"only /{self._pattern}/" if self._only else f"/{self._pattern}/")
        if page.chosen is not None:
            parts.append(f"{page.chosen:,} line{'' if page.chosen == 1 else 's'}")
        return parts
