"""Points from a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Ranges, range_of
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import as_samples
from enchanted_tui.samplers.finite import FiniteSampler, total_by_default
from enchanted_tui.samplers.points_file import PointsFile, PointsFileError, read_points


class CSVSampler(FiniteSampler):
    """Take points from the rows of a CSV or Parquet file, in their order.

    A column of a CSV file holds whole numbers if all its cells are, else numbers if all its cells
    are, else text. Where ``;`` or a tab separates the cells, numbers may have a decimal comma. The
    file is read once.
    """

    seed = None  # nothing here is random

    path: str = option(
        doc="CSV file whose first line names the columns, or Parquet file.",
        path=True,
        aliases=("csv_path",),
        example="points.csv",
    )
    parameters: list[str] | None = option(
        None, doc="Columns to take; without it, all.", aliases=("columns",), example=["x", "y"]
    )
    delimiter: str = option(
        ",",
        doc=(
            "What separates the cells of a CSV file, one character; where the first line has no"
            " comma, ; or a tab."
        ),
    )
    budget: int | None = total_by_default("How many rows to take, from the top; without it, all.")  # type: ignore[assignment]
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, all are one batch.", ge=1
    )

    @cached_property
    def _file(self) -> PointsFile:
        return read_points(self.path, self.parameters, self.delimiter)

    @property
    def all_points(self) -> int:
        """Number of rows. Raises PointsFileError, a ValueError, if the file cannot be read."""
        return self._file.rows

    @property
    def drawn_names(self) -> Sequence[str]:
        return tuple(self._file.columns) if self.parameters is None else tuple(self.parameters)

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        return self.taken(first + start, first + stop)

    def some_points(self, positions: range) -> list[Sample]:
        columns = [
            self._file.columns[name][positions.start : positions.stop] for name in self.drawn_names
        ]
        return as_samples(self.drawn_names, zip(*columns, strict=True))

    def ranges(self) -> Ranges:
        return {name: range_of(self._file.columns[name]) for name in self.drawn_names}

    def problems(self) -> Iterator[tuple[str, str]]:
        if len(self.delimiter) != 1 or self.delimiter in '\r\n"':
            yield (
                "delimiter",
                (
                    f"the delimiter {self.delimiter!r} must be one character, not a quote or an end"
                    " of line"
                ),
            )
            return
        found = (
            list(shared_checks.name_problems(self.parameters))
            if self.parameters is not None
            else []
        )
        yield from found
        try:
            columns = self._file.columns
        except PointsFileError as error:
            yield error.option, str(error)
            return
        if self.parameters is None:
            for _, sentence in shared_checks.name_problems(tuple(columns)):
                yield "path", f"{sentence}; columns of a file can be chosen with `parameters`"
                return
        expressions = [*self.expression_problems(), *self.repeat_problems()]
        yield from expressions
        if not found and not expressions:
            yield from self.kept_problems()

    def warnings(self) -> Iterator[tuple[str, str]]:
        try:
            yield from super().warnings()
            yield from shared_checks.name_warnings(self.parameter_names)
            for remark in self._file.remarks:
                yield "path", remark
            if self.budget is not None and self.budget > self.total:
                yield (
                    "budget",
                    (
                        f"the file has {self.total:,} points{self._that_keep()}, fewer than the"
                        f" budget of {self.budget:,}; all of them are taken"
                    ),
                )
        except PointsFileError:
            return  # told by `problems`

    def _that_keep(self) -> str:
        return " that keep the constraints" if self.constraints else ""
