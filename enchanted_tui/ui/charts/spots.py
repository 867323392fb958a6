"""Places in a picture that can be pointed at, and what each of them is of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui.charts.picture import Picture

Numbers = NDArray[np.intp]
_NONE = np.zeros(0, dtype=np.intp)
_WIDEST = 1 << 20
_ASIDE = 3  #: how much more a character beside the way counts than one along it


@dataclass(frozen=True)
class Spots:
    """Characters, each once, by row and then by column; `members` are what is shown there: rows of
    the dataset, tasks, or whatever the picture is of.
    """

    columns: Numbers = field(default_factory=lambda: _NONE)
    rows: Numbers = field(default_factory=lambda: _NONE)
    starts: Numbers = field(default_factory=lambda: _NONE)  #: in `ordered`, of each
    ordered: Numbers = field(default_factory=lambda: _NONE)

    def __len__(self) -> int:
        return self.columns.size

    def members(self, spot: int) -> Numbers:
        """Return what is shown at a spot, in the order in which it was given."""
        end = self.starts[spot + 1] if spot + 1 < len(self) else self.ordered.size
        return self.ordered[self.starts[spot] : end]

    def nearest(self, column: int, row: int) -> int | None:
        """Return the spot nearest to a character; None if there is none at all. A character is
        twice as high as wide.
        """
        if not len(self):
            return None
        return int(np.argmin((self.columns - column) ** 2 + 4 * (self.rows - row) ** 2))

    def beside(self, column: int, row: int, across: int, down: int) -> int | None:
        """Return the next spot from a character in a direction; None if there is none there."""
        along = (self.columns - column) * across + 2 * (self.rows - row) * down
        aside = np.abs((self.columns - column) * down) + 2 * np.abs((self.rows - row) * across)
        ahead = np.flatnonzero(along > 0)
        if not ahead.size:
            return None
        return int(ahead[np.argmin((along + _ASIDE * aside)[ahead])])

    def of_member(self, member: int) -> int | None:
        """Return the first spot that shows something; None if none does."""
        places = np.flatnonzero(self.ordered == member)
        if not places.size:
            return None
        return int(np.searchsorted(self.starts, places, side="right").min() - 1)


def spots_of(columns: Numbers, rows: Numbers, members: Numbers) -> Spots:
    """Gather what is shown at the same character."""
    keys = rows.astype(np.int64) * _WIDEST + columns
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    return Spots(found % _WIDEST, found // _WIDEST, starts, members[order])


def _silent(spot: int) -> str:
    return ""


@dataclass(frozen=True)
class DrawnPlot:
    """A picture, and what can be pointed at in it."""

    picture: Picture
    spots: Spots = field(default_factory=Spots)
    says: Callable[[int], str] = _silent  #: what is at a spot, in a few words
    legend: tuple[tuple[str, str], ...] = ()  #: texts and names of colours
    left_out: int = 0  #: rows that cannot be shown
