"""A short text by which it is known whether a dataset still is the one that something was worked
out from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping


def fingerprint(rows: int, columns: Mapping[str, Iterable[float]]) -> str:
    """Return a text that is another one when samples have been added, or run again.

    `columns` are those of the dataset as numbers, NaN where there is none. It is made of what each
    run of a sample has for itself, its run times, and does not depend on the order of rows: `fsum`
    rounds once.
    """
    times = (
        value
        for name, values in columns.items()
        if name.startswith("runtime_sec_")
        for value in values
        if math.isfinite(value)
    )
    succeeded = sum(value == 1.0 for value in columns.get("success", ()))
    return f"{rows} {succeeded} {math.fsum(times).hex()}"
