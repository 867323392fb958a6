"""The text area: coloured YAML, marked problems, careful indentation.

The colours come from our own scanner rather than from tree-sitter: Textual queries the whole syntax
tree again at every key, which was measured at 290 ms in a file of 5,000 lines, against 7 ms
without; it needs no compiled grammar on the login node; and the same scanner serves outline and
completion. Only lines that are seen are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from rich.color import ColorParseError
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Location, Selection, TextAreaTheme

from enchanted_tui.config.problems import Problem
from enchanted_tui.config.scan import TokenKind
from enchanted_tui.ui.editor.document import LosslessDocument, install
from enchanted_tui.ui.editor.find import Match
from enchanted_tui.ui.editor.menu import CompletionMenu
from enchanted_tui.ui.widgets.clicks import RIGHT

#: Theme colour and attributes of each kind of token. Attributes tell keys and comments apart where
#: there is no colour.
_STYLES: Mapping[TokenKind, tuple[str, str]] = {
    "key": ("primary", "bold"),
    "quoted": ("success", ""),
    "block": ("success", ""),
    "number": ("warning", ""),
    "constant": ("secondary", ""),
    "comment": ("text-muted", "italic dim"),
    "dash": ("accent", ""),
    "punctuation": ("accent", ""),
    "open": ("accent", ""),
    "close": ("accent", ""),
    "anchor": ("secondary", "bold"),
    "alias": ("secondary", "bold"),
    "tag": ("error", ""),
}
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_OPENS = re.compile(r"(?:[:\[{]|^\s*-|[|>][-+]?)\s*(?:#.*)?$")
_INDENT = 2
_BRACKET_WITHIN = 10_000  #: characters in which the bracket to the one at the cursor is looked for
_THEME = "enchanted"
_LEFT_TO_OTHERS = ("f6",)  #: selects a line in Textual's text area; here it finds
_BINDINGS = [
    binding
    for binding in TextArea.BINDINGS
    if isinstance(binding, Binding) and binding.key not in _LEFT_TO_OTHERS
]
_OWN_KEYS = {key: binding.action for binding in _BINDINGS for key in binding.key.split(",")}


@dataclass(frozen=True)
class Mark:
    """Where a problem is underlined: characters of a line, counted from 0."""

    start: int
    severity: str


class ConfigArea(TextArea, inherit_bindings=False):
    """Edits YAML without changing what is not edited."""

    BINDINGS: ClassVar[list[BindingType]] = [*_BINDINGS]

    DEFAULT_CSS = """
    ConfigArea {
        border: none; padding: 0; height: 1fr; width: 1fr; background: $background;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    ConfigArea:focus { border: none; }
    ConfigArea .text-area--cursor-line { background: $surface; }
    """

    class Left(Message):
        """The person wants to leave the text (Escape)."""

    class Moved(Message):
        """The cursor stands elsewhere."""

        def can_replace(self, message: Any) -> bool:
            return isinstance(message, ConfigArea.Moved)

    def __init__(self, *, read_only: bool = False, name_in_screen: str = "text") -> None:
        super().__init__(
            "",
            soft_wrap=False,
            tab_behavior="indent",
            show_line_numbers=True,
            max_checkpoints=1000,
            read_only=read_only,
            id=name_in_screen,
        )
        self.cursor_blink = False
        self.indent_width = _INDENT
        self.menu: CompletionMenu | None = None
        self.is_waiting = (
            True  #: for the text; what is typed meanwhile would be lost with what is there now
        )
        self._marks: dict[int, list[Mark]] = {}
        self._is_yaml = True
        self._found: dict[int, list[Match]] = {}
        self._found_style = Style()
        self._token_styles: dict[TokenKind, Style] = {}
        self._mark_styles: dict[str, Style] = {}

    # -- the text ----------------------------------------------------------------------------------

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document("", None)
        install(self, text)
        self._marks = {} if hasattr(self, "_marks") else self.__dict__.setdefault("_marks", {})
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    @property
    def lossless(self) -> LosslessDocument:
        assert isinstance(self.document, LosslessDocument)
        return self.document

    def on_mount(self) -> None:
        self._choose_styles()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._choose_styles())

    def _choose_styles(self) -> None:
        colours = self.app.theme_variables
        self._token_styles = {
            kind: _style(colours.get(name, ""), attributes)
            for kind, (name, attributes) in _STYLES.items()
        }
        self._mark_styles = {
            name: _style(colours.get(name, ""), "underline bold") for name in ("error", "warning")
        }
        self._found_style = _style(colours.get("warning", ""), "", is_background=True) + _style(
            colours.get("background", ""), ""
        )
        if self.app.no_color:
            self._found_style = Style(bold=True, underline=True)  # what is selected is reversed
        # the colour of the cursor's line must not cover those of the tokens, so it is a background
        # and nothing else
        self.register_theme(
            TextAreaTheme(
                _THEME, cursor_line_style=_style(colours.get("surface", ""), "", is_background=True)
            )
        )
        self.theme = "css"
        self.theme = _THEME
        self.notify_style_update()
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        """Return a line with its colours; characters that a terminal would obey are shown as
        dots.
        """
        line = self.document.get_line(line_index)
        text = Text(_UNPRINTABLE.sub("\N{MIDDLE DOT}", line), end="", no_wrap=True)
        for kind, start, end in self.lossless.scan.tokens(line_index) if self._is_yaml else ():
            style = self._token_styles.get(kind)
            if style is not None:
                text.stylize(style, start, end)
        for mark in self._marks.get(line_index, ()):
            text.stylize(
                self._mark_styles.get(mark.severity, Style()),
                mark.start,
                self._end_of_word(line_index, mark.start),
            )
        for place in self._found.get(line_index, ()):
            text.stylize(self._found_style, place.start, place.end)
        return text

    def colours(self, wanted: bool) -> None:
        """Colour the text as YAML, or not."""
        if wanted != self._is_yaml:
            self._is_yaml = wanted
            self.notify_style_update()
            self.refresh()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Underline where the problems are."""
        marks: dict[int, list[Mark]] = {}
        for problem in reversed(problems):  # the first of several at one place is seen
            if problem.line is not None:
                marks.setdefault(problem.line - 1, []).append(
                    Mark((problem.column or 1) - 1, problem.severity)
                )
        if marks != self._marks:
            self._marks = marks
            self.notify_style_update()
            self.refresh()

    def show_found(self, places: Sequence[Match]) -> None:
        """Mark what was looked for."""
        found: dict[int, list[Match]] = {}
        for place in places:
            found.setdefault(place.line, []).append(place)
        if found != self._found:
            self._found = found
            self.notify_style_update()
            self.refresh()

    def select_place(self, place: Match) -> None:
        """Select a match, and scroll to it if it is not seen."""
        self.selection = Selection((place.line, place.start), (place.line, place.end))
        self.scroll_cursor_visible(center=not self._is_seen(place.line))

    def _is_seen(self, line: int) -> bool:
        top = round(self.scroll_offset.y)
        return top <= line < top + self.size.height

    def replace_place(self, place: Match, text: str) -> None:
        """Replace a match as an edit of its own; the cursor stands after it."""
        self.history.checkpoint()
        self.replace(
            text,
            (place.line, place.start),
            (place.line, place.end),
            maintain_selection_offset=False,
        )
        self.history.checkpoint()

    def replace_all(self, text: str) -> None:
        """Put another text in place as one edit, which undo takes back; the cursor stays."""
        place = self.cursor_location
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor((min(place[0], self.document.line_count - 1), place[1]))

    def _end_of_word(self, line: int, start: int) -> int:
        for token in self.lossless.scan.tokens(line):
            if token.start <= start < token.end:
                return token.end
        return max(start + 1, len(self.document.get_line(line)))

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor somewhere, counted from 0, in the middle of what is seen."""
        self.move_cursor((min(line, self.document.line_count - 1), column), center=True)

    def _recompute_cursor_offset(self) -> None:
        """Say where the cursor is painted, as Textual does, but within the text.

        While an edit is taken back the text is the old one and the cursor still where it stood in
        the new one; a scroll bar that goes in that moment asks for it (Textualize/textual#6686).
        """
        self._cursor_offset = self.wrapped_document.location_to_offset(
            self.clamp_visitable(self.cursor_location)
        )

    def _yield_character_locations(self, start: Location) -> Iterator[tuple[str, Location]]:
        """Give characters from a place on, among which Textual looks for a bracket; not all of a
        long text at each move of the cursor.
        """
        return islice(super()._yield_character_locations(start), _BRACKET_WITHIN)

    def _yield_character_locations_reverse(self, start: Location) -> Iterator[tuple[str, Location]]:
        """Give characters from a place backwards, likewise."""
        return islice(super()._yield_character_locations_reverse(start), _BRACKET_WITHIN)

    # -- keys --------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        if self.is_waiting or (
            self.menu is not None and self.menu.is_open and self.menu.take_key(event.key)
        ):
            event.stop()
            event.prevent_default()
        elif event.key == "escape":
            event.stop()
            event.prevent_default()
            self.post_message(self.Left())
        elif (
            event.key in _OWN_KEYS
        ):  # at once: by way of the bindings, letters typed quickly would overtake the cursor
            event.stop()
            event.prevent_default()
            await self.run_action(_OWN_KEYS[event.key])
        elif not self.read_only and (edit := self._editing_key(event.key)) is not None:
            event.stop()
            event.prevent_default()
            edit()

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        if self.menu is not None:
            self.menu.close()  # a click elsewhere has nothing to do with what was to be completed
        if event.button == RIGHT:
            event.prevent_default()  # what is selected stays so: the menu is about that
        else:
            await super()._on_mouse_down(event)

    def _editing_key(self, key: str) -> Callable[[], None] | None:
        """Return what a key does other than in any text."""
        if key == "enter":
            return self._break_line
        if key == "shift+tab":
            return lambda: self._indent_lines(-1)
        if key == "tab" and self.selection.start[0] != self.selection.end[0]:
            return lambda: self._indent_lines(1)
        return None

    def _break_line(self) -> None:
        """Begin a new line as deep as this one, deeper after a colon or an open bracket."""
        start, end = sorted(self.selection)
        before = self.document.get_line(start[0])[: start[1]]
        indent = len(before) - len(before.lstrip(" "))
        item = re.match(r" *(?:- +)+(?=\S)", before)
        if item is not None:
            indent = item.end()
        if _OPENS.search(before):
            indent += _INDENT
        self._replace_via_keyboard("\n" + " " * indent, start, end)

    def _indent_lines(self, direction: int) -> None:
        """Move the lines of the selection right or left."""
        (top, _), (bottom, bottom_column) = sorted(self.selection)
        last = bottom if bottom_column > 0 or bottom == top else bottom - 1
        lines = [self.document.get_line(line) for line in range(top, last + 1)]
        moved = [_indented(line, direction) for line in lines]
        if moved == lines:
            return
        shift = {
            line: len(new) - len(old)
            for line, old, new in zip(range(top, last + 1), lines, moved, strict=True)
        }
        selection = self.selection
        for line, old, new in zip(range(top, last + 1), lines, moved, strict=True):
            if old != new:
                width = len(old) - len(old.lstrip(" "))
                self.replace(
                    new[: len(new) - len(new.lstrip(" "))],
                    (line, 0),
                    (line, width),
                    maintain_selection_offset=False,
                )
        self.selection = type(selection)(*(_shifted(place, shift) for place in selection))

    def _watch_selection(self, previous: Any, selection: Any) -> None:
        super()._watch_selection(previous, selection)
        if previous.end != selection.end and self.is_mounted:
            self.post_message(self.Moved())


def _indented(line: str, direction: int) -> str:
    if not line.strip():
        return line
    if direction > 0:
        return " " * _INDENT + line
    return line[min(_INDENT, len(line) - len(line.lstrip(" "))) :]


def _shifted(place: Location, shift: Mapping[int, int]) -> Location:
    row, column = place
    return row, max(0, column + shift.get(row, 0))


def _style(colour: str, attributes: str, *, is_background: bool = False) -> Style:
    """Make a style; a colour that only Textual understands (with an opacity) is left out."""
    try:
        return Style.parse(
            f"{attributes} {'on ' if is_background else ''}{colour}".strip()
            if colour.startswith("#")
            else attributes
        )
    except (ColorParseError, ValueError):
        return Style.parse(attributes)
