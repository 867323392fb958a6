"""The app without colours, for `NO_COLOR`: what colours say is said with attributes, on the
terminal's own background.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from enchanted_tui.ui.contrast import contrast

#: contrast with the app's background from which a background says something: a cursor, a selection,
#: a focused button
_STANDS_OUT = 1.5
_LEGIBLE = 3.5  #: contrast below which text is meant to stand back
_REVERSED, _NOT_REVERSED, _DIM = Style(reverse=True), Style(reverse=False), Style(dim=True)


class Uncoloured(LineFilter):
    """Drops all colours. A background that stands out becomes `reverse`, text that hardly does
    becomes `dim`.
    """

    def __init__(self, background: str) -> None:
        super().__init__()
        self._background = Color.parse(background).rgb  # the app's own

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without colours."""
        return [
            Segment(text, style and _plain(style, self._background), control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=8)
def filter_on(background: str) -> Uncoloured:
    """Return the filter for an app with this background; the same one each time, because Textual
    keeps what a filter gave.
    """
    return Uncoloured(background)


@lru_cache(maxsize=2048)
def _plain(style: Style, own: tuple[int, int, int]) -> Style:
    front, back = _triplet(style.color), _triplet(style.bgcolor) or own
    if style.reverse and front is not None:
        front, back = back, front
    stands_out = style.reverse or contrast(back, own) >= _STANDS_OUT
    plain = style.without_color + (_REVERSED if stands_out else _NOT_REVERSED)
    if style.meta:
        plain += Style.from_meta(style.meta)  # what can be clicked
    stands_back = front is not None and not stands_out and contrast(front, back) < _LEGIBLE
    return plain + _DIM if stands_back else plain


def _triplet(colour: RichColor | None) -> tuple[int, int, int] | None:
    return None if colour is None or colour.is_default else (*colour.get_truecolor(),)
