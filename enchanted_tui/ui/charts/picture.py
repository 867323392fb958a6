"""A rectangle of characters with the names of their colours: what a chart is before it is
painted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui.charts.chart_axes import ChartAxis, labels
from enchanted_tui.ui.glyphs import glyph, is_ascii
from enchanted_tui.views.dataset_statistics import Floats

_BRAILLE = 0x2800
#: The bit of each dot of a braille character, by column and row.
_DOTS = np.array([[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]])
# upper left, upper right, lower left, lower right
_DOTS_OF_QUARTERS = (
    0x01 | 0x02,
    0x08 | 0x10,
    0x04 | 0x40,
    0x20 | 0x80,
)
_QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"  # by quarters, the upper left the lowest bit
_INK = " .:*#"  # instead of braille, by number of dots


class Picture:
    """Characters and colours, `width` by `height`; what is put beyond the edges is cut."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(0, width), max(0, height)
        self._characters = [[" "] * self.width for _ in range(self.height)]
        self._colours = [[""] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, colour: str = "") -> None:
        """Write text from a place on; `colour` is the name of a theme colour, "dim", or nothing."""
        if 0 <= y < self.height:
            for place, character in enumerate(text, start=x):
                if 0 <= place < self.width:
                    self._characters[y][place] = character
                    self._colours[y][place] = colour

    def runs(self, y: int) -> Iterator[tuple[str, str]]:
        """Return (text, colour) of the stretches of a row."""
        row = zip(self._characters[y], self._colours[y], strict=True)
        for colour, cells in groupby(row, key=lambda cell: cell[1]):
            yield "".join(character for character, _ in cells), colour

    def text(self) -> str:
        """Return the picture as text."""
        return "\n".join("".join(row).rstrip() for row in self._characters)


class Frame:
    """The part of a picture inside its axes: `width` by `height` characters, its upper left corner
    at `left`, `top`.
    """

    def __init__(
        self,
        picture: Picture,
        x: ChartAxis,
        y: ChartAxis,
        x_title: str,
        y_title: str,
        *,
        width: int | None = None,
    ) -> None:
        self.picture, self.x, self.y = picture, x, y
        self.height = max(1, picture.height - 3)
        self.top = 1
        y_ticks = y.ticks(max(2, self.height // 3))
        texts = labels(y_ticks)
        self.left = min(max(map(len, texts), default=1) + 1, max(2, picture.width // 3))
        room = max(1, picture.width - self.left - 1)
        self.width = room if width is None else min(width, room)
        self._draw_y(y_ticks, texts, y_title)
        self._draw_x(x_title)

    def _draw_y(self, ticks: list[float], texts: list[str], title: str) -> None:
        picture, bar = self.picture, glyph("vertical")
        for row in range(self.height):
            picture.put(self.left, self.top + row, bar, "dim")
        for share, text in zip(self.y.share(np.array(ticks)), texts, strict=True):
            if share == share:
                row = self.top + self.height - 1 - min(self.height - 1, int(share * self.height))
                picture.put(0, row, text[-self.left :].rjust(self.left), "dim")
        picture.put(0, 0, f"{title}{' (log)' if self.y.log else ''}"[: picture.width], "")

    def _draw_x(self, title: str) -> None:
        picture, row = self.picture, self.top + self.height
        picture.put(
            self.left, row, ("+" if is_ascii() else "└") + glyph("horizontal") * self.width, "dim"
        )
        title = f"{title}{' (log)' if self.x.log else ''}"
        end = self.left + 1 + self.width
        title = title if len(title) <= self.width // 2 else ""
        ticks = self.x.ticks(max(2, self.width // 12))
        free = 0
        for share, text in zip(self.x.share(np.array(ticks)), labels(ticks), strict=True):
            if share != share:
                continue
            place = self.left + 1 + min(self.width - 1, int(share * self.width))
            start = max(0, min(place - len(text) // 2, end - len(text)))
            if start >= free and start + len(text) < end - len(title) - bool(title):
                picture.put(start, row + 1, text, "dim")
                picture.put(place, row, "+" if is_ascii() else "┴", "dim")
                free = start + len(text) + 1
        picture.put(end - len(title), row + 1, title)

    def cells(
        self, x: Floats, y: Floats, across: int, down: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        """Return column and row, from the upper left, of points on a grid over the frame, and which
        points are on it.
        """
        sx, sy = self.x.share(x), self.y.share(y)
        on = ~(np.isnan(sx) | np.isnan(sy))
        columns = np.minimum((sx[on] * across).astype(np.intp), across - 1)
        rows = down - 1 - np.minimum((sy[on] * down).astype(np.intp), down - 1)
        return columns, rows, on

    def put(self, column: int, row: int, text: str, colour: str = "") -> None:
        """Write inside the frame."""
        if 0 <= column < self.width and 0 <= row < self.height:
            self.picture.put(
                self.left + 1 + column, self.top + row, text[: self.width - column], colour
            )


def dots(
    columns: NDArray[np.intp], rows: NDArray[np.intp], width: int, height: int
) -> NDArray[np.int64]:
    """Give, for points on a grid of twice the columns and four times the rows, the dots in each
    character, as braille bits.
    """
    bits = np.zeros((height, width), dtype=np.int64)
    np.bitwise_or.at(bits, (rows // 4, columns // 2), _DOTS[columns % 2, rows % 4])
    return bits


def sign(bits: int) -> str:
    """Return the character for some dots."""
    if is_ascii():
        return _INK[min(len(_INK) - 1, (bits.bit_count() + 1) // 2)]
    return chr(_BRAILLE + bits)


def block(bits: int) -> str:
    """Return the character for some dots with the quarters filled in which there is one; it has
    more ink than the dots.
    """
    if is_ascii():
        return sign(bits)
    return _QUARTERS[
        sum(1 << place for place, dots_of_it in enumerate(_DOTS_OF_QUARTERS) if bits & dots_of_it)
    ]
