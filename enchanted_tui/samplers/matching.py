"""Points that somebody gives, made into samples of a stage: columns that are its parameters, values
of their types.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.ranges import Ranges, is_number
from enchanted_tui.errors import ExitCode, UserError
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.design import REPLICATE, DesignSampler
from enchanted_tui.suggestions import did_you_mean

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Axis

_MOST_SAID = 20  #: sentences about one file


class MismatchError(UserError, ValueError):
    """Points are no samples of the stage; the message has a sentence with the remedy for
    each thing that is wrong, a line each.
    """

    exit_code = ExitCode.USAGE


def _all_of(said: Sequence[str]) -> MismatchError:
    """Return an error with a line for each sentence, the first ones where there are many."""
    more = len(said) - _MOST_SAID
    lines = [*said[:_MOST_SAID], *([f"and {more:,} more to correct"] if more > 0 else [])]
    return MismatchError("\n".join(lines))


def _may_be_number(value: Any) -> bool:
    """Tell whether a value is text that reads as a number."""
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False


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

    def check_names(self, points: Sequence[Sample], file: str) -> None:
        """Raise MismatchError, with all there is to correct, unless the columns of a file are
        exactly the parameters.
        """
        names = list(points[0])
        said = list(self._name_problems(names, file))
        if said:
            known = [name for name in names if name in self.names]
            raise _all_of([*said, *self._typed(points, known, file)[1]])

    def _name_problems(self, names: Sequence[str], file: str) -> Iterator[str]:
        for name in names:
            if self.names and name not in self.names:
                derived = getattr(self._sampler, "derived", None) or ()
                why = (
                    "is derived from others"
                    if name in derived
                    else f"is no parameter of the stage, which has {', '.join(self.names)}"
                )
                yield (
                    f"the column {name!r} of {file} {why}; leave it out, or name the columns to"
                    f" take{did_you_mean(name, self.names)}"
                )
        for name in self.names:
            if name not in names:
                yield (
                    f"{file} has no column {name!r}, only {', '.join(names)}; give all parameters"
                    f" of the stage: {', '.join(self.names)}{did_you_mean(name, names)}"
                )

    def samples(self, points: Sequence[Sample], file: str) -> tuple[list[Sample], list[str]]:
        """Return points as samples of the stage, as often as that repeats each, and what is worth a
        word. Raises MismatchError with all there is to correct.
        """
        typed, said = self._typed(points, self.names or list(points[0]), file)
        if said:
            raise _all_of(said)
        if isinstance(self._sampler, DesignSampler):
            self._check_constraints(typed, file)
            typed = self._sampler.complete(typed)
        times = getattr(self._sampler, "repeats", 1)
        words = [*self._odd_kinds(typed), *self._outside(typed)]
        if times == 1:
            return typed, words
        return [{**point, REPLICATE: k} for point in typed for k in range(times)], words

    # -- values ------------------------------------------------------------------------------------

    def _typed(
        self, points: Sequence[Sample], names: Sequence[str], file: str
    ) -> tuple[list[Sample], list[str]]:
        """Return points with values of the right types, and what is wrong with others."""
        typed, said = [], list[tuple[str, bool, str]]()
        for number, point in enumerate(points, 1):
            sample = {}
            for name in names:
                try:
                    sample[name] = self._value(name, point[name], number, file)
                except MismatchError as error:
                    said.append((name, _may_be_number(point[name]), str(error)))
            typed.append(sample)
        # one cell that is no number makes text of the others of its column
        spoilt = {name for name, may_be_number, _ in said if not may_be_number}
        return typed, [text for name, may_be, text in said if not (may_be and name in spoilt)]

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
        said = []
        for constraint in sampler.constraints or ():
            region = Region([constraint], sampler.derived or {})
            holds = region.holds(columns_of(samples, self.names)).tolist()
            said += [
                f"point {number} of {file} does not keep the constraint {constraint!r}, which all"
                " samples of the stage do; leave it out"
                for number, kept in enumerate(holds, 1)
                if not kept
            ]
        if said:
            raise _all_of(said)

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
