"""Samples as the journal has them: at most `SLICE` of a batch in one record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from enchanted_tui import values
from enchanted_tui.errors import UserError
from enchanted_tui.record.records import AddedRecord, SamplesRecord
from enchanted_tui.values import Row

SLICE = 1_000  #: samples recorded, and kept in memory, at a time


class LostSamplesError(UserError):
    """Drawn values are gone and cannot be drawn again."""


def clean_sample(sample: Mapping[str, Any]) -> Row:
    """Return a sample with text keys and plain Python values."""
    return {str(name): values.plain(value) for name, value in sample.items()}


def samples_record(
    samples: list[Row],
    *,
    depth: int,
    batch: int,
    first: int,
    size: int,
    start: int,
    known: int | None = None,
) -> SamplesRecord:
    """Return samples as a record: a table where they all have the same names."""
    record = SamplesRecord(
        type="samples", depth=depth, batch=batch, first=first, size=size, start=start
    )
    if known is not None:
        record["known"] = known
    names = list(samples[0]) if samples else []
    if all(list(sample) == names for sample in samples):
        record["names"] = names
        record["rows"] = [list(sample.values()) for sample in samples]
    else:
        record["samples"] = samples
    return record


def added_record(record: SamplesRecord, *, request: str, by: str, file: str) -> AddedRecord:
    """Return the record of samples as one of points added by hand."""
    told = {"type": "added", "request": request, "by": by, "file": file}
    return cast(AddedRecord, {**told, **{k: v for k, v in record.items() if k != "type"}})


def read_samples(record: SamplesRecord | AddedRecord) -> list[Row]:
    """Return the samples of a record."""
    if "samples" in record:
        return list(record["samples"])
    names = record["names"]
    return [dict(zip(names, row, strict=True)) for row in record["rows"]]
