"""From what YAML gives to the declared type of an option, forgiving in form and strict in
meaning.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Literal

from enchanted_tui.config.declared import (
    LIMITS,
    allows_none,
    choices_of,
    expected,
    members,
    nested_of,
    split,
)
from enchanted_tui.config.options import Nested, Option
from enchanted_tui.config.problems import Path, describe
from enchanted_tui.config.report import Report
from enchanted_tui.config.tree import Document, plain
from enchanted_tui.suggestions import did_you_mean

#: Stands for a value that could not be converted; why has been reported.
INVALID: Any = type("Invalid", (), {"__repr__": lambda self: "INVALID", "__slots__": ()})()

_INT_TEXT = re.compile(r"\s*[-+]?[0-9][0-9_]{0,3000}\s*\Z")
_FLOAT_TEXT = re.compile(
    r"\s*[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?\s*\Z"
)
_BRACKETS = "; write it in brackets, [...]"
_PLACEHOLDERS = ("{{", "{%")
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))")


@dataclass
class Conversion:
    """Converts one value; what it finds to say is collected in a `report` of its own.

    `read_nested` reads a nested mapping at a path, and reports to the report it is given.
    """

    document: Document
    option: Option
    base_dir: FilePath
    read_nested: Callable[[type[Nested], dict[Any, Any], Path, Report], Any]

    def __post_init__(self) -> None:
        self.report = Report(self.document)

    def convert(self, value: Any, hint: Any, path: Path) -> Any:
        """Return the value in the declared type, or INVALID."""
        if value is None:
            return None if allows_none(hint) else self._expected(value, hint, path)
        kinds = members(hint)
        if len(kinds) == 1:
            return self._to_kind(value, kinds[0], path)
        return self._to_one_of(value, kinds, hint, path)

    def _to_one_of(self, value: Any, kinds: tuple[Any, ...], hint: Any, path: Path) -> Any:
        """Convert to the first type of a union that fits, one that the value has already before all
        others.
        """
        best: Conversion | None = None
        for kind in sorted(kinds, key=lambda kind: _distance(value, kind)):
            trial = Conversion(self.document, self.option, self.base_dir, self.read_nested)
            converted = trial._to_kind(value, kind, path)
            if converted is not INVALID:
                self.report.add(trial.report.problems)
                return converted
            if best is None and isinstance(value, list | dict) and _distance(value, kind) == 0:
                best = trial  # it tells which item is wrong
        if best is None:
            is_text = isinstance(value, str) and not any(kind in _SCALARS for kind in kinds)
            has_lists = any(split(kind)[0] in (list, tuple) for kind in kinds)
            return self._expected(value, hint, path, _BRACKETS if is_text and has_lists else "")
        self.report.add(best.report.problems)
        return INVALID

    def _to_kind(self, value: Any, hint: Any, path: Path) -> Any:
        kind, parameters = split(hint)
        if kind is Any:
            return plain(value)
        if kind is Literal:
            kind = str
        if kind in (list, tuple):
            return self._sequence(value, hint, kind, parameters, path)
        if kind is dict:
            return self._mapping(value, hint, parameters, path)
        if self.option.exact and kind in _SCALARS and type(value) not in _EXACT[kind]:
            remedy = "; put it in quotes if it is meant so" if kind is str else ""
            is_scalar = not isinstance(value, dict | list)
            return self._expected(value, hint, path, remedy if is_scalar else "")
        convert = _SCALARS.get(kind)
        return plain(value) if convert is None else convert(self, value, hint, path)

    # -- numbers -----------------------------------------------------------------------------------

    def _boolean(self, value: Any, hint: Any, path: Path) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _BOOLEANS:
            self._warn(
                path,
                f"{value!r} is text and is taken for {describe(_BOOLEANS[value.lower()])}; remove"
                " the quotes",
            )
            return _BOOLEANS[value.lower()]
        return self._expected(value, hint, path)

    def _integer(self, value: Any, hint: Any, path: Path) -> Any:
        number = self._number(value, path, _INT_TEXT)
        if isinstance(number, float):
            number = int(number) if number.is_integer() else INVALID
        return self._limited(number, value, hint, path)

    def _float(self, value: Any, hint: Any, path: Path) -> Any:
        number = self._number(value, path, _FLOAT_TEXT)
        if isinstance(number, int):
            try:
                number = float(number)
            except OverflowError:
                number = INVALID
        return self._limited(number, value, hint, path)

    def _number(self, value: Any, path: Path, pattern: re.Pattern[str]) -> Any:
        """Return a number, or text that is one, as int or float; INVALID for anything else."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if not isinstance(value, str) or _FLOAT_TEXT.match(value) is None:
            return INVALID
        number = int(value) if _INT_TEXT.match(value) else float(value.replace("_", ""))
        if pattern is _INT_TEXT and isinstance(number, float) and not number.is_integer():
            return INVALID
        self._warn(
            path, f"{value!r} is text and is taken for the number {number!r}; remove the quotes"
        )
        return number

    def _limited(self, number: Any, value: Any, hint: Any, path: Path) -> Any:
        """Hold a number to the option's limits, which NaN and the infinities never keep."""
        if number is INVALID:
            return self._expected(value, hint, path)
        limits = [
            (name, getattr(self.option, name))
            for name, _ in LIMITS
            if getattr(self.option, name) is not None
        ]
        if limits and isinstance(number, float) and not math.isfinite(number):
            return self._expected(value, hint, path)
        if not all(_WITHIN[name](number, limit) for name, limit in limits):
            return self._expected(value, hint, path)
        return number

    # -- text --------------------------------------------------------------------------------------

    def _text(self, value: Any, hint: Any, path: Path) -> Any:
        if isinstance(value, dict | list):
            return self._expected(value, hint, path)
        text = value if isinstance(value, str) else self._as_written(value, path)
        choices = choices_of(hint, self.option)
        if choices:
            return self._choice(text, choices, path)
        return self._file(text, path) if self.option.is_rooted else text

    def _as_written(self, value: Any, path: Path) -> str:
        """Return a scalar that YAML took for a number, a date or a truth value as it was written:
        01:30:00, 0123, no.
        """
        place = self.document.place(path)
        return place.text if place is not None and place.text is not None else str(value)

    def _choice(self, text: str, choices: tuple[str, ...], path: Path) -> Any:
        spelt = {choice.lower(): choice for choice in choices}
        chosen = text if text in choices else spelt.get(text.strip().lower())
        if self.option.exact and text not in choices:
            chosen = None
        if chosen is None:
            listed = ", ".join(map(repr, choices))
            return self._fail(
                path,
                f"expected one of {listed}, found {describe(text)}{did_you_mean(text, choices)}",
            )
        return chosen

    def _file(self, text: str, path: Path) -> Any:
        expanded = expand(text)
        unset = _VARIABLE.search(expanded)
        if unset is not None:
            return self._fail(
                path,
                f"the environment variable {unset.group()!r} in this path is not set; set it, or"
                " write the path out",
            )
        if not text.strip():
            return self._fail(path, "expected a path, found an empty text")
        if expanded.startswith(_PLACEHOLDERS):
            return expanded  # the value of a parameter, whose path is not known yet
        joined = os.path.join(self.base_dir, expanded)
        return joined if any(mark in joined for mark in _PLACEHOLDERS) else os.path.normpath(joined)

    # -- containers --------------------------------------------------------------------------------

    def _sequence(
        self, value: Any, hint: Any, kind: Any, parameters: tuple[Any, ...], path: Path
    ) -> Any:
        if not isinstance(value, list):
            remedy = _BRACKETS if not isinstance(value, dict) else ""
            return self._expected(value, hint, path, remedy)
        if kind is list and (not parameters or parameters[0] is Any):
            return plain(value)
        hints: Any = [parameters[0] if parameters else Any] * len(value)
        if kind is tuple and parameters[-1:] != (Ellipsis,):
            if len(value) != len(parameters):
                return self._expected(value, hint, path)
            hints = parameters
        items = [
            self.convert(item, hints[index], (*path, index)) for index, item in enumerate(value)
        ]
        if any(item is INVALID for item in items):
            return INVALID
        return tuple(items) if kind is tuple else items

    def _mapping(self, value: Any, hint: Any, parameters: tuple[Any, ...], path: Path) -> Any:
        if not isinstance(value, dict):
            return self._expected(value, hint, path)
        nested = nested_of(hint, self.option)
        if nested is not None:
            return self.read_nested(nested, value, path, self.report)
        key_hint, item_hint = parameters or (Any, Any)
        converted = {}
        for key, item in value.items():
            below = (*path, key)
            place = self.document.place(below)
            name = (
                key
                if key_hint is not str or isinstance(key, str)
                else (place.key if place and place.key is not None else str(key))
            )
            converted[name] = self.convert(item, item_hint, below)
        return INVALID if any(item is INVALID for item in converted.values()) else converted

    # -- what there is to say ----------------------------------------------------------------------

    def _expected(self, value: Any, hint: Any, path: Path, remedy: str = "") -> Any:
        return self._fail(
            path, f"expected {expected(hint, self.option)}, found {describe(value)}{remedy}"
        )

    def _fail(self, path: Path, message: str) -> Any:
        self.report.error(path, message)
        return INVALID

    def _warn(self, path: Path, message: str) -> None:
        self.report.warning(path, message)


class Literally(str):
    """A path that exists under this name: ``~`` and ``$`` in it are signs like others."""

    __slots__ = ()


def expand(text: str) -> str:
    """Expand ``~`` and ``$VAR``; a variable that is not set stays."""
    if isinstance(text, Literally):
        return text
    return os.path.expanduser(os.path.expandvars(text))


def _distance(value: Any, hint: Any) -> int:
    """Rank how near a value is to a type: 0 it has the type, 1 or 2 it might become one."""
    kind = split(hint)[0]
    if kind is Any:
        return 3
    if kind is Literal:
        kind = str
    if isinstance(value, list):
        return 0 if kind in (list, tuple) else 2
    if isinstance(value, int) and not isinstance(value, bool) and kind is float:
        return 1
    if isinstance(value, str):
        return 0 if kind is str else 1
    return 0 if type(value) is kind or (isinstance(value, dict) and kind is dict) else 2


_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_WITHIN: dict[str, Callable[[Any, Any], bool]] = {
    "ge": lambda number, limit: number >= limit,
    "gt": lambda number, limit: number > limit,
    "le": lambda number, limit: number <= limit,
    "lt": lambda number, limit: number < limit,
}
#: What a value of a nested mapping must be for each type.
_EXACT: dict[Any, tuple[type, ...]] = {
    bool: (bool,),
    int: (int,),
    float: (int, float),
    str: (str,),
}
_SCALARS: dict[Any, Callable[[Conversion, Any, Any, Path], Any]] = {
    bool: Conversion._boolean,
    int: Conversion._integer,
    float: Conversion._float,
    str: Conversion._text,
}
