"""Arithmetic that people write as text, such as ``kappa + delta < 2.3`` or ``abs(beta_n - 2.8)``.

What is written is parsed, held to a short list of what may occur, and worked out step by step; it
is never run as Python. The same expression is worked out for one sample, or for many at once by
other `Operations`.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from enchanted_tui.suggestions import did_you_mean

_MOST_CHARACTERS = 2_000
_MOST_PARTS = 500
_DEEPEST = 150
_MOST_BITS = 4_096  #: of a whole number raised to a power; larger ones are taken as floating point
#: text in quotes, which is left as it is, or a name in backticks
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`([^`]*)`""")
#: What stands for a name in backticks while Python reads the text: as long as that is, so that
#: places stay the same, and of letters that no name of a column has in this order.
_FIRST_LETTER, _FURTHER_LETTERS = 0x4E00, "\ua66e"

#: Names that mean a number where no column has them.
CONSTANTS = {"pi": math.pi}

Variables = Mapping[str, Any]
Part = Callable[[Variables, "Operations"], Any]


class ExpressionError(ValueError):
    """What is written is no expression; the text says why and what to do, `place` at which
    character, from 0 on, if it is one place.
    """

    def __init__(self, message: str, place: int | None = None) -> None:
        super().__init__(message)
        self.place = place


class Operations(NamedTuple):
    """What the parts of an expression do to values."""

    functions: Mapping[str, Callable[..., Any]]
    power: Callable[[Any, Any], Any]
    both: Callable[[Any, Any], Any]
    either: Callable[[Any, Any], Any]
    negated: Callable[[Any], Any]
    among: Callable[[Any, tuple[Any, ...]], Any]
    number: Callable[[Any], Any]  #: returns what can be calculated with, or raises TypeError
    #: compares two values by a function of the module `operator`
    compare: Callable[[Callable[[Any, Any], Any], Any, Any], Any] = lambda compare, left, right: (
        compare(left, right)
    )


def _power(base: Any, exponent: Any) -> Any:
    both_whole = isinstance(base, int) and isinstance(exponent, int)
    if both_whole and (exponent < 0 or base.bit_length() * exponent > _MOST_BITS):
        base = float(base)
    found = base**exponent
    if isinstance(found, complex):
        raise ValueError("a root of a negative number")
    return found


def _number(value: Any) -> Any:
    if isinstance(value, (int, float)):
        return value
    raise TypeError("no number")


#: For one sample.
ONE = Operations(
    functions={
        "abs": abs,
        "min": min,
        "max": max,
        "sqrt": math.sqrt,
        "exp": math.exp,
        "log": math.log,
        "log10": math.log10,
        "log2": math.log2,
        "sin": math.sin,
        "cos": math.cos,
        "tan": math.tan,
        "asin": math.asin,
        "acos": math.acos,
        "atan": math.atan,
        "atan2": math.atan2,
        "sinh": math.sinh,
        "cosh": math.cosh,
        "tanh": math.tanh,
        "hypot": math.hypot,
        "floor": math.floor,
        "ceil": math.ceil,
        "round": round,
    },
    power=_power,
    both=lambda left, right: bool(left) and bool(right),
    either=lambda left, right: bool(left) or bool(right),
    negated=operator.not_,
    among=lambda value, several: value in several,
    number=_number,
)

FUNCTIONS = tuple(ONE.functions)
_TWO_ARGUMENTS = ("atan2", "hypot")
_SEVERAL_ARGUMENTS = ("min", "max")

_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNS: dict[type, Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Expression:
    """An expression that has been read. Raises ExpressionError if it is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        tree, self._quoted, self._source = _parsed(text)
        self._begin = len(text) - len(text.lstrip())
        self.is_condition = isinstance(tree, (ast.Compare, ast.BoolOp)) or (
            isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
        )
        #: the columns that it needs, and where each is named first
        self.places: dict[str, int] = {}
        self._work = self._part(tree)
        self.names = frozenset(self.places)

    def work_out(self, variables: Variables, operations: Operations = ONE) -> Any:
        """Return its value; raises ValueError, ArithmeticError or TypeError where there is none,
        and KeyError where a column is missing.
        """
        return self._work(variables, operations)

    def value(self, variables: Variables) -> Any:
        """Return its value for one sample; NaN where there is none."""
        try:
            return self._work(variables, ONE)
        except (ValueError, ArithmeticError, TypeError, KeyError):
            return math.nan

    # -- reading -----------------------------------------------------------------------------------

    def _part(self, node: ast.AST) -> Part:
        if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, str)):
            constant = node.value
            return lambda variables, operations: constant
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BoolOp):
            return self._junction(node)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise self._refused(node)

    def _name(self, node: ast.Name) -> Part:
        name = self._quoted.get(node.id, node.id)
        if name in CONSTANTS and node.id not in self._quoted:
            constant = CONSTANTS[name]
            return lambda variables, operations: variables.get(name, constant)
        self.places.setdefault(name, self._place(node))
        return lambda variables, operations: _looked_up(variables, name)

    def _binary(self, node: ast.BinOp) -> Part:
        left, right = self._part(node.left), self._part(node.right)
        if isinstance(node.op, ast.Pow):
            return lambda variables, operations: operations.power(
                operations.number(left(variables, operations)),
                operations.number(right(variables, operations)),
            )
        combine = _ARITHMETIC.get(type(node.op))
        if combine is None:
            raise self._refused(node)
        return lambda variables, operations: combine(
            operations.number(left(variables, operations)),
            operations.number(right(variables, operations)),
        )

    def _unary(self, node: ast.UnaryOp) -> Part:
        operand = self._part(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda variables, operations: operations.negated(operand(variables, operations))
        sign = _SIGNS.get(type(node.op))
        if sign is None:
            raise self._refused(node)
        return lambda variables, operations: sign(operations.number(operand(variables, operations)))

    def _junction(self, node: ast.BoolOp) -> Part:
        parts = [self._part(value) for value in node.values]
        is_and = isinstance(node.op, ast.And)

        def work(variables: Variables, operations: Operations) -> Any:
            combine = operations.both if is_and else operations.either
            found = parts[0](variables, operations)
            for part in parts[1:]:
                found = combine(found, part(variables, operations))
            return found

        return work

    def _comparison(self, node: ast.Compare) -> Part:
        """Read a chain such as ``0 < x <= 1``, which holds where each of its links does."""
        links: list[Part] = []
        left: ast.expr = node.left
        for sign, right in zip(node.ops, node.comparators):  # noqa: B905 - Python 3.9
            if isinstance(sign, (ast.In, ast.NotIn)):
                links.append(self._membership(left, right, isinstance(sign, ast.NotIn)))
            else:
                links.append(self._link(left, right, sign, node))
            left = right

        def work(variables: Variables, operations: Operations) -> Any:
            found = links[0](variables, operations)
            for link in links[1:]:
                found = operations.both(found, link(variables, operations))
            return found

        return work

    def _link(self, left: ast.expr, right: ast.expr, sign: ast.cmpop, node: ast.Compare) -> Part:
        first, second = self._part(left), self._part(right)
        compare = _COMPARISONS.get(type(sign))
        if compare is None:
            raise self._refused(node)
        return lambda variables, operations: operations.compare(
            compare, first(variables, operations), second(variables, operations)
        )

    def _membership(self, left: ast.expr, right: ast.expr, negated: bool) -> Part:
        if not isinstance(right, (ast.List, ast.Tuple)):
            said = f"after `in`, {self.text!r} needs a list of values, such as ['a', 'b']"
            raise ExpressionError(said, self._place(right))
        value = self._part(left)
        several = tuple(self._constant(item) for item in right.elts)

        def work(variables: Variables, operations: Operations) -> Any:
            found = operations.among(value(variables, operations), several)
            return operations.negated(found) if negated else found

        return work

    def _call(self, node: ast.Call) -> Part:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self._refused(node)
        name = node.func.id
        if name not in ONE.functions:
            listed = ", ".join(FUNCTIONS)
            raise ExpressionError(
                f"there is no function {name!r}{did_you_mean(name, FUNCTIONS)}; there are {listed}",
                self._place(node),
            )
        count = len(node.args)
        wanted = 2 if name in _TWO_ARGUMENTS else 1
        if count < 2 if name in _SEVERAL_ARGUMENTS else count != wanted:
            several = "at least two" if name in _SEVERAL_ARGUMENTS else str(wanted)
            raise ExpressionError(
                f"{name} in {self.text!r} has {count} argument{'s' * (count != 1)}, and takes"
                f" {several}",
                self._place(node),
            )
        arguments = [self._part(argument) for argument in node.args]
        return lambda variables, operations: operations.functions[name](
            *(operations.number(argument(variables, operations)) for argument in arguments)
        )

    def _constant(self, node: ast.expr) -> Any:
        try:
            value = ast.literal_eval(node)
        except ValueError:
            value = None
        if not isinstance(value, (bool, int, float, str)):
            said = f"the list in {self.text!r} may have numbers and text in quotes only"
            raise ExpressionError(said, self._place(node))
        return value

    def _refused(self, node: ast.AST) -> ExpressionError:
        place = self._place(node)
        written = self.text[place : self._end(node)]
        what = written if written and len(written) <= 60 else "a part of it"
        return ExpressionError(
            f"{what!r} in {self.text!r} is not allowed: write numbers, names, + - * / // % **,"
            " comparisons, and, or, not, in [...], and functions such as abs and sqrt",
            place,
        )

    def _place(self, node: Any) -> int:
        """Return the character of the text at which a part begins."""
        return self._begin + _offset(self._source, node.lineno, node.col_offset)

    def _end(self, node: Any) -> int:
        return self._begin + _offset(self._source, node.end_lineno, node.end_col_offset)


def _parsed(text: str) -> tuple[ast.expr, dict[str, str], str]:
    """Return the tree of an expression, the names in backticks by what stands for them, and the
    text with that in it.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ExpressionError(
            f"it has {len(text):,} characters; at most {_MOST_CHARACTERS:,} are read"
        )
    if not text.strip():
        raise ExpressionError("it is empty; write an expression, such as x + y")
    quoted: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return match.group()
        first = chr(_FIRST_LETTER + len(quoted))
        name = first + _FURTHER_LETTERS * (len(match.group()) - 1)
        quoted[name] = match.group(1)
        return name

    source = _QUOTED.sub(stand_in, text.strip())
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason, place = "it cannot be read", None
        if isinstance(error, SyntaxError):
            reason = error.msg
            place = len(text) - len(text.lstrip()) + _where_it_fails(source, error)
        raise ExpressionError(
            f"{text!r} is no expression ({reason}); a name with other signs than letters, digits"
            " and _, or one that means something to Python, is written in backticks: `lambda`",
            place,
        ) from None
    if sum(1 for _ in _below(tree)) > _MOST_PARTS:
        raise ExpressionError(f"it has more than {_MOST_PARTS} parts; write a shorter one")
    return tree, quoted, source


def _where_it_fails(source: str, error: SyntaxError) -> int:
    """Return the character that Python could not read; the end, where something is missing."""
    if not error.offset:
        return len(source)
    before = source.split("\n")[: (error.lineno or 1) - 1]
    return min(len(source), sum(len(line) + 1 for line in before) + error.offset - 1)


def _offset(source: str, line: int, column: int) -> int:
    """Return the character at a line and a column, which Python counts in bytes."""
    lines = source.split("\n")
    within = lines[line - 1].encode()[:column].decode(errors="ignore")
    return sum(len(before) + 1 for before in lines[: line - 1]) + len(within)


def _below(tree: ast.AST) -> Iterator[ast.AST]:
    """Return all parts of a tree; raises ExpressionError where these lie too deep in each other."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ExpressionError("its brackets and signs lie too deep in each other; split it")
        yield node
        waiting += [(child, depth + 1) for child in ast.iter_child_nodes(node)]


def _looked_up(variables: Variables, name: str) -> Any:
    if name in variables:
        return variables[name]
    for known in variables:  # Python writes letters such as the micro sign in another way
        if unicodedata.normalize("NFKC", known) == name:
            return variables[known]
    raise KeyError(name)


def normal_name(name: str) -> str:
    """Return a name as expressions know it."""
    return unicodedata.normalize("NFKC", name)
