"""Which columns of a dataset are parameters, and what the configuration says of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from enchanted_tui.config.continuation import all_ranges
from enchanted_tui.config.ranges import Range, Ranges
from enchanted_tui.config.use import REPLICATE, derived_from, parameter_names
from enchanted_tui.errors import UserError
from enchanted_tui.samplers.axes import Axis, Listed
from enchanted_tui.surrogate.model_inputs import Array, ModelInput
from enchanted_tui.views.task_lines import DrawnSamples

if TYPE_CHECKING:
    from enchanted_tui.record.older.older_view import Recorded
    from enchanted_tui.storage.column_types import ColumnType

_EQUAL = 1e-9  #: by which share of itself a width may be rounded


@dataclass(frozen=True)
class DrawnParameters:
    """What is known of the parameters of a campaign; of stages in their order."""

    by_stage: tuple[tuple[str, ...], ...]  #: the names that each stage draws
    others: frozenset[str] = frozenset()  #: what follows from them: no parameters, nor outputs
    ranges: Ranges = field(default_factory=dict)
    axes: Mapping[str, Axis] = field(default_factory=dict)  #: of those that are drawn from a box
    is_constrained: bool = False
    can_extend: bool = False  #: whether the last stage's sampler has always another point
    is_cut: bool = False  #: whether a condition has left a part of the samples
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """All parameters; one that a later stage draws anew stands where it was drawn first."""
        return list(dict.fromkeys(name for names in self.by_stage for name in names))


def drawn_parameters(root: Path, reader: Recorded, depth: int) -> DrawnParameters:
    """Return the parameters of the stages up to `depth`, by the record and, for what that does not
    say, the configuration.
    """
    samples = DrawnSamples(reader.state, reader.read)
    recorded = [samples.names(stage) for stage in range(depth + 1)]
    try:
        samplers = _samplers(root, reader.state.seed, depth)
    except (UserError, OSError, ImportError) as error:
        said = str(error).splitlines()[0]
        note = f"the configuration cannot be read, so ranges are those of the samples: {said}"
        return DrawnParameters(tuple(recorded), notes=(note,))
    others = {REPLICATE, *(name for spec, _ in samplers for name in derived_from(spec))}
    names = [
        tuple(name for name in found or parameter_names(*sampler)[0] if name not in others)
        for found, sampler in zip(recorded, samplers, strict=True)
    ]
    last = samplers[-1][1]
    return DrawnParameters(
        tuple(names),
        frozenset(others),
        all_ranges(samplers),
        {
            name: axis
            for _, sampler in samplers
            for name, axis in getattr(sampler, "drawn_axes", dict)().items()
        },
        any(getattr(sampler, "constraints", None) for _, sampler in samplers),
        getattr(last, "total", 0) is None,
    )


def _samplers(root: Path, seed: int, depth: int) -> list[tuple[Any, Any]]:
    """Return specification and sampler of each stage up to `depth`."""
    from enchanted_tui.operations.actions import configuration
    from enchanted_tui.record.session_start import build_samplers

    config = configuration(root)
    specs = [config.samplers[stage.sampler] for stage in config.stages]
    return list(zip(specs, build_samplers(config, seed), strict=True))[: depth + 1]


def model_input(
    column: ColumnType, values: Sequence[Any], drawn: DrawnParameters, unit: str
) -> ModelInput:
    """Return a parameter as a model is told of it, from its column and what is known of it."""
    axis, reach = drawn.axes.get(column.name), drawn.ranges.get(column.name)
    unordered = isinstance(axis, Listed) and axis.n_features > 1
    if column.kind not in ("int", "float") or unordered:
        seen = dict.fromkeys(
            value for value in values if isinstance(value, str | bool | int | float)
        )
        return ModelInput(column.name, values=tuple(sorted(seen, key=str)), unit=unit)
    numbers = numpy.array(values, dtype=float)
    numbers = numbers[numpy.isfinite(numbers)]
    found = _number(column.name, numbers, reach, unit, is_cut=drawn.is_cut)
    return replace(found, whole=column.kind == "int")


def _number(
    name: str, numbers: Array, reach: Range | None, unit: str, *, is_cut: bool
) -> ModelInput:
    """Return a parameter with the range of its samples or, where these fill it, the one that the
    configuration gives: random samples come near its ends and do not reach them.
    """
    low, high = float(numbers.min()), float(numbers.max())
    if reach is None:
        return ModelInput(name, low, high, unit=unit)
    log = reach.logarithmic and low > 0
    if not is_cut and low < high:
        scaled: Callable[[float], float] = math.log if log and reach.lower > 0 else float
        levels = [scaled(one) for one in numpy.unique(numbers).tolist()]
        # of gaps at random, one at an end is hardly ever twice as wide as all others; where values
        # come again, as in a grid, there is none at the ends
        times = 1 - _EQUAL if 2 * len(levels) <= len(numbers) else 2
        near = times * float(numpy.diff(levels).max())
        low, high = (
            min(low, reach.lower) if scaled(low) - scaled(reach.lower) < near else low,
            max(high, reach.upper) if scaled(reach.upper) - scaled(high) < near else high,
        )
    return ModelInput(name, low, high, log, unit=unit)
