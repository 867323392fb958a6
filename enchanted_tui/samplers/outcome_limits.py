"""Limits of outputs, as a configuration says them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.config.options import Nested, option
from enchanted_tui.samplers.findings import Limit


class OutcomeLimit(Nested):
    """How small and how large an output may be."""

    ge: float | None = option(None, doc="At least this.", example=3)
    le: float | None = option(None, doc="At most this.", example=5)
    gt: float | None = option(None, doc="More than this.", example=0)
    lt: float | None = option(None, doc="Less than this.", example=1)

    def problems(self) -> Iterator[tuple[str, str]]:
        for name in ("ge", "le", "gt", "lt"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                yield name, f"{number} is no limit; write a number, or leave it out"
                return
        for inclusive, strict in (("ge", "gt"), ("le", "lt")):
            if getattr(self, inclusive) is not None and getattr(self, strict) is not None:
                yield strict, f"says another limit on the side of {inclusive}; remove one"
                return
        low, high = limit_of(vars(self))
        if low is None and high is None:
            yield "", "needs a limit: ge or gt, le or lt, or one of each"
        elif low is not None and high is not None and low > high:
            lower = "ge" if self.ge is not None else "gt"
            yield lower, f"nothing is {_told(self)}; swap them, or leave room between them"


def limit_of(written: Mapping[str, Any]) -> Limit:
    """Return the lowest and the highest value that a limit allows; None where there is no such
    limit.

    Next to the number in ``gt`` or ``lt`` comes the nearest one that floating point has.
    """
    low, high = written.get("ge"), written.get("le")
    if low is None and written.get("gt") is not None:
        low = math.nextafter(written["gt"], math.inf)
    if high is None and written.get("lt") is not None:
        high = math.nextafter(written["lt"], -math.inf)
    return low, high


def _told(limit: OutcomeLimit) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    given = [(word, getattr(limit, name)) for name, word in words.items()]
    return " and ".join(f"{word} {number}" for word, number in given if number is not None)
