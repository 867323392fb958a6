"""Conditions by which rows of a dataset are chosen, such as ``gamma > 1 and success``: the
expressions of constraints, and what rows need besides.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from enchanted_tui.expressions import (
    CONSTANTS,
    Expression,
    ExpressionError,
    Operations,
    Variables,
    normal_name,
)
from enchanted_tui.suggestions import nearest
from enchanted_tui.views.condition_values import (
    ROWS,
    Cells,
    WrongKindError,
    cells_of,
    contained,
    missing,
    truth,
)
from enchanted_tui.views.dataset_statistics import DatasetColumn, Mask, converted

_MISSING = "missing"
_ABSENT = ("missing", "none", "null", "nan", "na", "empty")  #: how people call what is not there
_BIT_SIGNS: Mapping[type, str] = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}
_IN_BACKQUOTES = "a name that is no plain word is written in backquotes: `{}`"
_BETWEEN = ("and", "or", "not", "in", "is")  #: words of conditions
_MOST_NAMED = 8
_SIGNS = {
    "&": "write and instead of &",
    "|": "write or instead of |",
    "^": "write ** for a power, as in x ** 2",
    "\u2212": "write - for minus",
    "²": "write ** 2 for a square",
    "≥": "write >= instead of ≥",
    "≤": "write <= instead of ≤",
    "≠": "write != instead of ≠",
    "!": "write not, or != to compare",
    "~": "write not instead of ~",
    "<": "write != instead of <>",
    "=": "write == to compare",
}


class ConditionError(ExpressionError):
    """What is written is no condition on rows; the text says why and what to do."""

    def told(self) -> str:
        """Return the sentence with its place, counted from 1 as people do."""
        return str(self) if self.place is None else f"at character {self.place + 1}, {self}"


def spelt(name: str) -> str:
    """Return a column's name as a condition has it: in backquotes, if it is no plain word."""
    plain = name.isidentifier() and not keyword.iskeyword(name) and name not in CONSTANTS
    return name if plain else f"`{name}`"


class RowCondition(Expression):
    """A condition that has been read. Raises ConditionError if it is none.

    Rows of which it cannot be told, since values are missing, are not among those that it keeps.
    """

    def __init__(self, text: str, names: Collection[str] = ()) -> None:
        """`names`: the columns, for advice alone; whether there are those named says `gather`."""
        self._columns = names
        try:
            super().__init__(text)
        except ConditionError:
            raise
        except ExpressionError as error:
            raise ConditionError(_in_plain_words(text, error, names), error.place) from None

    def keep(self, columns: Mapping[str, DatasetColumn], count: int) -> Mask:
        """Tell of each of `count` rows whether it is kept. Raises ConditionError."""
        return self.judge(self.gather(columns), count)

    def gather(self, columns: Mapping[str, DatasetColumn]) -> dict[str, Cells]:
        """Take what the condition needs of the columns as they are now. Raises ConditionError for
        one that there is not.
        """
        by_form = {normal_name(name): name for name in columns}
        unknown = [
            name for name in self.places if name not in columns and normal_name(name) not in by_form
        ]
        meant = _meant_name(self.text, columns) if unknown else None
        if meant is not None:
            raise ConditionError(_IN_BACKQUOTES.format(meant), self.text.find(meant))
        if unknown:
            raise ConditionError(
                _no_columns(unknown, columns), min(self.places[name] for name in unknown)
            )
        known = [name if name in columns else by_form[normal_name(name)] for name in self.places]
        known += [name for name in CONSTANTS if name in columns]  # which then mean the column
        return {name: cells_of(columns[name]) for name in known}

    def judge(self, cells: Mapping[str, Cells], count: int) -> Mask:
        """Tell of each of `count` rows whether it is kept, by what has been gathered; for threads.
        Raises ConditionError where a column is of another kind.
        """
        try:
            with np.errstate(all="ignore"):
                found = truth(self.work_out(cells, ROWS))
        except WrongKindError as error:
            place = None if error.column is None else self._place_of(error.column)
            raise ConditionError(str(error), place) from None
        return np.array(np.broadcast_to(found.holds, (count,)), dtype=np.bool_)

    def _place_of(self, column: str) -> int | None:
        return next(
            (
                place
                for name, place in self.places.items()
                if normal_name(name) == normal_name(column)
            ),
            None,
        )

    # -- what rows need besides --------------------------------------------------------------------

    def _link(
        self, left: ast.expr, right: ast.expr, sign: ast.cmpop, node: ast.Compare
    ) -> Callable[[Variables, Operations], Any]:
        if not isinstance(sign, ast.Is | ast.IsNot):
            return super()._link(left, right, sign, node)
        if not (isinstance(right, ast.Name) and right.id == _MISSING):
            raise ConditionError(
                "after `is` comes missing, as in x is missing; values are compared with ==",
                self._place(right),
            )
        value, negated = self._part(left), isinstance(sign, ast.IsNot)

        def work(variables: Variables, operations: Operations) -> Any:
            found = missing(value(variables, operations))
            return operations.negated(found) if negated else found

        return work

    def _membership(
        self, left: ast.expr, right: ast.expr, negated: bool
    ) -> Callable[[Variables, Operations], Any]:
        if isinstance(right, ast.List | ast.Tuple):
            return super()._membership(left, right, negated)
        if isinstance(right, ast.Constant) and not isinstance(right.value, str):
            said = "after `in` comes a list of values, as in x in [1, 2]"
            raise ConditionError(said, self._place(right))
        part, whole = self._part(left), self._part(right)

        def work(variables: Variables, operations: Operations) -> Any:
            found = contained(part(variables, operations), whole(variables, operations))
            return operations.negated(found) if negated else found

        return work

    def _refused(self, node: ast.AST) -> ExpressionError:
        place = self._place(node)
        written = self.text[place : self._end(node)]
        sign = _BIT_SIGNS.get(type(node.op)) if isinstance(node, ast.BinOp) else None
        if isinstance(node, ast.BinOp) and sign is not None:
            return ConditionError(_SIGNS[sign], self.text.find(sign, self._end(node.left)))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return ConditionError(_SIGNS["~"], place)
        if isinstance(node, ast.Constant) and node.value is None:
            return ConditionError("what has no value is found by `is missing`", place)
        if isinstance(node, ast.Attribute):
            return ConditionError(_IN_BACKQUOTES.format(written), place)
        meant = _meant_name(self.text, self._columns)
        if meant is not None:
            return ConditionError(_IN_BACKQUOTES.format(meant), place)
        what = repr(written) if len(written) <= 40 else "this"
        return ConditionError(
            f"{what} is not understood; write comparisons, with and, or and not between them",
            place,
        )


def _no_columns(unknown: Sequence[str], columns: Mapping[str, DatasetColumn]) -> str:
    """Say of names that are no columns what may have been meant; else which columns there are."""
    remedies = [_remedy(name, columns) for name in unknown]
    told = [
        f"there is no column {name!r}" + (f"; {remedy}" if remedy else "")
        for name, remedy in zip(unknown, remedies, strict=True)
    ]
    if not all(remedies):
        listed = [spelt(column) for column in columns]
        more = f" and {len(listed) - _MOST_NAMED:,} more" if len(listed) > _MOST_NAMED else ""
        told.append(f"there are {', '.join(listed[:_MOST_NAMED])}{more}")
    return "; ".join(told)


def _remedy(name: str, columns: Mapping[str, DatasetColumn]) -> str:
    if name.lower() in _ABSENT:
        return "what has no value is found by `is missing`"
    if any(column.kind == "text" and name in column.coded()[1] for column in columns.values()):
        return f"text is written in quotes: {name!r}"
    guess = nearest(name, [*columns, "True", "False"])
    if guess is None:
        return ""
    return f"did you mean {guess if guess in ('True', 'False') else spelt(guess)}?"


def _in_plain_words(text: str, error: ExpressionError, names: Collection[str]) -> str:
    """Say what is wrong with a text that Python cannot read, in the words of conditions."""
    place = error.place
    if " is no expression (" not in str(error) or place is None:
        return str(error)
    if "unterminated" in str(error):
        return "this text in quotes is not closed"
    if "was never closed" in str(error):
        return "this bracket is not closed"
    if text.count("`") % 2:
        return "a name in backquotes is not closed"
    meant = _meant_name(text, names)
    if meant is not None:
        return _IN_BACKQUOTES.format(meant)
    if place >= len(text.rstrip()):
        return "the condition breaks off here; go on as in gamma > 1 and success"
    if text[place : place + 2] in ("=>", "=<"):
        return f"write {text[place + 1]}= instead of {text[place : place + 2]}"
    if text[place] in _SIGNS:
        return _SIGNS[text[place]]
    word = re.match(r"\w*", text[place:])
    if word is not None and word.group().lower() in _BETWEEN:
        if not word.group().islower():
            return f"write {word.group().lower()} in small letters"
        return f"something is missing before {word.group()}"
    return "this is not understood here; write a condition as in gamma > 1 and success"


def _meant_name(text: str, names: Collection[str]) -> str | None:
    """Return the longest name that needs backquotes and stands in a text without them."""
    odd = (name for name in names if spelt(name) != name and _is_written(name, text))
    return max(odd, key=len, default=None)


def _is_written(name: str, text: str) -> bool:
    """Tell whether the name of a column stands in a text without its backquotes. A word between
    comparisons is what it says.
    """
    if not name or name in _BETWEEN:
        return False
    return re.search(rf"(?<![\w`]){re.escape(name)}(?![\w`])", text) is not None


def kept_rows(text: str, columns: Mapping[str, Sequence[Any]], count: int) -> Mask:
    """Tell of each of `count` rows whether a condition keeps it; None is a missing value. Raises
    ConditionError.
    """
    condition = RowCondition(text, columns)
    known: dict[str, DatasetColumn] = {}
    for name, values in columns.items():
        known[name] = DatasetColumn(name)
        if {name, normal_name(name)} & (condition.names | CONSTANTS.keys()):
            known[name].extend(converted(values))
    return condition.keep(known, count)
