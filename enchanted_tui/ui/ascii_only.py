"""For terminals that can show ASCII only: what Textual itself draws (frames, scroll bars, marks of
what was cut) in ASCII too.

Our own signs come from `glyphs`. A person's own text, such as a name with an accent, is left as it
is.
"""

from __future__ import annotations

from functools import cache

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    # lines, upper edges, dashes
    "-": "\u2500\u2501\u2550\u254c\u2504\u2594\u2580\u00b7\u2013\u2014\u2212",
    # lines, left and right edges
    "|": "\u2502\u2503\u2551\u254e\u2506\u2589\u258a\u258b\u258c\u258d\u258e\u258f\u2590\u2595",
    "_": "\u2581",
    ":": "\u2592",
    ".": "\u2591",
    "~": "\u2026",  # cut off here
    ">": "\u25b6\u25b8\u25ba\u2192",
    "<": "\u25c0\u25c2\u25c4\u2190",
    "^": "\u25b2\u2191",
    "v": "\u25bc\u2193",
    "*": "\u25cf\u2022\u2665",
    "o": "\u25cb\u25cc",
    "+": "\u2713\u2714",
    "x": "\u2717\u2715\u00d7",
    "? ": "\U0001f50e",  # a magnifying glass, two cells wide
}


def _table() -> dict[int, str]:
    frames, blocks = (
        dict.fromkeys(range(0x2500, 0x2580), "+"),
        dict.fromkeys(range(0x2580, 0x25A0), "#"),
    )
    return {
        **frames,
        **blocks,
        **{ord(sign): plain for plain, signs in _SIGNS.items() for sign in signs},
    }


class AsciiOnly(LineFilter):
    """Puts an ASCII character in the place of each sign; widths stay."""

    def __init__(self) -> None:
        super().__init__()
        self._table = _table()

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(self._table), segment.style, segment.control)
            for segment in segments
        ]


@cache
def ascii_filter() -> AsciiOnly:
    """Return the filter; the same one each time, because Textual keeps what a filter gave."""
    return AsciiOnly()
