"""Pictures as sixels: six rows of pixels at a time, colour by colour.

Digital's VT330/VT340 Programmer Reference Manual (EK-VT3XX-GP), volume 2, chapter 14.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui.pictures.colour_registers import Pixels, with_registers

BAND = 6  #: rows of pixels
_NOTHING = 63  #: the character of six pixels that are not drawn
_LONG = re.compile(rb"(.)\1{3,}")
_PERCENT = 100 / 255


def sixels(pixels: Pixels, registers: int) -> str:
    """Return the sequence that draws a picture from the cursor on, in `registers` colours at the
    most.
    """
    places, colours = with_registers(pixels, registers)
    height, width = places.shape
    shares = np.rint(colours * _PERCENT).astype(int).tolist()
    defined = "".join(f"#{n};2;{r};{g};{b}" for n, (r, g, b) in enumerate(shares))
    bands = (_band(places[top : top + BAND]) for top in range(0, height, BAND))
    return f'\x1bP0;1;0q"1;1;{width};{height}{defined}{"-".join(bands)}\x1b\\'


def _band(places: NDArray[np.intp]) -> str:
    """Return up to six rows of pixels, one colour upon the other."""
    used = np.unique(places)
    bits = (1 << np.arange(len(places), dtype=np.uint8))[:, None]
    rows = ((places[None] == used[:, None, None]) * bits).sum(axis=1, dtype=np.uint8) + _NOTHING
    return "$".join(
        f"#{register}{_shortened(row.tobytes())}" for register, row in zip(used, rows, strict=True)
    )


def _shortened(row: bytes) -> str:
    """Return a row with repeated characters counted, and without the nothing at its end."""
    return _LONG.sub(_counted, row.rstrip(b"?")).decode("ascii")


def _counted(run: re.Match[bytes]) -> bytes:
    return b"!%d%s" % (len(run[0]), run[1])
