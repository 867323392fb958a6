"""What samplers have in common whose points are the rows of a file."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Range, Ranges, range_of
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.finite import FiniteSampler
from enchanted_tui.samplers.point_columns import Column
from enchanted_tui.samplers.point_table import PointsFile, PointsFileError, WantedColumns
from enchanted_tui.samplers.points_file import read

DELIMITER = (
    "What separates the cells of a CSV file, one character; where the first line has no comma, ; or"
    " a tab."
)


class GivenPointsSampler(FiniteSampler):
    """A sampler whose points are rows of a file, which is read once."""

    delimiter: str = option(",", doc=DELIMITER)
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, all are one batch.", ge=1
    )

    path: str

    def source(self) -> tuple[Mapping[str, str] | None, WantedColumns]:
        """Return the column that each parameter is, None for all by their own names; and what of
        the file is read.
        """
        raise NotImplementedError

    @property
    def chosen_by(self) -> str:
        """Name the option that chooses columns."""
        raise NotImplementedError

    @cached_property
    def _file(self) -> PointsFile:
        return read(self.path, self.source()[1])

    @cached_property
    def columns_by_name(self) -> Mapping[str, Column]:
        """The values of each parameter. Raises PointsFileError."""
        names, found = self.source()[0], self._file.columns
        return found if names is None else {name: found[column] for name, column in names.items()}

    @property
    def all_points(self) -> int:
        """Number of rows. Raises PointsFileError, a ValueError, if the file cannot be read."""
        return self._file.rows

    @property
    def drawn_names(self) -> Sequence[str]:
        names = self.source()[0]
        return tuple(self.columns_by_name if names is None else names)

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        return self.taken(first + start, first + stop)

    def ranges(self) -> Ranges:
        return {name: column_range(self.columns_by_name[name]) for name in self.drawn_names}

    def problems(self) -> Iterator[tuple[str, str]]:
        found = list(delimiter_problems(self.delimiter))
        found = found or list(self.choice_problems())
        yield from found
        if any(where == "delimiter" for where, _ in found):
            return
        try:
            columns = self._file.columns
        except PointsFileError as error:
            yield self.place_of(error.option), str(error)
            return
        if self.source()[0] is None:
            for _, sentence in shared_checks.name_problems(tuple(columns)):
                yield "path", f"{sentence}; columns of a file can be chosen with `{self.chosen_by}`"
                return
        expressions = [*self.expression_problems(), *self.repeat_problems()]
        yield from expressions
        if not found and not expressions:
            yield from self.kept_problems()

    def place_of(self, option: str) -> str:
        """Return where the options say what the reader of a file calls `option`."""
        return option

    def choice_problems(self) -> Iterator[tuple[str, str]]:
        """Check which columns are chosen, without the file."""
        raise NotImplementedError

    def warnings(self) -> Iterator[tuple[str, str]]:
        try:
            yield from super().warnings()
            yield from shared_checks.name_warnings(self.parameter_names, self.chosen_by)
            for remark in self._file.remarks:
                yield "path", remark
            yield from too_few(self.budget, self.total, keeping=bool(self.constraints))
        except PointsFileError:
            return  # told by `problems`


def column_range(column: Column) -> Range | None:
    """Return how far the values of a column reach; None for text."""
    if isinstance(column, array):  # no copy of a million numbers
        return Range(float(min(column)), float(max(column)))
    return range_of(column)


def delimiter_problems(delimiter: str) -> Iterator[tuple[str, str]]:
    """Check what separates cells."""
    if len(delimiter) != 1 or delimiter in '\r\n"':
        yield (
            "delimiter",
            (f"the delimiter {delimiter!r} must be one character, not a quote or an end of line"),
        )


def too_few(budget: int | None, total: int, *, keeping: bool) -> Iterator[tuple[str, str]]:
    """Warn of a budget above the number of points there are; `keeping`: that keep constraints."""
    if budget is not None and budget > total:
        that_keep = " that keep the constraints" if keeping else ""
        yield (
            "budget",
            (
                f"the file has {total:,} points{that_keep}, fewer than the budget of {budget:,};"
                " all of them are taken"
            ),
        )
