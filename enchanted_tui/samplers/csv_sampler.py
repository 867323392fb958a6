"""Points from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import as_samples
from enchanted_tui.samplers.finite import total_by_default
from enchanted_tui.samplers.given_points import GivenPointsSampler
from enchanted_tui.samplers.point_table import WantedColumns


class CSVSampler(GivenPointsSampler):
    """Take points from the rows of a CSV, Parquet or NumPy file, in their order.

    A column of a CSV file holds whole numbers if all its cells are, else numbers if all its cells
    are, else text. Where ``;`` or a tab separates the cells, numbers may have a decimal comma. The
    file is read once.
    """

    independent: ClassVar[bool] = True

    seed = None  # nothing here is random

    path: str = option(
        doc="CSV file whose first line names the columns, or Parquet or NumPy file.",
        path=True,
        aliases=("csv_path",),
        example="points.csv",
    )
    parameters: list[str] | None = option(
        None, doc="Columns to take; without it, all.", aliases=("columns",), example=["x", "y"]
    )
    budget: int | None = total_by_default("How many rows to take, from the top; without it, all.")  # type: ignore[assignment]

    @property
    def chosen_by(self) -> str:
        return "parameters"

    def source(self) -> tuple[Mapping[str, str] | None, WantedColumns]:
        if self.parameters is None:
            return None, WantedColumns(None, self.delimiter)
        names = {name: name for name in self.parameters}
        return names, WantedColumns(tuple(self.parameters), self.delimiter)

    def some_points(self, positions: range) -> list[Sample]:
        columns = [
            self.columns_by_name[name][positions.start : positions.stop]
            for name in self.drawn_names
        ]
        return as_samples(self.drawn_names, zip(*columns, strict=True))

    def choice_problems(self) -> Iterator[tuple[str, str]]:
        if self.parameters is not None:
            yield from shared_checks.name_problems(self.parameters)
