"""The dataset, and its summary, as tables."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from enchanted_tui.ui import formats
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.table import Cell, Column, VirtualTable
from enchanted_tui.views.dataset_statistics import Results, Statistics, summaries

_AT_ONCE = 20  # columns that are summarised in one go
_WIDEST_HEADING = 40  #: characters
FINISHED = ""  #: sorts by when the rows finished


class DatasetTable(VirtualTable):
    """A row for each finished sample; scrolls sideways beside the names of the tasks. Rows are
    known by their number in the whole dataset, also where some of them are shown.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(
            (Column(FINISHED, "TASK", 16, name=True),), self._row_cells, fit=False, pinned=1, id=id
        )
        self._results = Results()
        self.names: list[str] = []  #: of the columns shown, in their order
        self.hidden: frozenset[str] = frozenset()  #: columns that are not
        #: by which column, and whether the largest comes first
        self.sort: tuple[str, bool] = (
            FINISHED,
            True,
        )

    def show(self, results: Results) -> None:
        """Show a dataset, which may have grown."""
        self._results = results
        names = [name for name in self.names_for_people(results) if name not in self.hidden]
        if names != self.names:
            self.names = names
            self.set_columns(
                [Column(FINISHED, "TASK", 16, sortable=True, name=True), *map(self._column, names)]
            )
        self._set_order()

    def _set_order(self) -> None:
        self.set_rows(self._results.numbers_of(self.order()))

    def names_for_people(self, results: Results) -> list[str]:
        """Return the columns in the order in which they are shown."""
        return _for_people(results)

    def _column(self, name: str) -> Column:
        width = max(11, min(_WIDEST_HEADING, len(name) + 2))
        if self._results.columns[name].kind == "number":
            return Column(name, name, width, "right", sortable=True)
        return Column(name, name, width, sortable=True, name=True)

    def sort_anew(self) -> None:
        """Sort by when the rows finished, as at first."""
        self.sort = (FINISHED, True)
        self.set_sort(FINISHED, descending=True)

    def sort_by(self, name: str) -> None:
        """Sort by a column, the other way round if it is that one already, and bring it into
        sight.
        """
        self.sort = (name, not self.sort[1] if self.sort[0] == name else True)
        self.set_sort(name, descending=self.sort[1])
        self._set_order()
        self.show_column(name)

    @property
    def order_text(self) -> str:
        """How the rows are sorted."""
        name, descending = self.sort
        by = name or "when they finished"
        return (
            f"sorted by {by}, {'largest' if name else 'newest'} first"
            if descending
            else f"sorted by {by}"
        )

    def order(self) -> Sequence[int]:
        """Return the rows of what is shown in the order in which they are shown."""
        name, descending = self.sort
        count = len(self._results)
        column = self._results.columns.get(name)
        if column is None:
            return range(count - 1, -1, -1) if descending else range(count)
        if column.numeric:
            numbers = column.numbers
            order = np.argsort(-numbers if descending else numbers, kind="stable")
            return array("q", order.astype(np.int64).tobytes())
        keys = list(map(_order_key, column.raw, column.numbers.tolist()))
        there = [row for row in range(count) if keys[row] is not None]
        there.sort(key=keys.__getitem__, reverse=descending)  # type: ignore[arg-type]
        return [*there, *(row for row in range(count) if keys[row] is None)]

    def _row_cells(self, row: int) -> Sequence[Cell]:
        whole = self._results.whole
        columns = whole.columns
        return (
            whole.tasks[row].name,
            *(_cell(name, columns[name].raw[row]) for name in self.names),
        )


def _for_people(results: Results) -> list[str]:
    """Return the columns in an order for people: how it ended, parameters, outputs, and the
    program's own last.
    """
    own = [
        name
        for name in results.columns
        if name.startswith(("success_", "runtime_sec_", "neighbour_"))
    ]
    first = [name for name in ("success", *results.parameters) if name in results.columns]
    return [
        *first,
        *(name for name in results.columns if name not in first and name not in own),
        *own,
    ]


def _order_key(value: Any, number: float) -> tuple[bool, float, str] | None:
    """Return by what a value of a column that is no column of numbers is sorted: numbers come
    before texts; None for what is missing, which comes last either way.
    """
    if isinstance(value, str):
        return (True, 0.0, value)
    if not math.isnan(number):
        return (False, number, "")
    missing = value is None or isinstance(value, float)
    return None if missing else (True, 0.0, formats.number(value))


def _cell(name: str, value: Any) -> Cell:
    if value is None:
        return ""
    if name == "success":
        return (
            (f"{glyph('ok')} True", "success") if value else (f"{glyph('failed')} False", "error")
        )
    return formats.number(value)


class SummaryTable(VirtualTable):
    """Statistics of each numeric column: of all rows and, where some have failed, of successes and
    failures.
    """

    COLUMNS = (
        Column("column", "COLUMN", 16, grow=1, name=True),
        Column("rows", "ROWS", 6),
        Column("count", "COUNT", 7, "right"),
        Column("missing", "MISSING", 7, "right", priority=2),
        Column("min", "MIN", 9, "right"),
        Column("median", "MEDIAN", 9, "right"),
        Column("mean", "MEAN", 9, "right", priority=1),
        Column("max", "MAX", 9, "right"),
        Column("std", "STD", 9, "right", priority=3),
    )

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(
            self.COLUMNS, self._row_cells, empty="There is no column of numbers yet.", id=id
        )
        self._results: Results | None = None
        #: by column and rows ("all", "ok" or "failed")
        self.statistics: dict[tuple[str, str], Statistics] = {}

    async def show(self, results: Results) -> None:
        """Show a dataset; the numbers are worked out in a thread, those in sight first."""
        before, self._results = self._results, results
        if before is None or not results.goes_on_from(before):
            self.statistics = {}
        ok, names = results.success, results.numeric
        parts = ("all", "ok", "failed") if not ok.all() and ok.any() else ("all",)
        self.set_rows([(name, rows) for name in names for rows in parts])
        for some in self._in_turn(names, len(parts)):
            columns = {name: results.columns[name].numbers for name in some}
            found = await in_thread(summaries, columns, ok)
            if results is not self._results:
                return  # others are shown meanwhile
            self.statistics = {**self.statistics, **found}
            self.refresh_rows()

    def _in_turn(self, names: Sequence[str], rows: int) -> Iterator[Sequence[str]]:
        """Return the columns in parts: first those that are in sight."""
        first = round(self.scroll_offset.y) // rows
        in_sight = names[first : first + self.size.height // rows + 1]
        yield in_sight
        rest = [name for name in names if name not in in_sight]
        yield from (rest[start : start + _AT_ONCE] for start in range(0, len(rest), _AT_ONCE))

    def _row_cells(self, key: tuple[str, str]) -> Sequence[Cell]:
        name, rows = key
        colour = {"ok": "success", "failed": "error"}.get(rows, "")
        found = self.statistics.get(key)
        if found is None:  # it is being worked out
            return (name if rows == "all" else "", (rows, colour))
        missing = f"{found.missing:,}" + (f" +{found.infinite} inf" if found.infinite else "")
        numbers = (found.minimum, found.median, found.mean, found.maximum, found.std)
        shown = [f"{number:.4g}" if number is not None else "" for number in numbers]
        return (name if rows == "all" else "", (rows, colour), f"{found.count:,}", missing, *shown)
