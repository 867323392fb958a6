"""Read the outputs of a call with many samples: of each file the row, element or match of every
sample, in their order or by the number that it bears.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Optional, Union

from enchanted_tui.runners.command.extract import Output, compile_output, read_outputs
from enchanted_tui.runners.command.files import RunFiles, Unreadable, file_of
from enchanted_tui.runners.command.row_numbers import (
    NumbersReader,
    by_sample,
    rule_of_numbers,
    value_group,
)
from enchanted_tui.runners.command.rules import DEFAULT_TYPES, EACH, json_steps
from enchanted_tui.runners.command.tables import column_reader, table_rule


class _NotWritten(Unreadable):
    """There is nothing with the number of a sample."""


class Rows(NamedTuple):
    """What a call has written."""

    columns: list[list[Any]]  #: for each output what was read for every sample, or why it was not
    known: list[bool]  #: for each sample, whether every required output has something of its own
    problem: str  #: why that is not what it should be, or nothing


class OutputColumn(NamedTuple):
    """An output that holds something for each sample of a call."""

    output: Output
    numbers: Optional[NumbersReader]  #: reads whose each is; None where they stand in order


def compile_columns(
    outputs: Mapping[str, Mapping[str, Any]], sample_column: Union[int, str, None]
) -> list[OutputColumn]:
    """Make valid rules ready to read a list with something for each sample."""
    if sample_column is None:
        return [OutputColumn(_compiled(name, rule), None) for name, rule in outputs.items()]
    return [
        OutputColumn(
            _compiled(name, value_group(rule, sample_column)),
            _compiled(name, rule_of_numbers(rule, sample_column)).read,
        )
        for name, rule in outputs.items()
    ]


def read_rows(columns: Sequence[OutputColumn], files: RunFiles, count: int) -> Rows:
    """Read what a call has written for `count` samples: by the numbers in it, or, without these, in
    order. Where as many as there are samples are wanted and others found, nobody's is known.
    """
    found: list[list[Any]] = []
    required = [column for column in columns if column.output.required]
    known = [True] * count
    for column in columns:
        decides = column.output.required or not required
        try:
            cells = column.output.read(files)
            if column.numbers is not None:
                placed = by_sample(cells, column.numbers(files), count)
                cells = [
                    placed[place] if place in placed else _NotWritten("the command wrote nothing")
                    for place in range(count)
                ]
        except ValueError as error:
            if column.output.required:
                return _nobodys(f"output {column.output.name!r} is missing: {error}", count)
            cells = [Unreadable(str(error))] * count
        if len(cells) != count:
            return _nobodys(
                f"output {column.output.name!r} has {len(cells)} values for {count} samples", count
            )
        if decides:
            known = [
                before and not isinstance(cell, _NotWritten)
                for before, cell in zip(known, cells)  # noqa: B905 - Python 3.9
            ]
        found.append(cells)
    return Rows(found, known, "" if all(known) else _not_written(known))


def _nobodys(problem: str, count: int) -> Rows:
    return Rows([], [False] * count, problem)


def _not_written(known: Sequence[bool]) -> str:
    if len(known) == 1:
        return "the command has written nothing with the number of this sample, which is 1"
    return f"the command has written nothing for {known.count(False)} of {len(known)} samples"


def outputs_of(
    columns: Sequence[OutputColumn], rows: Rows, place: int
) -> tuple[dict[str, Any], list[str]]:
    """Return the outputs of the sample at `place`, and a reason for each required one that is not
    there.
    """
    ready = [
        column.output._replace(read=_giving(cells[place]))
        for column, cells in zip(columns, rows.columns)  # noqa: B905 - Python 3.9
    ]
    return read_outputs(ready, None)  # type: ignore[arg-type] # what is read is here already


def _giving(value: Any) -> Callable[[RunFiles], Any]:
    def read(_: RunFiles) -> Any:
        if isinstance(value, Unreadable):
            raise value
        return value

    return read


def _compiled(name: str, rule: Mapping[str, Any]) -> Output:
    if "json" in rule:
        whole = compile_output(name, {**rule, "json": "."})
        return whole._replace(read=_json_column(rule))
    if "regex" in rule:
        return compile_output(name, {**rule, "which": "all"})
    for key in ("table", "csv"):
        if key in rule:
            table = table_rule(file_of(rule), rule[key], quoted=key == "csv")
            as_text = rule.get("type", DEFAULT_TYPES[key]) == "str"
            return compile_output(name, rule)._replace(read=column_reader(table, as_text=as_text))
    whole = compile_output(name, rule)
    return whole._replace(read=lambda files: _along_first_axis(whole.read(files)))


def _json_column(rule: Mapping[str, Any]) -> Callable[[RunFiles], list[Any]]:
    address = rule["json"]
    before, each, behind = (
        address.partition(EACH) if isinstance(address, str) else (address, "", "")
    )
    whole = compile_output("", {**rule, "json": before or "."}).read
    steps = json_steps(behind) if each else []

    def read(files: RunFiles) -> list[Any]:
        found = whole(files)
        if not isinstance(found, list):
            raise Unreadable(f"{address!r} is no list with a value for each sample")
        return [_inside(item, steps, place, address) for place, item in enumerate(found)]

    return read


def _inside(item: Any, steps: Sequence[Any], place: int, address: Any) -> Any:
    for step in steps:
        try:
            item = item[step] if isinstance(item, (dict, list)) else {}[step]
        except (KeyError, IndexError, TypeError):
            return Unreadable(f"{address!r} has no {step!r} in element {place}")
    return Unreadable(f"{address!r} is null in element {place}") if item is None else item


def _along_first_axis(value: Any) -> list[Any]:
    if hasattr(value, "shape") and not value.shape:
        return [value]
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        return [value]  # an array of one element is read as that element
    return list(value)
