"""Conditions under which a sample whose command has ended counts as a success."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.files import RunFiles, Unreadable, file_of
from enchanted_tui.runners.command.rules import Problems, file_problem, regex_problem, unknown_keys
from enchanted_tui.runners.command.search import line_around
from enchanted_tui.suggestions import did_you_mean

_COMPARISONS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "ge": (operator.ge, "at least"),
    "gt": (operator.gt, "above"),
    "le": (operator.le, "at most"),
    "lt": (operator.lt, "below"),
}
_FILE_KEYS = ("matches", "lacks", "exists")
_OUTPUT_KEYS = (*_COMPARISONS, "equals", "finite")


def condition_problems(condition: Any, outputs: Mapping[str, Any]) -> Problems:
    """Yield (key inside the condition, sentence) for what is wrong with it."""
    if not isinstance(condition, dict) or ("file" in condition) == ("output" in condition):
        yield (
            "",
            (
                "a condition names a file or an output, such as {file: stdout.txt, matches:"
                f" converged}}, not {condition!r:.60}"
            ),
        )
        return
    subject, tests = ("file", _FILE_KEYS) if "file" in condition else ("output", _OUTPUT_KEYS)
    yield from unknown_keys(
        condition,
        (subject, *tests, "reason"),
        f"a condition on {'a file' if subject == 'file' else 'an output'}",
    )
    if not any(key in condition for key in tests):
        yield "", f"a condition on this {subject} needs at least one of {', '.join(tests)}"
    if not isinstance(condition.get("reason", ""), str):
        yield "reason", f"the reason shown for a failure is text, not {condition['reason']!r:.40}"
    if subject == "file":
        yield from file_problem(condition)
        for key in ("matches", "lacks"):
            if key in condition:
                yield from regex_problem(key, condition[key])
        if not isinstance(condition.get("exists", True), bool):
            yield "exists", f"exists is true or false, not {condition['exists']!r:.40}"
        return
    if condition["output"] not in outputs:
        yield (
            "output",
            (
                f"{condition['output']!r} is no output of this runner, which has"
                f" {listed(outputs)}{did_you_mean(condition['output'], outputs)}"
            ),
        )
    for key in _COMPARISONS:
        if key in condition and (
            not isinstance(condition[key], (int, float)) or isinstance(condition[key], bool)
        ):
            yield key, f"{key} takes a number, not {condition[key]!r:.40}"
    if "finite" in condition and condition["finite"] is not True:
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
