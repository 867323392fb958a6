"""A plot drawn as pixels for a place of so many characters."""

from __future__ import annotations

from dataclasses import dataclass

from enchanted_tui.plotting.figure_files import FigureParts
from enchanted_tui.ui.pictures.sixel import BAND, sixels
from enchanted_tui.ui.pictures.terminal_ability import Ability

MOST_PIXELS = 1_500_000
MOST_PIXELS_SPARED = 300_000  #: where the line is to be spared
#: Dots per inch for each pixel of a line's height: text of 10 points then is 3/4 of a line high.
_DOTS_PER_LINE = 0.75 * 72 / 10
_DOTS = (30, 400)
_SMALLEST = 24, 8  #: columns and rows


@dataclass(frozen=True)
class DrawnPicture:
    """What is handed to the terminal. Equal ones are the same picture."""

    protocol: str
    columns: int  #: of the place that it was drawn for
    rows: int
    data: str | bytes  #: the sequence of sixels, or a PNG file for kitty

    @property
    def is_overwritten(self) -> bool:
        """Whether text that is written at its place takes it away."""
        return self.protocol == "sixel"


def has_room(columns: int, rows: int) -> bool:
    """Tell whether a place is large enough for a picture."""
    return columns >= _SMALLEST[0] and rows >= _SMALLEST[1]


def draw_picture(
    parts: FigureParts, ability: Ability, most: int, columns: int, rows: int
) -> DrawnPicture:
    """Draw a figure for a place of so many characters, of no more than `most` pixels: kitty scales
    it to the place, sixels are smaller then.
    """
    from enchanted_tui.plotting.figure_pixels import draw_pixels, draw_png

    width, height = columns * ability.cell[0], rows * ability.cell[1]
    shrunk = min(1.0, (most / (width * height)) ** 0.5)
    dots = min(_DOTS[1], max(_DOTS[0], ability.cell[1] * shrunk * _DOTS_PER_LINE))
    width, height = int(width * shrunk), int(height * shrunk)
    if ability.protocol == "kitty":
        png = draw_png(parts, (width, height), dots)
        return DrawnPicture("kitty", columns, rows, png)
    if ability.largest is not None:
        width, height = min(width, ability.largest[0]), min(height, ability.largest[1])
    # whole bands, or some terminals go on below the place
    pixels = draw_pixels(parts, (width, max(BAND, height - height % BAND)), dots)
    return DrawnPicture("sixel", columns, rows, sixels(pixels, ability.registers))
