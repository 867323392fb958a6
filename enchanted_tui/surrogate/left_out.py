"""Successful samples from which an output cannot be learnt, since its value is no finite number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from enchanted_tui.surrogate.error_map import telling_condition
from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.surrogate.training_data import OutputValues, TrainingData


@dataclass(frozen=True)
class LeftOut:
    """How many there are of each kind; an array counts by the first of these that it holds."""

    missing: int = 0  #: without a value
    nan: int = 0
    infinite: int = 0
    condition: str = ""  #: where they are, as `error_map.telling_condition` tells
    caught: float = 0.0  #: share of them for which it holds
    others: float = 0.0  #: share of the other successful samples for which it holds

    @property
    def count(self) -> int:
        return self.missing + self.nan + self.infinite

    def note(self, name: str, succeeded: int) -> str:
        """Say how many of so many successful samples are left out, why, and where they are."""
        kinds = [
            (self.nan, "NaN"),
            (self.infinite, "an infinite value"),
            (self.missing, "no value"),
        ]
        which = ", ".join(f"{count:,} with {what}" for count, what in kinds if count)
        are = "is" if self.count == 1 else "are"
        where = f"; {self.caught:.0%} of them lie where {self.condition}" if self.condition else ""
        return (
            f"{name}: {self.count:,} of {succeeded:,} successful samples {are} left out of what is"
            f" learnt of it: {which}{where}"
        )


def left_out(data: TrainingData, output: OutputValues) -> LeftOut:
    """Return which successful samples have no finite value of an output."""
    lacks = data.success & ~output.known
    if not lacks.any():
        return LeftOut()
    missing = lacks & output.missing
    nan = lacks & ~missing & numpy.isnan(output.values).any(axis=1)
    columns = {name: column[data.success] for name, column in data.columns.items()}
    return LeftOut(
        _count(missing),
        _count(nan),
        _count(lacks & ~missing & ~nan),
        *telling_condition(data.space, columns, lacks[data.success]),
    )


def left_out_notes(data: TrainingData) -> list[str]:
    """Return a sentence for each output that not all successful samples have."""
    succeeded = _count(data.success)
    found = [(one.name, left_out(data, one)) for one in data.outputs]
    return [lacks.note(name, succeeded) for name, lacks in found if lacks.count]


def _count(mask: Array) -> int:
    return int(mask.sum())
