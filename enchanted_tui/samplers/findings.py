"""What a sampler that learns is told, and how it takes a row of results."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    pass


class Finding(NamedTuple):
    """What became of a sample: its value, NaN where it failed."""

    position: int  #: in the stage; below 0 for samples of somebody else's campaign
    point: tuple[float, ...]
    value: float


@dataclass
class Known:
    """All findings, by position."""

    findings: dict[int, Finding] = field(default_factory=dict)

    def ordered(self) -> list[Finding]:
        return [self.findings[position] for position in sorted(self.findings)]


def number_in(value: Any) -> float | None:
    """Return a value as a number, NaN if it is missing or too large; None if it is something else:
    an array, or text.
    """
    try:
        return math.nan if value is None or value == "" else float(value)
    except OverflowError:
        return math.nan
    except (TypeError, ValueError):
        return None
