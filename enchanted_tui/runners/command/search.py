r"""Regular expressions on texts that come in pieces, with the matches that they have in the whole
text.

How many lines a match can run over is known from the expression: `\s+` leads from a line to the
next that is not blank, `\n` and `[^,]` over one end of a line, `[^,]+` over any number. Only the
last kind needs the whole text in memory.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import math
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

_parser = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

_NEWLINE = ord("\n")
# whether it matches the end of a line, and whether it matches nothing but white space
_CATEGORIES = {
    "CATEGORY_SPACE": (True, True),
    "CATEGORY_NOT_SPACE": (False, False),
    "CATEGORY_DIGIT": (False, False),
    "CATEGORY_NOT_DIGIT": (True, False),
    "CATEGORY_WORD": (False, False),
    "CATEGORY_NOT_WORD": (True, False),
}
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


class _Block(NamedTuple):
    """A part of a text, `offset` characters from its beginning; the matches that begin from `begin`
    to before `limit` are whole in it.
    """

    text: str
    offset: int
    begin: int
    limit: int

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        return itertools.takewhile(
            lambda match: match.start() < self.limit, pattern.finditer(self.text, self.begin)
        )


class LinePattern:
    """A regular expression in which `^` and `$` stand for the ends of a line."""

    def __init__(self, source: str) -> None:
        """Compile `source`. Raises `re.error`."""
        self.pattern = re.compile(source, re.MULTILINE)
        self.names_carriage_return = "\\r" in source or "\r" in source
        reach = _Reach(source)
        self.reach, self._behind = reach.lines, reach.behind

    def matches(self, pieces: Iterable[str]) -> Iterator[re.Match[str]]:
        """Yield the matches in the text of which `pieces` are the parts, in their order, as
        `re.finditer` does.
        """
        done = 0  # where in the whole text the last match ended
        for block in self._blocks(pieces):
            for match in self.pattern.finditer(block.text, max(block.begin, done - block.offset)):
                if match.start() >= block.limit:
                    break
                done = block.offset + match.end()
                yield match

    def last(self, pieces: Iterable[str]) -> re.Match[str] | None:
        """Return the last of the matches, or None."""
        if self.reach:
            ends = deque(self.matches(pieces), maxlen=1)
            return ends[0] if ends else None
        found = None
        # no match leads from one to the next, so all but the last need not be searched through
        for block in self._blocks(pieces):
            first = self.pattern.search(block.text, block.begin)
            if first is not None and first.start() < block.limit:
                found = block
        if found is None:
            return None
        return deque(found.matches(self.pattern), maxlen=1)[0]

    def _blocks(self, pieces: Iterable[str]) -> Iterator[_Block]:
        text, offset, begin = "", 0, 0
        for piece in pieces:
            text += piece
            limit = (
                _settled(text, int(self.reach))
                if "\n" in piece and not math.isinf(self.reach)
                else 0
            )
            if limit > begin:
                yield _Block(text, offset, begin, limit)
                # what stands before a match decides on ^ and what looks behind
                cut = max(0, limit - self._behind - 1)
                text, offset, begin = text[cut:], offset + cut, limit - cut
        yield _Block(text, offset, begin, len(text) + 1)


@functools.lru_cache(maxsize=256)
def search_for(source: str) -> LinePattern:
    """Return the search for an expression, compiled once per process. Raises `re.error`."""
    return LinePattern(source)


def line_around(match: re.Match[str]) -> str:
    """Return the line in which a match begins."""
    text = match.string
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.start())
    return text[start : len(text) if end < 0 else end].strip()


def _settled(text: str, reach: int) -> int:
    """Return the end of the lines that have `reach` further whole lines below them that are not
    blank: their matches are all here.
    """
    end = text.rfind("\n") + 1
    while reach and end:
        start = text.rfind("\n", 0, end - 1) + 1
        if text[start:end].strip():
            reach -= 1
        end = start
    return end


class _Kind(NamedTuple):
    """What a part of an expression can match: how many ends of lines, and whether nothing but white
    space.
    """

    lines: float
    white: bool


class _Reach:
    """How far an expression looks: `lines` below the one in which a match begins, `behind`
    characters before it.
    """

    def __init__(self, source: str) -> None:
        self.behind = 0
        self._groups: dict[int, float] = {}
        tree = _parser.parse(source, re.MULTILINE)
        self.lines = self._sequence(tree, tree.state.flags).lines

    def _sequence(self, parts: Iterable[Any], flags: int) -> _Kind:
        kinds = [self._part(str(name), given, flags) for name, given in parts]
        return _Kind(sum(kind.lines for kind in kinds), all(kind.white for kind in kinds))

    def _part(self, name: str, given: Any, flags: int) -> _Kind:
        if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return _one_character(name, given, flags)
        if name in _REPEATS:
            _, most, repeated = given
            return self._repeated(most, repeated, flags)
        if name == "SUBPATTERN":
            group, added, removed, parts = given
            kind = self._sequence(parts, (flags | added) & ~removed)
            if group is not None:
                self._groups[group] = kind.lines
            return kind
        if name == "BRANCH":
            return _either([self._sequence(parts, flags) for parts in given[1]])
        if name == "ATOMIC_GROUP":
            return self._sequence(given, flags)
        if name in ("ASSERT", "ASSERT_NOT"):
            direction, parts = given
            return self._look_around(direction, parts, flags)
        if name == "AT":
            return _at(str(given), flags)
        if name == "GROUPREF":
            return _Kind(0 if self._groups.get(given) == 0 else math.inf, False)
        if name == "GROUPREF_EXISTS":
            return _either([self._sequence(parts or (), flags) for parts in given[1:]])
        return _Kind(0 if name == "FAILURE" else math.inf, False)

    def _repeated(self, most: Any, parts: Iterable[Any], flags: int) -> _Kind:
        once = self._sequence(parts, flags)
        if once.lines == 0:
            return once
        if once.white:
            # one run of white space leads to the next line that is not blank, however long it is
            return _Kind(1, True)
        return _Kind(math.inf if most == _parser.MAXREPEAT else once.lines * int(most), False)

    def _look_around(self, direction: int, parts: Any, flags: int) -> _Kind:
        kind = self._sequence(parts, flags)
        if direction > 0:
            return _Kind(kind.lines, kind.lines == 0)
        self.behind += int(parts.getwidth()[1])
        return _Kind(0, True)


def _one_character(name: str, given: Any, flags: int) -> _Kind:
    if name == "ANY":
        return _Kind(1 if flags & re.DOTALL else 0, False)
    if name == "LITERAL":
        return _Kind(int(given == _NEWLINE), chr(given).isspace())
    if name == "NOT_LITERAL":
        return _Kind(int(given != _NEWLINE), False)
    negated = any(str(item) == "NEGATE" for item, _ in given)
    found = [_of_a_set(str(item), held) for item, held in given if str(item) != "NEGATE"]
    newline = any(kind[0] for kind in found) != negated
    return _Kind(int(newline), not negated and all(kind[1] for kind in found))


def _of_a_set(name: str, held: Any) -> tuple[bool, bool]:
    """Return whether a member of a set matches the end of a line, and whether it matches white
    space alone.
    """
    if name == "LITERAL":
        return held == _NEWLINE, chr(held).isspace()
    if name == "RANGE":
        return held[0] <= _NEWLINE <= held[1], False
    return _CATEGORIES.get(str(held), (True, False))


def _at(place: str, flags: int) -> _Kind:
    if place in ("AT_BOUNDARY", "AT_NON_BOUNDARY"):
        return _Kind(0, True)
    by_line = place in ("AT_BEGINNING", "AT_END") and flags & re.MULTILINE
    return _Kind(0 if by_line else math.inf, True)


def _either(kinds: Sequence[_Kind]) -> _Kind:
    return _Kind(max(kind.lines for kind in kinds), all(kind.white for kind in kinds))
