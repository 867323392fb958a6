"""Some rows of the dataset, chosen by a condition: to charts and tables a dataset of its own."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.views.dataset_statistics import DatasetColumn, Floats, Mask, Results
from enchanted_tui.views.task_index import TaskList


class _Picked(Sequence[Any]):
    """Some values of a list, which is not copied."""

    def __init__(self, values: Sequence[Any], rows: NDArray[np.int64]) -> None:
        self._values, self._rows = values, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return _Picked(self._values, self._rows[index])
        return self._values[self._rows[index]]

    def __iter__(self) -> Iterator[Any]:
        return map(self._values.__getitem__, self._rows.tolist())


class SelectedColumn(DatasetColumn):
    """Some values of a column, of the same kind."""

    def __init__(self, column: DatasetColumn, rows: NDArray[np.int64]) -> None:
        super().__init__(column.name)
        self._column, self._rows = column, rows

    @property
    def raw(self) -> Sequence[Any]:
        return _Picked(self._column.raw, self._rows)

    @property
    def kind(self) -> str:
        return self._column.kind

    def coded(self) -> tuple[NDArray[np.int64], list[str]]:
        codes, texts = self._column.coded()
        return codes[self._rows], texts

    @property
    def numbers(self) -> Floats:
        return self._column.numbers[self._rows]


class RowSelection(Results):
    """The rows of a dataset that a mask keeps. The dataset may grow meanwhile; these rows stay."""

    def __init__(self, whole: Results, kept: Mask, before: Results) -> None:
        """`before`: what was shown until now. Its front holds for the rows that were there already,
        if it is of the same condition.
        """
        super().__init__()
        self._whole = whole
        self._rows = np.flatnonzero(kept).astype(np.int64)
        self.columns = {
            name: SelectedColumn(column, self._rows) for name, column in whole.columns.items()
        }
        self.tasks = TaskList(array("q", np.array(whole.tasks.codes)[self._rows].tobytes()))
        self.parameters = whole.parameters
        if self.goes_on_from(before):
            self.front = before.front

    @property
    def whole(self) -> Results:
        return self._whole

    @property
    def fingerprint(self) -> str:
        """That of the whole dataset."""
        return self._whole.fingerprint

    def numbers_of(self, rows: Sequence[int]) -> Sequence[int]:
        return array("q", self._rows[np.asarray(rows, dtype=np.int64)].tobytes())
