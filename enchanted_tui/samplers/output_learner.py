"""What a sampler learns from: which columns, what of a sample counts as an observation, and which
limits outputs have.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.findings import (
    Finding,
    Known,
    Limit,
    mean,
    number_in,
    succeeded,
    useless,
    within,
)
from enchanted_tui.samplers.missing_columns import MissingColumns
from enchanted_tui.samplers.modelled_box import ModelledBox
from enchanted_tui.samplers.outcome_limits import OutcomeLimit, limit_of
from enchanted_tui.values import Row

log = logging.getLogger(__name__)


class OutputLearner(ModelledBox):
    """A sampler that is told results."""

    #: The option that names several outputs, each learnt by itself.
    several: ClassVar[str] = ""

    observations: list[str | None] = option(
        [None],
        doc="Columns whose sum is learnt from; by default the column output.",
        example=["growth_rate", "penalty"],
    )
    subject_to: dict[str, dict[str, Any]] = option(
        {},
        doc=(
            "Limits of outputs, by column: at least (`ge`), at most (`le`), more than (`gt`), less"
            " than (`lt`). Samples are put where it is probable that they are kept, and the best"
            " one is looked for among those that keep them."
        ),
        example={"q95": {"ge": 3}},
        nested=OutcomeLimit,
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._known = Known()
        self._told_useless = False
        self._points: dict[int, Sample] = {}  #: samples that are repeated, by position

    # -- what is learnt ----------------------------------------------------------------------------

    def named_outputs(self) -> Sequence[str]:
        """Return the outputs that are learnt each by itself; empty where it is the sum of the
        observations.
        """
        return list(getattr(self, self.several)) if self.several else []

    def output_columns(self) -> list[str]:
        """Return the columns that values come from."""
        return list(self.named_outputs()) or [name or "output" for name in self.observations]

    def learnt_columns(self) -> list[tuple[str, str]]:
        """Return pairs of an option's place and the column that it names, which some runner has to
        return.
        """
        option, named = self.several, getattr(self, self.several) if self.several else ()
        if not named:
            option, named = "observations", self.observations
        places = [
            (f"{option}.{name}" if isinstance(named, dict) else f"{option}[{place}]", name)
            for place, name in enumerate(named)
            if name is not None
        ]
        return [*places, *((f"subject_to.{name}", name) for name in self.subject_to)]

    @cached_property
    def _missing(self) -> MissingColumns:
        """Of the columns that are asked for each by itself; what is summed only warns."""
        places = {name: where for where, name in self.learnt_columns()}
        return MissingColumns(
            {name: where for name, where in places.items() if not where.startswith("observations")}
        )

    def limits(self) -> Mapping[str, Limit]:
        """Return lowest and highest value of each output that has limits."""
        return {name: limit_of(limit) for name, limit in self.subject_to.items()}

    # -- results -----------------------------------------------------------------------------------

    def begin(self, data_dir: str) -> None:
        """Read the earlier campaign's samples, if there is one; `data_dir` is where the run
        directories of this one are.
        """
        for number, (sample, row) in enumerate(self.earlier(data_dir)):
            OutputLearner.tell(self, -1 - number, sample, [row])

    def tell(self, position: int, sample: Sample, rows: Sequence[Row]) -> None:
        """Take in a finished sample: `rows` holds one row for each of its parents.

        Its values are the means over the rows that succeeded; where none did, or a value is missing
        or not finite, the sample failed.
        """
        self._look_for_columns(position, rows)
        if self.repeats > 1:
            self._points[position] = sample
        self.note_drawn(position, sample)
        told = [(row, self.values_of(row)) for row in rows]
        good = [(row, values) for row, values in told if all(map(math.isfinite, values))]
        width = len(self.named_outputs()) or 1
        values = tuple(mean(values[k] for _, values in good) for k in range(width))
        if not all(map(math.isfinite, values)):
            values = (math.nan,) * width
        outcomes = tuple(
            mean(number_in(row.get(name)) for row, _ in good) for name in self.limits()
        )
        self._known.findings[position] = Finding(
            position,
            self.features([sample])[0],
            values,
            outcomes,
            within(outcomes, self.limits().values()),
        )

    def _look_for_columns(self, position: int, rows: Sequence[Row]) -> None:
        """Warn once of a sample that nothing is learnt from, and take note of missing columns."""
        if position >= 0:
            self._missing.look(rows)
        for row in rows if not self._told_useless else ():
            sentence = useless(row, self.output_columns())
            if sentence:
                self._told_useless = True
                log.warning(sentence)
                break

    def values_of(self, row: Row) -> tuple[float, ...]:
        """Return what is learnt from a row: the outputs that are learnt each by itself, or the sum
        of the observations; NaN where there is nothing to learn from it.
        """
        numbers = [
            math.nan if number is None else number
            for number in (number_in(row.get(name)) for name in self.output_columns())
        ]
        if self.named_outputs():
            return tuple(numbers if succeeded(row) else [math.nan] * len(numbers))
        if not succeeded(row):
            return (math.nan,)
        try:
            return (math.fsum(numbers),)
        except (
            ValueError,
            OverflowError,
        ):  # infinities of both signs; a sum beyond all floating point
            return (math.nan,)

    def known_count(self) -> int:
        """How many samples of the stage are known to have finished."""
        return sum(position >= 0 for position in self._known.findings)

    def told(self, findings: Sequence[Finding]) -> dict[str, Any]:
        """Return what a question to the model says of findings."""
        limits = self.limits()
        missing = (math.nan,) * len(limits)
        several = bool(self.named_outputs())
        outcomes = {"outcomes": [f.outcomes or missing for f in findings]} if limits else {}
        return {
            "points": [list(finding.point) for finding in findings],
            "values": [list(f.values) if several else f.value for f in findings],
            **outcomes,
        }

    # -- checks ------------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.observations:
            yield (
                "observations",
                "there is no column to learn from; name at least one, or leave the option out",
            )
        if self.named_outputs() and self.observations not in ([None], []):
            yield (
                "observations",
                f"does not go with `{self.several}`, which names what is learnt; remove one",
            )
