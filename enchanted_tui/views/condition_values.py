"""What conditions on rows work out: whole columns at once, in which values may be missing.

Truth has three values, as in SQL and in pandas' nullable types: what is said of a missing value
neither holds nor fails, and `not` makes nothing else of that. (S. C. Kleene, Introduction to
Metamathematics, 1952, section 64.)
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.expressions import ExpressionError, Operations
from enchanted_tui.views.dataset_statistics import DatasetColumn, Floats, Mask


class Truth(NamedTuple):
    """Where something holds and where it fails; elsewhere nobody can tell."""

    holds: Mask
    fails: Mask


_UNKNOWN = Truth(np.array(False), np.array(False))  # of every row


@dataclass(frozen=True)
class Cells:
    """The values of a column as they are now, which a thread may read while the column grows."""

    name: str
    kind: str  #: as that of `DatasetColumn`
    numbers: Floats  #: NaN where there is none
    codes: NDArray[np.int64]  #: of text: which of `texts` each row has, -1 for none
    texts: NDArray[Any]
    raw: Sequence[Any] = ()  #: of other columns: the values as they were returned


_NO_CODES = np.zeros(0, dtype=np.int64)


def cells_of(column: DatasetColumn) -> Cells:
    """Take the values that a column has now."""
    kind = column.kind
    codes, texts = column.coded() if kind == "text" else (_NO_CODES, [])
    raw = list(column.raw) if kind == "other" else ()
    return Cells(column.name, kind, column.numbers, codes, np.array(texts, dtype=object), raw)


class WrongKindError(ExpressionError):
    """Values are of a kind of which this cannot be asked; `column` is the one that it is about."""

    def __init__(self, message: str, column: str | None = None) -> None:
        super().__init__(message)
        self.column = column


# -- kinds -----------------------------------------------------------------------------------------


def _kind(value: Any) -> str:
    if isinstance(value, Cells):
        return value.kind
    if isinstance(value, str):
        return "text"
    return "truth" if isinstance(value, bool | Truth) else "number"


_HOLD = {"number": "numbers", "truth": "true or false", "text": "text"}


def _name(value: Any) -> str | None:
    return value.name if isinstance(value, Cells) else None


def _refuse_mixtures(*values: Any) -> None:
    for value in values:
        if _kind(value) == "other":
            raise WrongKindError(
                f"{_name(value)} holds arrays, or values of several kinds, of which only `is"
                " missing` can be asked",
                _name(value),
            )


def _cannot_compare(left: Any, right: Any) -> WrongKindError:
    """Say why text and something else cannot be compared."""
    text, other = (left, right) if _kind(left) == "text" else (right, left)
    if _name(text) and _name(other):
        return WrongKindError(
            f"{_name(text)} holds text and {_name(other)} {_HOLD[_kind(other)]}, which cannot be"
            " compared",
            _name(other),
        )
    if _name(text):
        return WrongKindError(
            f"{_name(text)} holds text: compare it with text in quotes, as in"
            f" {_name(text)} == 'abc'",
            _name(text),
        )
    said = f"{_name(other)} holds" if _name(other) else "this is"
    what = _HOLD[_kind(other)] if _name(other) else "no text"
    return WrongKindError(
        f"{said} {what}, and {text!r} is text; leave the quotes out", _name(other)
    )


# -- numbers ---------------------------------------------------------------------------------------


def _number(value: Any) -> Any:
    """Return what can be calculated with: float64, NaN where nothing is known."""
    _refuse_mixtures(value)
    if _kind(value) == "text":
        raise WrongKindError(
            f"{_name(value) or repr(value)} {'holds' if _name(value) else 'is'} text, which cannot"
            " be calculated with",
            _name(value),
        )
    if isinstance(value, Cells):
        return value.numbers
    if isinstance(value, Truth):
        return np.where(value.holds, 1.0, np.where(value.fails, 0.0, np.nan))
    if isinstance(value, np.ndarray | np.floating):
        return value
    try:
        return np.float64(value)
    except OverflowError:
        return np.float64(math.inf if value > 0 else -math.inf)


def _several(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *values: reduce(function, values)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "min": _several(np.minimum),
    "max": _several(np.maximum),
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "hypot": np.hypot,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
}


# -- truth -----------------------------------------------------------------------------------------


def truth(value: Any) -> Truth:
    """Return where a value holds and where it fails. Raises WrongKindError where it is no truth."""
    _refuse_mixtures(value)
    if isinstance(value, Truth):
        return value
    if isinstance(value, bool):
        return Truth(np.array(value), np.array(not value))
    if isinstance(value, Cells) and value.kind == "empty":
        return _UNKNOWN
    if isinstance(value, Cells) and value.kind == "truth":
        return Truth(value.numbers == 1.0, value.numbers == 0.0)
    if isinstance(value, Cells):
        example = "> 0" if value.kind == "number" else "== 'abc'"
        raise WrongKindError(
            f"{value.name} holds {_HOLD[value.kind]}: compare it, as in {value.name} {example}",
            value.name,
        )
    raise WrongKindError("this is neither true nor false: compare something, as in x > 0")


def _both(left: Any, right: Any) -> Truth:
    one, other = truth(left), truth(right)
    return Truth(one.holds & other.holds, one.fails | other.fails)


def _either(left: Any, right: Any) -> Truth:
    one, other = truth(left), truth(right)
    return Truth(one.holds | other.holds, one.fails & other.fails)


def _negated(value: Any) -> Truth:
    found = truth(value)
    return Truth(found.fails, found.holds)


# -- comparisons -----------------------------------------------------------------------------------


def _compare(compare: Callable[[Any, Any], Any], left: Any, right: Any) -> Truth:
    _refuse_mixtures(left, right)
    kinds = (_kind(left), _kind(right))
    if "empty" in kinds:
        return _UNKNOWN
    if kinds.count("text") == 1:
        raise _cannot_compare(left, right)
    if "text" in kinds:
        return _of_texts(compare, left, right)
    one, other = _number(left), _number(right)
    known = ~(np.isnan(one) | np.isnan(other))
    holds = compare(one, other) & known
    return Truth(holds, known & ~holds)


def _of_texts(compare: Callable[[Any, Any], Any], left: Any, right: Any) -> Truth:
    """Compare where neither text is missing: each pair of texts once, if one of them is always the
    same.
    """
    if isinstance(left, str) and isinstance(right, str):
        holds = np.array(compare(left, right), dtype=np.bool_)
        return Truth(holds, ~holds)
    if isinstance(right, str):
        return _looked_up(left, [compare(text, right) for text in left.texts])
    if isinstance(left, str):
        return _looked_up(right, [compare(left, text) for text in right.texts])
    known = (left.codes >= 0) & (right.codes >= 0)
    holds = np.zeros(known.shape, dtype=np.bool_)
    holds[known] = compare(left.texts[left.codes[known]], right.texts[right.codes[known]])
    return Truth(holds, known & ~holds)


def _looked_up(column: Cells, by_text: Sequence[Any]) -> Truth:
    """Return for each row what is so of its text."""
    known = column.codes >= 0
    holds = np.array([*by_text, False], dtype=np.bool_)[column.codes] & known  # -1 is the last
    return Truth(holds, known & ~holds)


def _among(value: Any, several: tuple[Any, ...]) -> Truth:
    found = Truth(np.array(False), np.array(True))
    equals = partial(_compare, operator.eq, value)
    return reduce(_either, map(equals, several), found)


def _contains(part: Any, whole: Any) -> Any:
    if isinstance(part, str):
        return part in whole
    return [one in other for one, other in zip(part, whole, strict=True)]


def contained(part: Any, whole: Any) -> Truth:
    """Tell where one text is in another."""
    _refuse_mixtures(part, whole)
    kinds = (_kind(part), _kind(whole))
    if "empty" in kinds:
        return _UNKNOWN
    for value, kind in zip((whole, part), kinds[::-1], strict=True):
        if kind != "text":
            raise WrongKindError(
                f"{_name(value) or 'this'} {'holds' if _name(value) else 'is'}"
                f" {_HOLD[kind] if _name(value) else 'no text'}: only text is looked for in text",
                _name(value),
            )
    return _of_texts(_contains, part, whole)


def missing(value: Any) -> Truth:
    """Tell where there is no value, or NaN."""
    if isinstance(value, Cells) and value.kind == "text":
        absent = value.codes < 0
    elif isinstance(value, Cells) and value.kind == "other":
        absent = np.fromiter(map(_is_missing, value.raw), dtype=np.bool_, count=len(value.raw))
    elif isinstance(value, Truth):
        absent = ~(value.holds | value.fails)
    elif isinstance(value, str):
        absent = np.array(False)
    else:
        absent = np.isnan(_number(value))
    return Truth(absent, ~absent)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


#: Of whole columns, whose values may be missing.
ROWS = Operations(
    functions=_FUNCTIONS,
    power=np.power,
    both=_both,
    either=_either,
    negated=_negated,
    among=_among,
    number=_number,
    compare=_compare,
)
