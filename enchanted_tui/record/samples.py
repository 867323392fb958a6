"""Samples as the journal has them: at most `SLICE` of a batch in one record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enchanted_tui import values
from enchanted_tui.record.journal import Record
from enchanted_tui.values import Row

SLICE = 1_000  #: samples recorded, and kept in memory, at a time


class LostSamplesError(Exception):
    """Drawn values are gone and cannot be drawn again."""


def clean_sample(sample: Mapping[str, Any]) -> Row:
    """Give a sample with text keys and plain Python values."""
    return {str(name): values.plain(value) for name, value in sample.items()}


def write_samples(samples: list[Row]) -> Record:
    """Give samples as the fields of a record: a table where they all have the same names."""
    names = list(samples[0]) if samples else []
    if all(list(sample) == names for sample in samples):
        return {"names": names, "rows": [list(sample.values()) for sample in samples]}
    return {"samples": samples}


def read_samples(record: Record) -> list[Row]:
    """Give the samples of a record made by `write_samples`."""
    if "samples" in record:
        return list(record["samples"])
    names = record["names"]
    return [dict(zip(names, row, strict=True)) for row in record["rows"]]
