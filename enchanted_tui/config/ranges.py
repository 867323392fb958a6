"""How far the values of parameters reach, as their samplers tell: by it distances are scaled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from enchanted_tui.config.models import ComponentSpec


class Range(NamedTuple):
    """Lowest and highest value of a parameter; `logarithmic` where ratios count, not
    differences.
    """

    lower: float
    upper: float
    logarithmic: bool = False


#: By parameter; None for one that is text.
Ranges = Mapping[str, Range | None]


def range_of(values: Iterable[Any]) -> Range | None:
    """Return the range of values; None if one of them is no number, or if there are none."""
    found = list(values)
    if not found or not all(is_number(value) for value in found):
        return None
    return Range(float(min(found)), float(max(found)))


def ranges_of(spec: ComponentSpec, sampler: Any) -> Ranges:
    """Return the ranges that a sampler knows; those of a plugin by its customary options `bounds`
    and `parameters`.
    """
    if hasattr(sampler, "ranges"):
        found: Ranges = sampler.ranges()
        return found
    names, bounds = spec.options.get("parameters"), spec.options.get("bounds")
    if not isinstance(names, list) or not isinstance(bounds, list) or len(names) != len(bounds):
        return {}
    pairs = zip(names, bounds, strict=True)
    return {
        str(name): range_of(pair)
        for name, pair in pairs
        if isinstance(pair, list | tuple) and len(pair) == 2 and all(map(is_number, pair))
    }


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
