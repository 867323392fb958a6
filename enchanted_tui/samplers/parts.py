"""The samplers inside a NestedSampler: made from their configuration, and drawn from stretch by stretch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.samplers.base import Sample, Sampler

_KEPT = 10_000  #: a draw up to this size is kept whole


@dataclass
class Parts:
    """Samplers by their names, and what is wrong with them, each problem located from the NestedSampler's own options."""

    samplers: dict[str, Sampler] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


class Factor:
    """One full draw of a sampler, made when it is needed."""

    def __init__(self, sampler: Sampler) -> None:
        self.size = sampler.target
        self._sampler = sampler
        self._whole: list[Sample] | None = None

    def held(self, positions: range, stride: int) -> Iterator[Sample]:
        """Give the sample that is part of each of consecutive combinations, where it changes every `stride` of them."""
        begin, end = positions.start // stride, (positions.stop - 1) // stride + 1
        drawn = self._drawn(begin, end)
        return (drawn[position // stride - begin] for position in positions)

    def _drawn(self, begin: int, end: int) -> list[Sample]:
        """Give samples `begin` to `end` of the draw repeated without end."""
        drawn: list[Sample] = []
        while begin < end:
            start = begin % self.size
            stop = min(self.size, start + end - begin)
            drawn += self._stretch(start, stop)
            begin += stop - start
        return drawn

    def _stretch(self, start: int, stop: int) -> list[Sample]:
        if self.size > _KEPT:
            return self._sampler.points(0, 0, self.size, start, stop)
        if self._whole is None:
            self._whole = self._sampler.points(0, 0, self.size, 0, self.size)
        return self._whole[start:stop]


def build_parts(configured: Mapping[str, Mapping[str, Any]], product: int | None) -> Parts:
    """Make each sampler. One that lacks a budget it needs gets what makes all of the combinations `product`."""
    parts = Parts()
    unsized: list[str] = []
    for name, options in configured.items():
        cls = _find(name, options, parts)
        if cls is None:
            continue
        if _lacks_budget(cls, options):
            unsized.append(name)
        else:
            _make(name, cls, options, parts)
    if unsized and not parts.problems:
        _make_unsized(unsized, configured, product, parts)
    parts.samplers = {name: parts.samplers[name] for name in configured if name in parts.samplers}
    return parts


def _find(name: str, options: Mapping[str, Any], parts: Parts) -> type[Sampler] | None:
    """Find the class of a sampler that draws by position, the only kind whose draw can be repeated."""
    from enchanted_tui.config.lookup import LookupFailure, find

    where = f"samplers.{name}"
    type_name = options.get("type")
    if not isinstance(type_name, str):
        parts.problems.append((where, "expected a `type`, the name of a sampler; there is none"))
        return None
    try:
        cls = find("sampler", type_name).cls
    except LookupFailure as failure:
        parts.problems.append((f"{where}.type", str(failure)))
        return None
    if not issubclass(cls, Sampler) or cls.points is Sampler.points or cls.adaptive:
        parts.problems.append(
            (f"{where}.type", f"{cls.__name__} cannot be nested, because it does not draw by position; give it a stage of its own")
        )
        return None
    return cls


def _lacks_budget(cls: type[Sampler], options: Mapping[str, Any]) -> bool:
    declared = cls.options().get("budget")
    return declared is not None and declared.required and options.get("budget") is None


def _make(name: str, cls: type[Sampler], options: Mapping[str, Any], parts: Parts) -> None:
    where = f"samplers.{name}"
    try:
        sampler = cls(**{key: value for key, value in options.items() if key != "type"})
    except TypeError as error:
        parts.problems.append((where, str(error)))
        return
    found = [(f"{where}.{option}", sentence) for option, sentence in sampler.problems()]
    parts.problems += found
    if not found:
        parts.warnings += [(f"{where}.{option}", sentence) for option, sentence in sampler.warnings()]
        if getattr(sampler, "batch_size", None) is not None:
            parts.warnings.append(
                (f"{where}.batch_size", "not used: a nested sampler is drawn all at once; set batch_size of the NestedSampler")
            )
        parts.samplers[name] = sampler


def _make_unsized(unsized: list[str], configured: Mapping[str, Mapping[str, Any]], product: int | None, parts: Parts) -> None:
    """Size the one sampler without a budget so that there are `product` combinations."""
    name = unsized[0]
    others = math.prod(sampler.target for sampler in parts.samplers.values())
    if len(unsized) > 1 or product is None or others == 0 or product % others:
        remedy = (
            "give it one"
            if len(unsized) > 1 or product is None
            else f"give it one, or a budget in all that {others} divides, not {product}"
        )
        parts.problems += [(f"samplers.{each}", f"expected a `budget`; there is none; {remedy}") for each in unsized]
        return
    cls = _find(name, configured[name], parts)
    if cls is not None:
        _make(name, cls, {**configured[name], "budget": product // others}, parts)
