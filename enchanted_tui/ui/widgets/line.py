"""A line of text that is painted only when it has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.text import Text
from textual.events import Click, MouseMove
from textual.geometry import Size
from textual.widget import Widget

from enchanted_tui.ui.actions import help_of
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.widgets.changes import cells_of_text, changed_region
from enchanted_tui.ui.widgets.clicks import RIGHT


class Line(Widget):
    """Shows `Text`, a line by default; more where its style gives it more height."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Line { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    # Textual's own name
    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._text = Text()

    @property
    def text(self) -> str:
        """What is shown, without colours."""
        return self._text.plain

    def show(self, text: Text | str) -> None:
        """Show a text; nothing happens if it is what is shown already."""
        text = Text(text) if isinstance(text, str) else text
        text.no_wrap, text.overflow = True, "ellipsis"
        if text.plain == self._text.plain and text.spans == self._text.spans:
            return
        before, self._text = self._text, text
        if "\n" in text.plain or "\n" in before.plain or not self.is_mounted:
            self.refresh()
            return
        width = self.content_size.width
        if text.cell_len > width or before.cell_len > width:
            self.refresh()  # the sign that something was cut off comes and goes
        else:
            self.refresh(changed_region(cells_of_text(before), cells_of_text(text), 0, width))

    def render(self) -> Text:
        return self._text

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._text.plain.count("\n") + 1

    def colour(self, name: str) -> str:
        """Return a theme colour for a Rich style; nothing where the theme lacks it."""
        return str(self.app.theme_variables.get(name, ""))


class Name(Line):
    """A name or a path; where there is too little room, its end is what is kept."""

    def render(self) -> Text:
        return Text(cut_name(self._text.plain, self.content_size.width))


class Buttons(Line):
    """A line of words, some of which can be clicked."""

    # Textual's own name
    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._spots: list[tuple[int, int, str]] = []
        self._tips: Mapping[str, str] = {}

    def set(
        self, parts: Sequence[tuple[str, str, str]], tips: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Show parts: text, Rich style, and the action that a click on it takes (or nothing), of
        what is around this line, else of the screen. `tips`, by action: what the pointer is told,
        if not what the action is for.
        """
        text, self._spots, self._tips = Text(), [], tips
        for words, style, action in parts:
            start = text.cell_len
            text.append(words, style=style)
            if action:
                self._spots.append((start, text.cell_len, action))
        self.show(text)

    def spot(self, action: str) -> int:
        """Return the column at which an action can be clicked."""
        return next(start for start, _, name in self._spots if name == action)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Say what a click here does."""
        action = self._action_at(event.x)
        said = self._tips.get(action) or help_of(action.removeprefix("app.")) or ""
        if str(self.tooltip or "") != said:
            self.tooltip = Text(said) if said else None

    async def on_click(self, event: Click) -> None:
        action = self._action_at(event.x)
        if action and event.button != RIGHT:
            event.stop()
            await self._performer(action).run_action(action)

    def _action_at(self, x: int) -> str:
        """Return what a click at a column of the widget takes, its margin counted; else nothing."""
        column = x - self.gutter.left
        return next((name for start, end, name in self._spots if start <= column < end), "")

    def _performer(self, action: str) -> Widget:
        """Return the nearest around this line that has the action."""
        method = f"action_{action.partition('(')[0]}"
        around = (node for node in self.ancestors if isinstance(node, Widget))
        return next((node for node in around if hasattr(node, method)), self.screen)
