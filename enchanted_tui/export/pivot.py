"""Children gathered below their parents: one row for each row of the stage before, in which what
belongs to the children is an array.

Each sample of the last stage is run with every parent, so that all arrays have a place for each of
these samples, in the order (batch, sample), and the same place is the same sample in every row.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from enchanted_tui.export.selection import ExportError
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.column_types import ColumnType, column_types
from enchanted_tui.values import Row

ReadRow = Callable[[int], Row]

_OF_A_SAMPLE = ("success", "run_dir")


class Pivot:
    """The rows of a nested campaign's last stage, below their parents."""

    def __init__(
        self,
        state: CampaignState,
        stage: StageState,
        read_row: ReadRow,
        *,
        successes_only: bool = False,
    ) -> None:
        """Look through all rows once. With `successes_only`, failed samples count as missing, and
        parents without any other are left out.

        Raises ExportError if the campaign is not nested.
        """
        if not stage.depth:
            raise ExportError(
                "--pivot gathers the rows of a stage below those of the stage before, and the rows"
                " of this dataset are those of the first stage; leave --pivot out"
            )
        self._above, self._stage, self._read = state.stages[stage.depth - 1], stage, read_row
        self._runner = state.stage_names[stage.depth]["steps"][-1]["runner"]
        self._successes_only = successes_only
        self._starts = [0, *accumulate(batch.size for batch in stage.batches)]
        self._held: Counter[str] = Counter()  #: children that have a value, by column
        self._count = 0  #: parents that have children
        self._types = {column.name: column for column in column_types(self._children(), {})}
        self._own = self._find_own()

    def rows(self) -> Iterator[Row]:
        """Yield a row for each parent with at least one child: the columns that it hands on as they
        are, and an array or a list for each of the children's.
        """
        for parent in range(self._stage.n_parents):
            children = dict(self._places(parent))
            if children:
                first = next(iter(children.values()))
                yield {
                    name: self._gathered(column, children) if name in self._own else first[name]
                    for name, column in self._types.items()
                    if name in self._own or name in first
                }

    # -- children ----------------------------------------------------------------------------------

    def _places(self, parent: int) -> Iterator[tuple[int, Row]]:
        """Yield the children of a parent, each with its place."""
        for batch, start in zip(self._stage.batches, self._starts, strict=False):
            offsets = batch.steps[-1].offsets
            for number in range(batch.size):
                offset = offsets[parent * batch.size + number]
                if offset >= 0:
                    row = self._read(offset)
                    if not self._successes_only or row.get("success"):
                        yield start + number, row

    def _children(self) -> Iterator[Row]:
        """Yield all children, and count what they have."""
        for parent in range(self._stage.n_parents):
            has_any = False
            for _, row in self._places(parent):
                self._held.update(name for name, value in row.items() if value is not None)
                has_any = True
                yield row
            self._count += has_any

    def _parent_row(self, parent: int) -> Row:
        batch, sample = self._stage.parent(parent)
        offset = self._above.batches[batch].steps[-1].offsets[sample]
        return self._read(offset) if offset >= 0 else {}

    # -- columns -----------------------------------------------------------------------------------

    def _find_own(self) -> set[str]:
        """Name the columns that belong to the children: what the parents do not have, what the
        children have instead of it, and all that the last runner returns.
        """
        own = {*_OF_A_SAMPLE}
        for parent in range(self._stage.n_parents):
            above = self._parent_row(parent)
            for _, row in self._places(parent):
                returned = f"success_{self._runner}"
                names = list(row)
                if returned in row:
                    own.update(names[: names.index(returned) + 1])
                own.update(
                    name
                    for name in names
                    if name not in own
                    and (name not in above or not _is_same(above[name], row[name]))
                )
        return own

    def _gathered(self, column: ColumnType, children: dict[int, Row]) -> Any:
        """Return a column's values of all places, as an array where they are numbers, truth values
        or arrays of one shape.
        """
        cells = [children.get(place, {}).get(column.name) for place in range(self._starts[-1])]
        if column.name == "success":
            return np.array([bool(cell) for cell in cells])
        gaps = self._held[column.name] < self._count * self._starts[-1]
        if column.kind in ("bool", "int", "float"):
            whole = {"bool": np.bool_, "int": np.int64, "float": np.float64}[column.kind]
            dtype = np.dtype(np.float64 if gaps else whole)
            return np.array([math.nan if cell is None else cell for cell in cells], dtype)
        if column.kind == "array" and column.shape is not None:
            return _stacked(column, cells, gaps=gaps)
        return cells


def _stacked(
    column: ColumnType, cells: Sequence[Any], *, gaps: bool
) -> np.ndarray[Any, np.dtype[Any]]:
    """Return arrays of one shape as one, NaN in place of those that are missing."""
    dtype = np.dtype(column.dtype)
    if gaps and dtype.kind != "f":
        dtype = np.dtype(np.float64)
    empty = np.full(column.shape or (), math.nan if gaps else 0, dtype)
    return np.array([empty if cell is None else column.as_array(cell) for cell in cells], dtype)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return type(one) is type(other) and bool(
            np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        )
    return bool(one == other) or (one != one and other != other)
