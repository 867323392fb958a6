"""Which sample of a call a row, element or match belongs to, where the program says so: it repeats
the number that its input gave the sample, in `sample_column`.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Union

from enchanted_tui.runners.command.files import RunFiles, Unreadable
from enchanted_tui.runners.command.fortran import to_float
from enchanted_tui.runners.command.rules import EACH
from enchanted_tui.runners.command.search import search_for

NumbersReader = Callable[[RunFiles], Sequence[Any]]


def rule_of_numbers(rule: Mapping[str, Any], column: Union[int, str]) -> dict[str, Any]:
    """Return the rule by which the numbers are read that go with what an output rule reads."""
    made = {name: value for name, value in rule.items() if name in ("file", "regex")}
    if "regex" in rule:
        return {**made, "group": column, "type": "str"}
    for key in ("table", "csv"):
        if key in rule:
            table = rule[key] if isinstance(rule[key], Mapping) else {"column": rule[key]}
            with_header = {"header": True} if isinstance(table["column"], str) else {}
            return {**made, key: {**with_header, **table, "column": column}, "type": "str"}
    if "json" in rule:
        return {**made, "json": rule["json"].partition(EACH)[0] + f"{EACH}{_step(column)}"}
    source = "hdf5" if "hdf5" in rule else "netcdf"
    return {**made, source: column}


def _step(column: Union[int, str]) -> str:
    return f"[{column}]" if isinstance(column, int) else f'["{column}"]'


def value_group(rule: Mapping[str, Any], column: Union[int, str]) -> dict[str, Any]:
    """Return an output rule, of which a regular expression gives the first group that is not the
    number.
    """
    if "regex" not in rule or rule.get("group") is not None:
        return dict(rule)
    pattern = search_for(rule["regex"]).pattern
    number = pattern.groupindex.get(column) if isinstance(column, str) else column
    others = [group for group in range(1, pattern.groups + 1) if group != number]
    return {**rule, "group": others[0] if others else 0}


def rule_problem(rule: Mapping[str, Any], column: Union[int, str]) -> Union[str, None]:
    """Say why the numbers cannot be read that go with what an output rule reads, or None."""
    where = f"sample_column ({column!r}) "
    if "regex" in rule:
        pattern = search_for(rule["regex"]).pattern
        if column not in pattern.groupindex and column not in range(1, pattern.groups + 1):
            return f"{where}is no group of this expression; write (?P<{column}>\\d+) into it"
    elif "json" in rule:
        if not isinstance(rule["json"], str) or EACH not in rule["json"]:
            return f"{where}stands beside each value: write the path as {EACH}.energy"
    elif ("hdf5" in rule or "netcdf" in rule) and not isinstance(column, str):
        return f"{where}must be the name of an array with a number for each sample"
    return None


def by_sample(cells: Sequence[Any], numbers: Sequence[Any], count: int) -> dict[int, Any]:
    """Return what was read by the place of its sample, from 0; what stands beside a damaged number
    is nobody's. Raises Unreadable where it is not certain whose is whose.
    """
    if len(cells) != len(numbers):
        raise Unreadable(f"there are {len(cells)} values and {len(numbers)} numbers of samples")
    found: dict[int, Any] = {}
    for place, cell in zip(_places(numbers, count), cells):  # noqa: B905 - Python 3.9
        if place is None:
            continue
        if place in found:
            raise Unreadable(f"two values are of sample {place + 1}")
        found[place] = cell
    return found


def _places(numbers: Sequence[Any], count: int) -> Iterator[Union[int, None]]:
    for number in numbers:
        if isinstance(number, Unreadable):
            yield None
            continue
        try:
            value = to_float(number)
        except ValueError:
            raise Unreadable(f"{number!r:.40} is no number of a sample") from None
        if not (value.is_integer() and 1 <= value <= count):
            raise Unreadable(f"{number!r:.40} is the number of none of the {count} samples")
        yield int(value) - 1
