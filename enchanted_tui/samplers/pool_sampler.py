"""Points drawn from a pool of given ones, none twice."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers import philox, shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import as_samples
from enchanted_tui.samplers.given_points import GivenPointsSampler
from enchanted_tui.samplers.point_columns import Column
from enchanted_tui.samplers.point_table import WantedColumns

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Array
    from enchanted_tui.samplers.parameter_space import Columns

COLUMNS = (
    "Columns to take: a list of names, or a mapping of each parameter to its column where they are"
    " called otherwise."
)


class PoolSampler(GivenPointsSampler):
    """Take `budget` points from a file that has more, each row once at most: at random, or in their
    order.

    Which row sample i is depends on the seed, the stage and i alone. A row without one of its
    values is an error.
    """

    independent: ClassVar[bool] = True

    path: str = option(
        doc="CSV file whose first line names the columns, or Parquet or NumPy file, of the points.",
        path="whole",
        example="points.csv",
    )
    columns: list[str] | dict[str, str | int] | None = option(
        None,
        doc=f"{COLUMNS} Without it, all.",
        example={"T": "temperature", "shape": "shape"},
    )
    choice: str = option(
        "random",
        doc="Which rows are taken: random, or in_order, from the top.",
        choices=("random", "in_order"),
    )
    budget: int = option(doc="How many samples to draw in all.", ge=0, example=100)

    @property
    def chosen_by(self) -> str:
        return "columns"

    def source(self) -> tuple[Mapping[str, str] | None, WantedColumns]:
        return source_of(self.columns, self.delimiter)

    def place(self, campaign_seed: int, stage: int, *, given: bool = True) -> None:
        super().place(campaign_seed, stage, given=given)
        for name in ("_order", "kept"):  # that of another seed
            vars(self).pop(name, None)

    @cached_property
    def _order(self) -> Array | None:
        """The rows in the order in which they are taken; None for that of the file."""
        if self.choice.lower() == "in_order":
            return None
        return shuffled(self.all_points, self.effective_seed(), self.stage)

    def _rows(self, positions: range) -> slice | Array:
        chosen = slice(positions.start, positions.stop)
        return chosen if self._order is None else self._order[chosen]

    def some_points(self, positions: range) -> list[Sample]:
        rows = self._rows(positions)
        columns = [values_at(self.columns_by_name[name], rows) for name in self.drawn_names]
        return as_samples(self.drawn_names, zip(*columns, strict=True))

    def some_columns(self, positions: range) -> Columns:
        rows = self._rows(positions)
        return {name: array_at(self.columns_by_name[name], rows) for name in self.drawn_names}

    def place_of(self, option: str) -> str:
        return place_in_columns(self.columns, option)

    def choice_problems(self) -> Iterator[tuple[str, str]]:
        if self.columns is not None:
            yield from shared_checks.name_problems(self.columns, "columns")


def source_of(
    columns: list[str] | dict[str, str | int] | None, delimiter: str
) -> tuple[Mapping[str, str] | None, WantedColumns]:
    """Return what `GivenPointsSampler.source` does, from the option of the columns."""
    if columns is None:
        return None, WantedColumns(None, delimiter, gaps=False)
    pairs = columns.items() if isinstance(columns, Mapping) else zip(columns, columns, strict=True)
    names = {name: str(column) for name, column in pairs}
    return names, WantedColumns(tuple(names.values()), delimiter, gaps=False)


def place_in_columns(columns: Sequence[str] | Mapping[str, Any] | None, option: str) -> str:
    """Return where in the option of the columns the reader of a file has found what is wrong."""
    if not option.startswith("parameters"):
        return option
    index = option.removeprefix("parameters[").removesuffix("]")
    if isinstance(columns, Mapping) and index.isdecimal():
        return f"columns.{list(columns)[int(index)]}"
    return "columns" + option.removeprefix("parameters")


def shuffled(count: int, seed: int, stage: int) -> Array:
    """Return the numbers below `count` in random order: sorted by the random words that belong to
    each, which leaves no order out and needs nothing that was drawn before.
    """
    import numpy

    order = numpy.argsort(philox.words(seed, stage, 0, count), kind="stable")
    return order.astype(numpy.uint32 if count < 1 << 32 else numpy.int64)


def values_at(column: Column, rows: slice | Array) -> Sequence[Any]:
    """Return plain values of a column."""
    if isinstance(rows, slice):
        return column[rows]
    return [column[row] for row in rows.tolist()]


def array_at(column: Column, rows: slice | Array) -> Array:
    """Return values of a column as an array (see `parameter_space.as_array`)."""
    import numpy

    from enchanted_tui.samplers.parameter_space import as_array

    if isinstance(column, array):
        found: Array = numpy.frombuffer(column, dtype=column.typecode)[rows].astype(float)
        return found
    return as_array(values_at(column, rows))
