"""How far something is: a bar whose full length means done, with successes and failures beside it
and not inside.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from enchanted_tui.ui.facts_in_line import Fact, fit
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.line import Line


def bar(share: float, width: int) -> str:
    """Return a bar `width` characters long; full only at 1."""
    share = min(1.0, max(0.0, share))
    eighths = glyph("eighths")
    filled = int(share * width * 8) if share < 1 else width * 8
    whole, part = divmod(filled, 8)
    text = glyph("bar") * whole
    if part and whole < width:
        text += eighths[part]
    return text + glyph("bar_empty") * (width - len(text))


def percent(part: int, whole: int) -> str:
    """Return a percentage that is 100 only if `part` is the whole."""
    if not whole:
        return "-"
    return "100%" if part >= whole else f"{min(99, 100 * part // whole)}%"


_LEAST = 8  #: characters of a bar; what is said beside it makes room for them


class ProgressLine(Line):
    """``label ████░░░ 12/50 24%  and what is said beside it``."""

    # Textual's own name
    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._arguments: tuple[str, int, int, Sequence[Text]] | None = None

    def set(self, label: str, done: int, total: int, beside: Sequence[Text] = ()) -> None:
        """Show `done` of `total`; the bar takes the room that the texts leave. Where there is too
        little, the last texts are left out.
        """
        self._arguments = (label, done, total, beside)
        self._compose_line()

    def on_resize(self) -> None:
        self._compose_line()

    def _compose_line(self) -> None:
        if self._arguments is None or not self.size.width:
            return
        label, done, total, beside = self._arguments
        count = Text(f" {done:,}/{total:,} {percent(done, total)}")
        width = self.size.width - len(label) - 1
        end = fit(
            [Fact(count), *(Fact(text, rank) for rank, text in enumerate(beside, start=1))],
            max(1, width - _LEAST),
            "  ",
        )
        text = Text(f"{label} ")
        if width - end.cell_len >= _LEAST:
            text.append(
                bar(done / total if total else 0.0, width - end.cell_len),
                style=self.colour("primary"),
            )
        self.show(text.append_text(end))
