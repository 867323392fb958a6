"""Reading CSV whose cells may be long: Python's own limit, 131,072 characters, is less than a
profile of an array takes.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

_HAS_NO_OTHER_COMMA = re.compile(r"(?:[^,]*|\s*[+-]?\d*,\d+(?:[eEdD][+-]?\d+)?\s*)\Z")


def csv_rows(lines: Iterable[str], **options: Any) -> Any:
    """Return `csv.reader` of lines, with cells of any length."""
    csv.field_size_limit(sys.maxsize)  # each time: it is the process's, and others may set it
    return csv.reader(lines, **options)


def csv_mappings(lines: Iterable[str], **options: Any) -> Iterator[dict[str, Any]]:
    """Return `csv.DictReader` of lines, with cells of any length."""
    csv.field_size_limit(sys.maxsize)
    return csv.DictReader(lines, **options)


def usual_delimiter(line: str, signs: str = ",;\t", below: str = "") -> str:
    """Return what separates the cells in a line of a CSV file: the first of `signs` that is in it.

    A comma does not, where another one splits it into as many cells as the line `below` it, and the
    commas in that are decimal ones.
    """
    bare, under = _unquoted(line), _unquoted(below or line)
    found = [sign for sign in signs if sign in bare]
    for sign in found[1:] if found[:1] == [","] else ():
        cells = under.split(sign)
        if len(cells) == bare.count(sign) + 1 and all(map(_HAS_NO_OTHER_COMMA.match, cells)):
            return sign
    return found[0] if found else signs[0]


def _unquoted(line: str) -> str:
    return "".join(line.split('"')[::2])
