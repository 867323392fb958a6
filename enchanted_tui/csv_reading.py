"""Reading CSV whose cells may be long: Python's own limit, 131,072 characters, is less than a profile of an array takes.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from typing import Any


def csv_rows(lines: Iterable[str], **options: Any) -> Any:
    """Return `csv.reader` of lines, with cells of any length."""
    csv.field_size_limit(sys.maxsize)  # each time: it is the process's, and others may set it
    return csv.reader(lines, **options)


def csv_mappings(lines: Iterable[str], **options: Any) -> Iterator[dict[str, Any]]:
    """Return `csv.DictReader` of lines, with cells of any length."""
    csv.field_size_limit(sys.maxsize)
    return csv.DictReader(lines, **options)


def usual_delimiter(line: str, signs: str = ",;\t") -> str:
    """Return what separates the cells in a line of a CSV file: the first of `signs` that is in it."""
    bare = "".join(line.split('"')[::2])  # without what is quoted
    return next((sign for sign in signs if sign in bare), signs[0])
