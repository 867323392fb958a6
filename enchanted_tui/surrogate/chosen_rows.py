"""Which rows of a dataset ``--where`` leaves for a model, and what follows of what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from enchanted_tui.export.where_rows import some_kept
from enchanted_tui.expressions import normal_name
from enchanted_tui.samplers.axes import Listed
from enchanted_tui.surrogate.campaign_inputs import DrawnParameters
from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.views.row_condition import RowCondition

_SUCCESS = "success"


@dataclass(frozen=True)
class ChosenRows:
    """The rows that keep a condition."""

    condition: str
    kept: Array  #: (n,), of all rows
    parameters: tuple[str, ...]  #: those that the condition is about ...
    others: tuple[str, ...]  #: ... and other columns: outputs, success, what is derived
    has_failures: bool  #: whether any row has failed, kept or not
    has_gap: bool  #: whether what is kept of the one parameter has rows between that are not

    @property
    def note(self) -> str:
        count = len(self.kept)
        return f"only the {int(self.kept.sum()):,} of {count:,} samples where {self.condition}"

    @property
    def hides_failures(self) -> str:
        """Say why nothing can be learnt of failures; nothing if it can. A failed sample has no
        outputs, so that a condition on these does not choose it as it chooses others.
        """
        if not (self.others and self.has_failures):
            return ""
        names = ", ".join(self.others)
        return (
            f"nothing is learnt of where samples fail: the condition is about {names}, by which"
            " failed samples are not chosen as the others are"
        )

    @property
    def leaves_no_box(self) -> str:
        """Say why the inputs are not independent in the region of the condition; nothing if they
        are, since it leaves one parameter a shorter range or fewer values.
        """
        others = [name for name in self.others if name != _SUCCESS]
        if len(self.parameters) == 1 and not others:
            return "it cuts a piece out of the range" if self.has_gap else ""
        if not others and not self.parameters and self.others:
            return ""  # of success alone: only successful samples count anyway
        names = ", ".join((*self.parameters, *others)) or "no parameter"
        return f"it is about {names}, and inputs would not be independent of each other"


def choose_rows(
    written: str,
    columns: Mapping[str, Sequence[Any]],
    count: int,
    success: Array,
    drawn: DrawnParameters,
) -> ChosenRows:
    """Return which of `count` rows keep a condition. Raises ExportError, also if that is none."""
    kept = numpy.array(some_kept(written, columns, count), dtype=bool)
    by_form = {normal_name(name): name for name in columns}
    named = [
        name if name in columns else by_form[normal_name(name)]
        for name in sorted(RowCondition(written).names)
    ]
    parameters = tuple(name for name in named if name in drawn.names)
    return ChosenRows(
        written,
        kept,
        parameters,
        tuple(name for name in named if name not in parameters),
        not success.all(),
        len(parameters) == 1
        and not isinstance(drawn.axes.get(parameters[0]), Listed)
        and _has_gap(columns[parameters[0]], success, kept),
    )


def _has_gap(values: Sequence[Any], success: Array, kept: Array) -> bool:
    """Tell whether a successful row that is not kept lies between others that are."""
    if not all(isinstance(value, int | float) for value in values):
        return False
    numbers = numpy.array(values, dtype=float)
    inside = numbers[kept & success]
    if not len(inside):
        return False
    left = numbers[~kept & success]
    return bool(((left > inside.min()) & (left < inside.max())).any())
