"""Conditions under which a sample whose command has ended counts as a success."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from enchanted_tui.config.options import Nested, Variant, option
from enchanted_tui.runners.command.files import RunFiles, Unreadable, file_of
from enchanted_tui.runners.command.rules import UNNAMED_FILE, FileChoice, Problems, regex_problem
from enchanted_tui.runners.command.search import line_around

_COMPARISONS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "ge": (operator.ge, "at least"),
    "gt": (operator.gt, "above"),
    "le": (operator.le, "at most"),
    "lt": (operator.lt, "below"),
}


class Condition(Nested):
    """What must hold of a file or of an output for a sample to be a success."""

    variants: ClassVar[Mapping[str, Variant]] = {
        "file": Variant(may=("matches", "lacks", "exists"), some=True),
        "output": Variant(may=(*_COMPARISONS, "equals", "finite"), some=True),
    }

    file: str | dict[str, Any] = option(
        None, doc="Name of a file of the run directory.", example="stdout.txt", nested=FileChoice
    )
    output: str = option(None, doc="Name of an output.")
    matches: str = option(None, doc="Regular expression that something in the file must match.")
    lacks: str = option(None, doc="Regular expression that nothing in the file may match.")
    exists: bool = option(None, doc="Whether the file must be there.")
    ge: int | float = option(None, doc="The output must be at least this.")
    gt: int | float = option(None, doc="The output must be above this.")
    le: int | float = option(None, doc="The output must be at most this.")
    lt: int | float = option(None, doc="The output must be below this.")
    equals: Any = option(None, doc="The output must be this.")
    finite: bool = option(None, doc="`true`: the output must be a number, no infinity and no NaN.")
    reason: str = option(None, doc="What to say of a sample for which it does not hold.")

    def problems(self) -> Problems:
        if self.file == "":
            yield "file", UNNAMED_FILE
        for key in ("matches", "lacks"):
            yield from regex_problem(key, getattr(self, key))
        if self.finite is False:
            yield "finite", "write finite: true"


def file_failure(condition: Mapping[str, Any], files: RunFiles) -> str | None:
    """Say why a condition on a file does not hold, or None if it does."""
    file = file_of(condition)
    if "exists" in condition or "lacks" in condition:
        try:
            files.path(file)
            there = True
        except Unreadable:
            there = False
        if condition.get("exists", there) != there:
            return _reason(condition, f"{file} {'exists' if there else 'does not exist'}")
        if not there and "matches" not in condition:
            return None
    try:
        if "matches" in condition and next(files.matches(file, condition["matches"]), None) is None:
            return _reason(condition, f"nothing in {file} matches {condition['matches']!r}")
        found = (
            next(files.matches(file, condition["lacks"]), None) if "lacks" in condition else None
        )
    except Unreadable as error:
        return _reason(condition, str(error))
    return (
        None
        if found is None
        else _reason(condition, f"{file} contains {line_around(found)[:120]!r}")
    )


def output_failure(condition: Mapping[str, Any], outputs: Mapping[str, Any]) -> str | None:
    """Say why a condition on an output does not hold, or None if it does."""
    name = condition["output"]
    value = outputs.get(name)
    for key, (holds, words) in _COMPARISONS.items():
        if key in condition and not _compare(holds, value, condition[key]):
            return _reason(
                condition, f"output {name!r} is {value!r:.60}, not {words} {condition[key]!r}"
            )
    if "equals" in condition and value != condition["equals"]:
        return _reason(condition, f"output {name!r} is {value!r:.60}, not {condition['equals']!r}")
    if "finite" in condition and not _finite(value):
        return _reason(condition, f"output {name!r} is {value!r:.60}, not finite")
    return None


def _compare(holds: Callable[[Any, Any], bool], value: Any, limit: float) -> bool:
    try:
        return (
            all(_compare(holds, item, limit) for item in value)
            if isinstance(value, list)
            else bool(holds(value, limit))
        )
    except (TypeError, ValueError):  # text, or an array
        return hasattr(value, "tolist") and _compare(holds, value.tolist(), limit)


def _finite(value: Any) -> bool:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return all(_finite(item) for item in value)
    return isinstance(value, (int, float)) and math.isfinite(value)


def _reason(condition: Mapping[str, Any], found: str) -> str:
    given = condition.get("reason")
    return f"{given} ({found})" if given else found
