"""Numbers as colours or, where there are none, as ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui.glyphs import is_ascii
from enchanted_tui.views.dataset_statistics import Floats

#: Viridis by S. van der Walt and N. Smith (matplotlib, 2015), at ninths: perceptually even, and for
#: all eyes.
_VIRIDIS = "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725"
#: RdBu by C. Brewer (colorbrewer2.org), from negative to positive.
_DIVERGING = "2166ac 67a9cf d1e5f0 f7f7f7 fddbc7 ef8a62 b2182b"
_INK = ("·░▒▓█", ".:=*#")
_STEPS = 64  #: of a map, so that terminals are sent few different colours


def _table(anchors: str) -> NDArray[np.intp]:
    points = np.array([[int(one[i : i + 2], 16) for i in (0, 2, 4)] for one in anchors.split()])
    places = np.linspace(0, len(points) - 1, _STEPS)
    columns = [np.interp(places, range(len(points)), points[:, i]) for i in range(3)]
    return np.stack(columns, axis=1).round().astype(np.intp)


def _names(anchors: str) -> tuple[str, ...]:
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in _table(anchors).tolist())


EVEN, DIVERGING = _names(_VIRIDIS), _names(_DIVERGING)


def steps_of(values: Floats, low: float, high: float, count: int) -> NDArray[np.intp]:
    """Return which of `count` steps from `low` to `high` each value is in; -1 for NaN."""
    wide = high / 2 - low / 2
    with np.errstate(invalid="ignore", over="ignore"):
        share = (values / 2 - low / 2) / wide if wide > 0 else np.where(np.isnan(values), values, 1)
        found = np.clip(np.nan_to_num(share, nan=-1.0) * count, -1, count - 1)
    return np.where(np.isnan(values), -1, np.maximum(found, 0)).astype(np.intp)


def colours_of(
    values: Floats, low: float, high: float, names: tuple[str, ...] = EVEN
) -> NDArray[np.object_]:
    """Return the colour of each value, empty for NaN."""
    return np.array([*names, ""], dtype=object)[steps_of(values, low, high, len(names))]


def ink_of(values: Floats, low: float, high: float) -> NDArray[np.object_]:
    """Return a character for each value, the more ink the larger; a blank for NaN."""
    signs = _INK[is_ascii()]
    return np.array([*signs, " "], dtype=object)[steps_of(values, low, high, len(signs))]


def ink_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#000000" if 0.299 * r + 0.587 * g + 0.114 * b > 140 else "#ffffff"
