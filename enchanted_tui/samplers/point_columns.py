"""Columns of points that may be a million long: numbers of eight bytes each, and text as the bytes
that it has in the file.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

Column = Sequence[Any]

# a number with leading zeros is a label such as 007, and longer ones than this Python does not read
_WHOLE = r"[+-]?(?:0|[1-9][0-9]{0,4000})"
_NUMBER = rf"(?:{_WHOLE}(?:\.[0-9]*)?|[+-]?\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)"
_INT = re.compile(_WHOLE)
_FLOAT = re.compile(_NUMBER, re.IGNORECASE)
_INTS = re.compile(rf"(?:(?:{_WHOLE})\n)*+")
_FLOATS = re.compile(rf"(?:(?:{_NUMBER})\n)*+", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")

#: What a column of a file of text holds, each kind more general than those before it.
WHOLE, NUMBER, TEXT = range(3)


class Texts(Sequence[str]):
    """Text, one after another in one stretch of bytes."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._bytes = bytearray()
        self._ends = array("q", [0])
        self.extend(texts)

    def extend(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._bytes += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self._at(index) for index in range(len(self))[place]]
        return self._at(range(len(self))[place])

    def __iter__(self) -> Iterator[str]:
        return map(self._at, range(len(self)))

    def _at(self, index: int) -> str:
        found = self._bytes[self._ends[index] : self._ends[index + 1]]
        return found.decode("utf-8", "surrogatepass")


def compact(numbers: list[int]) -> Column:
    """Return whole numbers in eight bytes each, if they are no larger than that."""
    try:
        return array("q", numbers)
    except OverflowError:
        return numbers


class Growing:
    """A column of typed values, taken in part by part."""

    def __init__(self) -> None:
        self.values: Any = None

    def extend(self, part: Column) -> None:
        if self.values is None:
            self.values = part
            return
        kinds = {type(self.values), type(part)}
        if kinds == {list, array}:  # whole numbers, some of them beyond 64 bits
            self.values = list(self.values)
        self.values.extend(part)


class CellColumn:
    """A column of a file of text, taken in block by block: of whole numbers as long as all cells
    are, then of numbers, then of text.

    What has been taken in as numbers before the first text is not kept as it was written:
    `is_spoilt` says that the file has to be read once more, from the beginning with this `kind`.
    """

    def __init__(self, kind: int = WHOLE, *, decimal_comma: bool = False) -> None:
        """`decimal_comma`: a comma may stand for the point of a number."""
        self.kind = kind
        self.is_spoilt = False
        self.has_number = False  #: among text
        self.odd: tuple[str, int] | None = None  #: first cell that is no number, and its line
        self.empty: int | None = None  #: line of the first cell without a value
        self.nan: int | None = None  #: line of the first number that is nan
        self._comma = decimal_comma
        self._given_kind = kind
        self._growing = Growing()
        self._minus_zero = False

    @property
    def values(self) -> Column:
        return self._growing.values if self._growing.values is not None else array("q")

    def add(self, texts: list[str], lines: Sequence[int]) -> None:
        """Take in cells, and the lines on which they are."""
        stripped = [text.strip() for text in texts]
        if self.empty is None and "" in stripped:
            self.empty = lines[stripped.index("")]
        if self._given_kind != TEXT:
            self._look(stripped, lines)
        if self.is_spoilt:
            return
        if self.kind == TEXT:
            if self._growing.values is None:
                self._growing.values = Texts()
            self._growing.values.extend(texts)
        else:
            self._add_numbers(self._pointed([text for text in stripped if text]), lines)

    def _look(self, stripped: list[str], lines: Sequence[int]) -> None:
        """Find out whether there is text among cells."""
        pointed = self._pointed(stripped)
        if self.odd is None:
            if _all(_FLOATS, pointed):
                return
            misfit = first_misfit(_FLOAT.fullmatch, pointed)
            if misfit is None:
                return
            self.odd = stripped[misfit], lines[misfit]
            self.is_spoilt = self._growing.values is not None
            self.has_number = len(self.values) > 0
            self.kind = TEXT
        self.has_number = self.has_number or any(map(_FLOAT.fullmatch, stripped))

    def _pointed(self, texts: list[str]) -> list[str]:
        return [text.replace(",", ".", 1) for text in texts] if self._comma else texts

    def _add_numbers(self, texts: list[str], lines: Sequence[int]) -> None:
        if self.kind == WHOLE:
            if _all(_INTS, texts) or first_misfit(_INT.fullmatch, texts) is None:
                self._minus_zero = self._minus_zero or "-0" in texts
                self._growing.extend(compact(list(map(int, texts))))
                return
            self.kind = NUMBER
            if self._minus_zero:  # which a whole number does not remember
                self.is_spoilt = True
                return
            if self._growing.values is not None:
                self._growing.values = array("d", map(_as_float, self._growing.values))
        if self.nan is None and "nan" in "\n".join(texts).lower():
            self.nan = lines[next(k for k, text in enumerate(texts) if "nan" in text.lower())]
        self._growing.extend(array("d", map(float, texts)))


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _all(several: re.Pattern[str], texts: list[str]) -> bool:
    """Tell whether a pattern for lines describes all texts; False where that cannot be said so."""
    joined = "\n".join(texts) + "\n"
    return joined.count("\n") == len(texts) and several.fullmatch(joined) is not None


def first_misfit(fits: Callable[[str], object], texts: list[str]) -> int | None:
    """Return the index of the first text that is not empty and does not fit."""
    return next((index for index, text in enumerate(texts) if text and not fits(text)), None)


def may_be_thousands(texts: Iterable[str]) -> bool:
    """Tell whether every number with a comma in it may be a whole one, such as 1,000."""
    return all(
        _THOUSANDS.fullmatch(text) or not _FLOAT.fullmatch(text.replace(",", ".", 1))
        for text in map(str.strip, texts)
        if "," in text
    )
