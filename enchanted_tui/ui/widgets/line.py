"""A line of text that is painted only when it has changed."""

from __future__ import annotations

from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget


class Line(Widget):
    """Shows `Text`, a line by default; more where its style gives it more height."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Line { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
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
        if text.plain != self._text.plain or text.spans != self._text.spans:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        return self._text

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._text.plain.count("\n") + 1

    def colour(self, name: str) -> str:
        """Give a theme colour for a Rich style; nothing where the theme lacks it."""
        return str(self.app.theme_variables.get(name, ""))
