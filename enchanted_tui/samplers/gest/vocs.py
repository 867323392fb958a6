"""The optimisation problem as a generator is told of it: variables, objectives, limits and
observables, as plain data that can be sent to another process.

The words are those of gest-api (https://gest-api.readthedocs.io): variables and outputs together
are VOCS.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.errors import UserError
from enchanted_tui.samplers.axes import Axis, Interval, Logarithmic, Normal, WholeNumbers

#: Whole numbers that are told one by one
MOST_LISTED = 10_000
_LOGARITHM = "log"

Variable = dict[str, Any]
Point = dict[str, Any]
Problem = dict[str, Any]


class NoVariableError(UserError):
    """A parameter cannot be told to a generator; the text says why and what to do."""


def variables_of(axes: Mapping[str, Axis]) -> dict[str, Variable]:
    """Return the variables that the parameters are, by name: ``low`` and ``high``, with ``log``
    where a generator is told the decimal logarithm; or the ``values`` that are possible.

    A parameter that is held constant is none. Raises NoVariableError.
    """
    return {name: _variable(axis) for name, axis in axes.items() if not axis.is_constant}


def _variable(axis: Axis) -> Variable:
    if axis.listed is not None:
        return {"values": list(axis.listed)}
    if isinstance(axis, WholeNumbers):
        count = axis.high - axis.low + 1
        if count > MOST_LISTED:
            raise NoVariableError(
                f"has {count:,} whole numbers, and a generator is told of each by itself:"
                f" {MOST_LISTED:,} at most; leave integer out, or narrow the range"
            )
        return {"values": list(range(axis.low, axis.high + 1))}
    if isinstance(axis, Normal) and not math.isfinite(axis.high - axis.low):
        raise NoVariableError(
            "has no bounds, and a generator needs some; write truncated_normal with low and high"
        )
    assert isinstance(axis, Interval | Normal)
    found: Variable = {"low": axis.low, "high": axis.high}
    return {**found, _LOGARITHM: True} if isinstance(axis, Logarithmic) else found


def bounds_told(variable: Variable) -> list[float]:
    """Return the bounds of a variable as a generator sees them."""
    return [to_generator(variable, variable[end]) for end in ("low", "high")]


def to_generator(variable: Variable, value: Any) -> Any:
    """Return a value of a parameter as a generator sees it."""
    return math.log10(value) if variable.get(_LOGARITHM) and value > 0 else value


def vocs_of(problem: Problem) -> Any:
    """Return the `gest_api.vocs.VOCS` of a problem. Raises ImportError, and whatever VOCS does."""
    from gest_api.vocs import VOCS, ContinuousVariable, DiscreteVariable

    variables = {
        name: DiscreteVariable(values=set(variable["values"]))
        if "values" in variable
        else ContinuousVariable(domain=bounds_told(variable))
        for name, variable in problem["variables"].items()
    }
    return VOCS(
        variables=variables,
        objectives={name: way.upper() for name, way in problem["objectives"].items()},
        constraints=dict(_constraints(problem["subject_to"])),
        observables=list(problem["observables"]),
    )


def _constraints(limits: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    for name, (low, high) in limits.items():
        if low is not None and high is not None:
            yield name, ["BOUNDS", low, high]
        else:
            yield name, ["LESS_THAN", high] if low is None else ["GREATER_THAN", low]
