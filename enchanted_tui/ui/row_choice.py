"""Which rows and columns of a dataset a person wants to see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RowChoice:
    """Kept for a run while it is shown: a value, so that whoever keeps it cannot be changed."""

    condition: str = ""  #: which rows, such as ``gamma > 1 and success``; empty: all
    hidden: frozenset[str] = frozenset()  #: columns that tables leave out
