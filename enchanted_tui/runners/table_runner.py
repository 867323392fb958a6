"""Answers from a table of samples that have been run: to compare samplers without computing
time.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from enchanted_tui.config.options import option
from enchanted_tui.csv_reading import csv_mappings, usual_delimiter
from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.base import Runner
from enchanted_tui.runners.failure import SampleFailed

#: Columns that the program adds to a dataset, which are no outputs of the code.
_OWN = ("success_", "runtime_sec_", "restarts_")
ROW, DISTANCE = "table_row", "table_distance"


class TableRunner(Runner):
    """Answer each sample with a row of a CSV table, such as the dataset of an earlier campaign: the
    nearest one, or the one with exactly its parameters.

    A row whose ``success`` is false is a failure here too. Beside the outputs stand the number of
    the row, ``table_row``, and with `match: nearest` how far it is, ``table_distance``.
    """

    uses_run_dir: ClassVar[bool] = False

    table: str = option(
        doc="CSV file whose first line names the columns.", path=True, example="dataset.csv"
    )
    inputs: list[str] = option(
        doc="Columns that are compared with the parameters of the same names.", example=["x", "y"]
    )
    outputs: list[str] | None = option(
        None, doc="Columns to answer with; by default all that are no inputs."
    )
    match: str = option(
        "nearest",
        doc=(
            "nearest: the row at the smallest distance, each column scaled by its range, text"
            " counting 1 where it differs. exact: a row with the same values, else a failure."
        ),
        choices=("nearest", "exact"),
    )

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in self.inputs if name not in params]
        if missing:
            raise SampleFailed(
                f"TableRunner needs the parameters {listed(missing)}; the sample has"
                f" {listed(params)}",
                "exception",
            )
        table = _table(self.table, tuple(self.inputs), os.stat(self.table).st_mtime_ns)
        place = [_typed(params[name]) for name in self.inputs]
        if self.match.lower() == "exact":
            row, more = table.exact(place), {}
        else:
            row, distance = table.nearest(place)
            more = {DISTANCE: distance}
        if row is None:
            shown = ", ".join(f"{name} = {params[name]}" for name in self.inputs)
            raise SampleFailed(f"the table has no row with {shown:.300}", "exception")
        found = table.rows[row]
        answer = {name: _typed(found[name]) for name in self._outputs(found)}
        answer.update(more)
        answer[ROW] = row
        if str(found.get("success", "True")).lower() not in ("true", "1"):
            raise SampleFailed(f"row {row} of the table is a failure", outputs=answer)
        return {**answer, "success": True}

    def _outputs(self, columns: Mapping[str, Any]) -> Sequence[str]:
        if self.outputs is not None:
            return self.outputs
        return [
            name
            for name in columns
            if name not in (*self.inputs, "success", "run_dir") and not name.startswith(_OWN)
        ]

    def output_names(self) -> tuple[str, ...]:
        try:
            names = tuple(self._outputs(dict.fromkeys(_header(self.table))))
        except OSError:
            return ()
        return (*names, ROW) if self.match.lower() == "exact" else (*names, DISTANCE, ROW)

    def required_parameters(self) -> dict[str, set[str]]:
        return {"inputs": set(self.inputs)}

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.inputs:
            yield "inputs", "there is no column to compare; name at least one"
        try:
            header = _header(self.table)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
            yield "table", f"{self.table} cannot be read: {reason}"
            return
        for option_, names in (("inputs", self.inputs), ("outputs", self.outputs or [])):
            for index, name in enumerate(names):
                if name not in header:
                    yield (
                        f"{option_}[{index}]",
                        f"the table has no column {name!r}, only {listed(header)}",
                    )


class _Table(NamedTuple):
    rows: list[dict[str, Any]]
    places: list[list[Any]]
    widths: list[float]  #: range of each column of numbers
    first: dict[tuple[Any, ...], int]  #: the first row at each place

    def exact(self, place: Sequence[Any]) -> int | None:
        return self.first.get(tuple(place))

    def nearest(self, place: Sequence[Any]) -> tuple[int | None, float]:
        """Return the row at the smallest distance, the first of several, and that distance."""
        best, smallest = None, math.inf
        for row, other in enumerate(self.places):
            total = 0.0
            for value, known, width in zip(place, other, self.widths):  # noqa: B905 - Python 3.9
                if isinstance(value, str) or isinstance(known, str):
                    total += value != known
                else:
                    total += ((value - known) / width) ** 2
                if total >= smallest:
                    break
            else:
                best, smallest = row, total
        return best, math.sqrt(smallest)


@functools.lru_cache(maxsize=4)
def _table(path: str, inputs: tuple[str, ...], changed: int) -> _Table:
    """Return a table, read once in each worker; `changed` is when the file was."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        delimiter = usual_delimiter(file.readline())
        file.seek(0)
        rows = list(csv_mappings(file, delimiter=delimiter, skipinitialspace=True))
    if not rows:
        raise SampleFailed(f"the table {path} has no rows", "exception")
    places = [[_typed(row[name]) for name in inputs] for row in rows]
    widths = []
    for column in zip(*places):  # noqa: B905 - Python 3.9
        numbers = [value for value in column if not isinstance(value, str)]
        widths.append((max(numbers) - min(numbers) if numbers else 0.0) or 1.0)
    first: dict[tuple[Any, ...], int] = {}
    for row, place in enumerate(places):
        first.setdefault(tuple(place), row)
    return _Table(rows, places, widths, first)


def _header(path: str) -> list[str]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        line = file.readline()
    reader = csv_mappings([line], delimiter=usual_delimiter(line), skipinitialspace=True)
    return list(getattr(reader, "fieldnames", None) or ())


def _typed(value: Any) -> Any:
    """Return a cell, or a parameter, as a number if it is one, else as text."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    is_whole = number.is_integer() and abs(number) < 2**53 and "." not in str(value)
    return int(number) if is_whole and "e" not in str(value).lower() else number
