"""Checks that several samplers share. Each yields (option, sentence) as `Component.problems`
does.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.config.problems import describe

Problems = Iterator[tuple[str, str]]
Number = int | float

MOST_WHOLE = 2**53  #: whole numbers up to this one are exact in floating point

#: Columns of the dataset that belong to the program.
RESERVED = ("success", "run_dir")


def name_problems(names: Collection[str], option: str = "parameters") -> Problems:
    """Check names of parameters, a list or the keys of a mapping: at least one, none empty, none
    twice, none that the dataset needs for itself.
    """
    if not names:
        yield option, "there is no parameter; name at least one"
    seen: set[str] = set()
    for index, name in enumerate(names):
        where = _place(names, index, name, option)
        if not name.strip():
            yield where, "the name of this parameter is empty; give it one"
        elif name in RESERVED:
            yield (
                where,
                (
                    f"the name {name!r} belongs to the program's own column of the dataset; choose"
                    " another"
                ),
            )
        elif name in seen:
            yield (
                where,
                f"the parameter {name!r} is named twice; each parameter needs a name of its own",
            )
        seen.add(name)


def name_warnings(names: Collection[str], option: str = "parameters") -> Problems:
    """Warn of names that are allowed but collide with what runners usually return."""
    if "output" in names:
        yield (
            _place(names, list(names).index("output"), "output", option),
            (
                "runners usually return 'output', which will replace this parameter in the dataset;"
                " choose another name"
            ),
        )


def _place(names: Collection[str], index: int, name: str, option: str) -> str:
    return f"{option}.{name}" if isinstance(names, Mapping) else f"{option}[{index}]"


def bounds_problems(
    names: Collection[str], bounds: Sequence[Any] | None, what: str = "pairs of bounds"
) -> Problems:
    """Check that a list of names has bounds, one for each, and that parameters which say themselves
    what they may be have none.
    """
    if isinstance(names, Mapping):
        if bounds is not None:
            yield (
                "bounds",
                (
                    "goes with a list of names; here each parameter says its own `low` and `high`,"
                    " so remove the bounds"
                ),
            )
    elif bounds is None:
        yield (
            "bounds",
            "is required: lower and upper bound of each parameter, or values, one for each name",
        )
    else:
        yield from count_problems(len(bounds), names, "bounds", what)


def count_problems(count: int, names: Collection[str], option: str, what: str) -> Problems:
    """Check that there is one `what` per parameter."""
    if count != len(names):
        yield (
            option,
            (
                f"the number of {what} is {count}, that of parameters {len(names)}; give one for"
                " each parameter"
            ),
        )


def interval_problems(lower: Number, upper: Number, where: str) -> Problems:
    """Check one pair of bounds; equal bounds are a constant and fine."""
    if not (_is_finite(lower) and _is_finite(upper)):
        yield (
            where,
            f"the bounds {describe(lower)} and {describe(upper)} must both be finite numbers",
        )
    elif lower > upper:
        yield (
            where,
            (
                f"the lower bound {describe(lower)} is above the upper bound {describe(upper)};"
                " swap them"
            ),
        )
    elif not math.isfinite(float(upper) - float(lower)):
        yield (
            where,
            (
                f"the range from {describe(lower)} to {describe(upper)} is wider than floating"
                " point can hold; narrow it"
            ),
        )


def whole_number_problems(lower: Number, upper: Number, where: str) -> Problems:
    """Check one pair of whole-number bounds, which may be of any size."""
    for bound in (lower, upper):
        if isinstance(bound, float) and not bound.is_integer():
            yield (
                where,
                (
                    f"the distribution int_uniform needs whole numbers as bounds; {describe(bound)}"
                    " is not one"
                ),
            )
            return
    if lower > upper:
        yield (
            where,
            (
                f"the lower bound {describe(lower)} is above the upper bound {describe(upper)};"
                " swap them"
            ),
        )


def too_many_points(total: int, max_points: int) -> str | None:
    """Say so if there are more points than `max_points`."""
    if total <= max_points:
        return None
    amount = (
        f"{total:,}"
        if total < 10**30
        else f"more than 10^{(total.bit_length() - 1) * 30103 // 100000}"
    )
    return (
        f"there would be {amount} points, above max_points = {max_points:,}; take fewer values for"
        " each parameter, or raise max_points"
    )


def _is_finite(number: Number) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond floating point
        return False
