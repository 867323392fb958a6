"""What stands beside a form: the text that it means, and what three samples would be given."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from enchanted_tui.config.scan import Scan, lines_of
from enchanted_tui.ui.widgets.line import Buttons

VIEWS = ("YAML", "Sample 1", "Sample 2", "Sample 3")
_BOLD_KINDS = ("key",)
_QUIET_KINDS = ("comment",)


class BesideForm(Vertical):
    """Shows one view; a click on its name takes the screen's action `form_show`."""

    DEFAULT_CSS = """
    BesideForm Buttons { background: $surface; padding: 0 1; }
    BesideForm VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    BesideForm VerticalScroll:focus { background: $boost; }
    BesideForm .lines { text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__(id="beside")
        self._view = 0
        self._texts: list[str] = [""] * len(VIEWS)
        self._put_last: tuple[int, str] | None = None  #: what is shown, of which view

    def compose(self) -> ComposeResult:
        yield Buttons(id="views")
        with VerticalScroll(id="shown"):
            yield Static(id="view", markup=False)

    def on_mount(self) -> None:
        self._put()

    def show(self, text: str | None, inputs: Sequence[str], why_not: str) -> None:
        """Take in what the form means now; without a text what was shown before stays."""
        changed = 0
        if text is not None:
            changed = _first_difference(self._texts[0], text)
            self._texts[0] = text
        for number in range(1, len(VIEWS)):
            there = number <= len(inputs)
            self._texts[number] = inputs[number - 1] if there else why_not or "There is none."
        self._put()
        if self._view == 0 and changed:
            place = self.query_one("#shown", VerticalScroll)
            place.scroll_to(y=max(0, changed - place.size.height // 2), animate=False)

    def choose(self, view: int) -> None:
        """Show a view, by its number; beyond the last comes the first."""
        self._view = view % len(VIEWS)
        self.query_one("#shown").scroll_home(animate=False)
        self._put()

    def next(self) -> None:
        """Show the next view."""
        self.choose(self._view + 1)

    def _put(self) -> None:
        parts = []
        for number, name in enumerate(VIEWS):
            label = f"[{name}]" if number == self._view else f" {name} "
            style = "bold" if number == self._view else ""
            parts.append((label, style, f"form_show({number})"))
        self.query_one("#views", Buttons).set(parts)
        text = self._texts[self._view]
        if (self._view, text) != self._put_last:  # to lay out a long text again costs much
            self._put_last = self._view, text
            view = self.query_one("#view", Static)
            view.set_class(self._view == 0, "lines")
            view.update(_yaml(text) if self._view == 0 else Text(text))


def _first_difference(one: str, other: str) -> int:
    """Return the number, from 0, of the first line that differs; 0 if none does."""
    pairs = zip(one.split("\n"), other.split("\n"), strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), 0)


def _yaml(text: str) -> Text:
    """Return YAML with its keys and comments told apart."""
    scan = Scan(lines_of(text))
    shown = Text()
    for number, line in enumerate(scan.lines):
        row = Text(line)
        for token in scan.tokens(number):
            if token.kind in _BOLD_KINDS:
                row.stylize("bold", token.start, token.end)
            elif token.kind in _QUIET_KINDS:
                row.stylize("italic dim", token.start, token.end)
        shown.append_text(row).append("\n" if number + 1 < len(scan.lines) else "")
    return shown
