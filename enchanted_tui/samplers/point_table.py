"""What a file of points gives, whatever kind it is, and which of its columns are asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from enchanted_tui.errors import UserError
from enchanted_tui.samplers.point_columns import Column
from enchanted_tui.suggestions import did_you_mean


class PointsFileError(UserError, ValueError):
    """The file cannot give the points asked for; `option` is the one to change."""

    def __init__(self, sentence: str, option: str = "path") -> None:
        super().__init__(sentence)
        self.option = option


@dataclass(frozen=True)
class PointsFile:
    """Columns by name, all of `rows` values of type int, float, str (or bool from Parquet), and
    what looked odd in them.
    """

    columns: dict[str, Column]
    rows: int
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class WantedColumns:
    """What of a file is asked for."""

    columns: tuple[str, ...] | None = None  #: None for all
    delimiter: str = ","
    gaps: bool = True  #: whether text may be empty and numbers nan


def choose(
    header: Sequence[str], wanted: Sequence[str] | None, path: str
) -> tuple[list[str], list[int]]:
    """Return the names and indices of the columns wanted, all if None. Raises PointsFileError for
    one that is not there.
    """
    if not header:
        raise PointsFileError(f"{short(path)} is empty; its first line names the columns")
    for position, name in enumerate(header):
        if name in header[:position] and (wanted is None or name in wanted):
            raise PointsFileError(
                f"{short(path)} has two columns called {name!r}; rename one of them"
            )
    if wanted is None:
        return list(header), list(range(len(header)))
    for position, name in enumerate(wanted):
        if name not in header:
            raise PointsFileError(_no_such_column(name, header, path), f"parameters[{position}]")
    return list(wanted), [header.index(name) for name in wanted]


def _no_such_column(name: str, header: Sequence[str], path: str) -> str:
    shown = ", ".join(header[:20]) + (", ..." if len(header) > 20 else "")
    return f"{short(path)} has no column {name!r}, only {shown}{did_you_mean(name, header)}"


def short(path: str) -> str:
    return os.path.basename(path) or path
