"""Read the outputs of a call with many samples: of each file the row, element or match of every
sample, in their order.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from enchanted_tui.runners.command.extract import Output, compile_output, read_outputs
from enchanted_tui.runners.command.files import RunFiles, Unreadable, file_of
from enchanted_tui.runners.command.rules import DEFAULT_TYPES, EACH, json_steps
from enchanted_tui.runners.command.tables import column_reader, table_rule


class Rows(NamedTuple):
    """What a call has written."""

    columns: list[list[Any]]  #: for each output what was read for every sample, or why it was not
    complete: int  #: for how many samples all outputs have something
    problem: str  #: why that is not what it should be, or nothing


def compile_columns(outputs: Mapping[str, Mapping[str, Any]]) -> list[Output]:
    """Make valid rules ready to read a list with something for each sample."""
    return [_compiled(name, rule) for name, rule in outputs.items()]


def read_rows(columns: Sequence[Output], files: RunFiles, count: int) -> Rows:
    """Read what a call has written for `count` samples."""
    found: list[list[Any]] = []
    counts: dict[str, int] = {}
    for column in columns:
        try:
            cells = column.read(files)
            counts[column.name] = len(cells)
        except ValueError as error:
            cells = [Unreadable(str(error))] * count
            if column.required:
                counts[column.name] = 0
                return Rows([], 0, f"output {column.name!r} is missing: {error}")
        found.append(cells)
    wrong = [(number, name) for name, number in counts.items() if number != count]
    if not wrong:
        return Rows(found, count, "")
    least, name = min(wrong)
    problem = f"output {name!r} has {least} values for {count} samples"
    return Rows(found, 0 if max(counts.values()) > count else least, problem)


def outputs_of(
    columns: Sequence[Output], rows: Rows, place: int
) -> tuple[dict[str, Any], list[str]]:
    """Return the outputs of the sample at `place`, and a reason for each required one that is not
    there.
    """
    ready = [
        column._replace(read=_giving(cells[place]))
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
