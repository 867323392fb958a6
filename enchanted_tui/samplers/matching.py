"""Points that somebody gives, made into samples of a stage: columns that are its parameters, values
of their types.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.ranges import Ranges, is_number
from enchanted_tui.errors import ExitCode, UserError
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.design import REPLICATE, DesignSampler
from enchanted_tui.suggestions import did_you_mean

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Axis


class MismatchError(UserError, ValueError):
    """Points are no samples of the stage; the message is one sentence with the remedy."""

    exit_code = ExitCode.USAGE


class Matching:
    """What the samples of a stage look like."""

    def __init__(self, sampler: Any, examples: Sequence[Mapping[str, Any]]) -> None:
        """`examples`: samples of the stage, as far as there are any."""
        self._sampler, self._examples = sampler, examples
        self.names = self._names()
        axes = sampler.space.axes if isinstance(sampler, BoxSampler) else {}
        if getattr(sampler, "pool", None) is not None:  # whose numbers are as they are in its file
            axes = {name: axis for name, axis in axes.items() if axis.listed is not None}
        self._axes: Mapping[str, Axis] = axes

    def _names(self) -> list[str]:
        if isinstance(self._sampler, DesignSampler):
            return list(self._sampler.drawn_names)
        if self._examples:
            return list(self._examples[0])
        return list(getattr(self._sampler, "parameter_names", ()))

    def check_names(self, names: Sequence[str], file: str) -> None:
        """Raise MismatchError unless the columns of a file are exactly the parameters."""
        for name in names:
            if self.names and name not in self.names:
                derived = getattr(self._sampler, "derived", None) or ()
                why = (
                    "is derived from others"
                    if name in derived
                    else f"is no parameter of the stage, which has {', '.join(self.names)}"
                )
                raise MismatchError(
                    f"the column {name!r} of {file} {why}; leave it out, or name the columns to"
                    f" take{did_you_mean(name, self.names)}"
                )
        for name in self.names:
            if name not in names:
                raise MismatchError(
                    f"{file} has no column {name!r}, only {', '.join(names)}; give all parameters"
                    f" of the stage: {', '.join(self.names)}{did_you_mean(name, names)}"
                )

    def samples(self, points: Sequence[Sample], file: str) -> tuple[list[Sample], list[str]]:
        """Return points as samples of the stage, as often as that repeats each, and what is worth a
        word. Raises MismatchError.
        """
        typed = [
            {name: self._value(name, point[name], number, file) for name in self.names or point}
            for number, point in enumerate(points, 1)
        ]
        if isinstance(self._sampler, DesignSampler):
            self._check_constraints(typed, file)
            typed = self._sampler.complete(typed)
        times = getattr(self._sampler, "repeats", 1)
        words = [*self._odd_kinds(typed), *self._outside(typed)]
        if times == 1:
            return typed, words
        return [{**point, REPLICATE: k} for point in typed for k in range(times)], words

    # -- values ------------------------------------------------------------------------------------

    def _value(self, name: str, value: Any, number: int, file: str) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            raise self._misfit(name, value, number, file, "is not finite")
        axis = self._axes.get(name)
        if axis is not None and axis.listed is not None:
            return self._listed(name, axis.listed, value, number, file)
        if axis is not None:
            if not is_number(value):
                raise self._misfit(name, value, number, file, "is no number")
            if not axis.is_discrete:
                return float(value)
            if float(value) != int(value):
                raise self._misfit(name, value, number, file, "is no whole number")
            return int(value)
        return self._as_examples(name, value, number, file)

    def _listed(self, name: str, listed: list[Any], value: Any, number: int, file: str) -> Any:
        for known in listed:
            if known == value and isinstance(known, bool) == isinstance(value, bool):
                return known
        by_text = {str(known): known for known in listed}
        if str(value) in by_text:
            return by_text[str(value)]
        shown = ", ".join(list(by_text)[:20])
        near = did_you_mean(value, by_text)
        raise self._misfit(name, value, number, file, f"is none of {shown}{near}")

    def _as_examples(self, name: str, value: Any, number: int, file: str) -> Any:
        """Return a value in the type that the parameter has in all samples so far."""
        kinds = {type(example[name]) for example in self._examples if name in example}
        if kinds == {str}:
            return value if isinstance(value, str) else str(value)
        if kinds and kinds <= {int, float} and not is_number(value):
            raise self._misfit(name, value, number, file, "is no number")
        if kinds == {float}:
            return float(value)
        if kinds == {int} and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    @staticmethod
    def _misfit(name: str, value: Any, number: int, file: str, why: str) -> MismatchError:
        return MismatchError(f"point {number} of {file}: {name} = {value!r} {why}; correct it")

    # -- all together ------------------------------------------------------------------------------

    def _check_constraints(self, samples: list[Sample], file: str) -> None:
        from enchanted_tui.samplers.parameter_space import columns_of
        from enchanted_tui.samplers.region import Region

        sampler: DesignSampler = self._sampler
        for constraint in sampler.constraints or ():
            region = Region([constraint], sampler.derived or {})
            holds = region.holds(columns_of(samples, self.names)).tolist()
            if not all(holds):
                raise MismatchError(
                    f"point {holds.index(False) + 1} of {file} does not keep the constraint"
                    f" {constraint!r}, which all samples of the stage do; leave it out"
                )

    def _odd_kinds(self, samples: list[Sample]) -> list[str]:
        """Say which parameters have been whole numbers and are not any more."""
        found = []
        for name in self.names if not self._axes else ():
            kinds = {type(example[name]) for example in self._examples if name in example}
            if kinds == {int} and any(type(sample[name]) is float for sample in samples):
                found.append(f"{name!r} has been a whole number in this stage")
        return found

    def _outside(self, samples: list[Sample]) -> list[str]:
        """Say how many points lie outside of the bounds."""
        ranges: Ranges = self._sampler.ranges() if hasattr(self._sampler, "ranges") else {}
        found = []
        for name, reach in ranges.items():
            if reach is None or name not in self.names:
                continue
            count = sum(
                is_number(sample[name]) and not reach.lower <= sample[name] <= reach.upper
                for sample in samples
            )
            if count:
                lie = "point lies" if count == 1 else "points lie"
                found.append(
                    f"{count} {lie} outside of the range of {name!r}, {reach.lower:g} to"
                    f" {reach.upper:g}"
                )
        return found
