"""Looking for text: where it stands, and which of the places is next. No widgets."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

_AT_ONCE = 1000  #: lines


class Match(NamedTuple):
    """A match within one line: its line and its first and last column, counted from 0, the last not
    included.
    """

    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Wanted:
    """What is looked for: these characters as they are, in either case unless `exact`."""

    text: str = ""
    exact: bool = False

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.text), 0 if self.exact else re.IGNORECASE)

    def places(self, lines: Sequence[str]) -> list[Match]:
        """Return every match, in order."""
        if not self.text or "\n" in self.text:
            return []
        found: list[Match] = []
        for first in range(0, len(lines), _AT_ONCE):
            found += self._in_some("\n".join(lines[first : first + _AT_ONCE]), first)
        return found

    def _in_some(self, text: str, line: int) -> Iterator[Match]:
        """Give every match in some lines, the first of which has the number `line`: to look in each
        by itself takes three times as long.
        """
        begins = 0  # the line that has been reached, in the text
        for match in self._pattern.finditer(text):
            start, end = match.span()
            passed = text.count("\n", begins, start)
            if passed:
                line += passed
                begins = text.rfind("\n", begins, start) + 1
            yield Match(line, start - begins, end - begins)

    def replaced(self, text: str, by: str) -> str:
        """Return a text with `by` in place of each match."""
        return self._pattern.sub(lambda _: by, text)


def nearest(places: Sequence[Match], line: int, column: int, step: int) -> int | None:
    """Return the index of the first match at or after a place (`step` 1), or of the last that
    begins before it (-1), round the ends.
    """
    if not places:
        return None
    index = bisect_left(places, (line, column, -1))
    return index % len(places) if step > 0 else (index - 1) % len(places)
