"""The samplers inside a NestedSampler: made from their configuration, and drawn from stretch by
stretch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from enchanted_tui.samplers.base import Sample, Sampler

_KEPT = 10_000  #: a draw up to this size is kept whole


#: gives a sampler of this name its seed
Place = Callable[[str, Any], None]


@dataclass
class Parts:
    """Samplers by their names, and what is wrong with them, each problem located from the
    NestedSampler's own options.
    """

    samplers: dict[str, Sampler]
    problems: list[tuple[str, str]]
    warnings: list[tuple[str, str]]


class Factor:
    """One full draw of a sampler, made when it is needed."""

    def __init__(self, sampler: Sampler) -> None:
        self.size = sampler.target
        self._sampler = sampler
        self._whole: list[Sample] | None = None

    def held(self, positions: range, stride: int) -> Iterator[Sample]:
        """Return the sample that is part of each of consecutive combinations, where it changes
        every `stride` of them.
        """
        begin, end = positions.start // stride, (positions.stop - 1) // stride + 1
        drawn = self._drawn(begin, end)
        return (drawn[position // stride - begin] for position in positions)

    def _drawn(self, begin: int, end: int) -> list[Sample]:
        """Return samples `begin` to `end` of the draw repeated without end."""
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


def build_parts(
    configured: Mapping[str, Mapping[str, Any]], product: int | None, place: Place
) -> Parts:
    """Check and make each sampler, which `place` gives its seed. One that lacks a budget it needs
    gets what makes all of the combinations `product`.
    """
    unsized = [name for name, options in configured.items() if lacks_budget(options)]
    sized = {name: options for name, options in configured.items() if name not in unsized}
    parts = _make(sized, place)
    if len(unsized) == 1 and product is not None and not parts.problems:
        others = math.prod(sampler.target for sampler in parts.samplers.values())
        if others == 0 or product % others:
            sentence = (
                f"is required, because the budget in all, {product}, is no multiple of the other"
                f" samplers' {others} combinations"
            )
            parts.problems.append((f"samplers.{unsized[0]}.budget", sentence))
            return parts
        configured = {
            **configured,
            unsized[0]: {**configured[unsized[0]], "budget": product // others},
        }
    return _make(configured, place) if unsized else parts


def lacks_budget(options: Any) -> bool:
    """Tell whether a sampler of a known class needs a budget and has none."""
    if isinstance(options, Mapping) and options.get("budget") is not None:
        return False
    cls = _class_of(options)
    return cls is not None and "budget" in cls.options() and cls.options()["budget"].required


def begins_alike(options: Any) -> bool:
    """Tell whether a sampler draws the same at first, whatever its budget."""
    cls = _class_of(options)
    return cls is not None and cls.begins_alike


def _class_of(options: Any) -> type[Sampler] | None:
    """Return the class of a configured sampler; None where it is not known, which is told when it
    is checked.
    """
    from enchanted_tui.config.lookup import LookupFailure, find

    if not isinstance(options, Mapping) or not isinstance(options.get("type"), str):
        return None
    try:
        cls = find("sampler", options["type"]).cls
    except LookupFailure:
        return None
    return cls if issubclass(cls, Sampler) else None


def _make(configured: Mapping[str, Mapping[str, Any]], place: Place) -> Parts:
    """Make the samplers as the configuration does, with everything there is to say about them."""
    from enchanted_tui.config.components import Checker
    from enchanted_tui.config.report import Report
    from enchanted_tui.config.tree import Document, Map

    report = Report(Document("", Map({"samplers": dict(configured)}), has_text=False))
    checker = Checker(report, Path.cwd(), ())
    samplers: dict[str, Sampler] = {}
    for name, options in configured.items():
        checked = checker.component(
            "sampler", name, ("samplers", name), options, prepare=partial(place, name)
        )
        if checked is None:
            continue
        spec, sampler = checked
        if not _draws_by_position(sampler):
            message = (
                f"{spec.cls.__name__} cannot be nested, because it does not draw by position; give"
                " it a stage of its own"
            )
            report.error(("samplers", name, "type"), message)
            continue
        samplers[name] = sampler
        if getattr(sampler, "batch_size", None) is not None:
            message = (
                "not used, because a nested sampler is drawn all at once; set the batch_size of the"
                " NestedSampler"
            )
            report.warning(("samplers", name, "batch_size"), message)
    said = {"error": list[tuple[str, str]](), "warning": list[tuple[str, str]]()}
    for problem in report.problems:
        said[problem.severity].append((problem.key, problem.message))
    return Parts(samplers, said["error"], said["warning"])


def _draws_by_position(sampler: Any) -> bool:
    """Tell whether any part of a sampler's draw can be repeated."""
    return (
        isinstance(sampler, Sampler)
        and type(sampler).points is not Sampler.points
        and not sampler.adaptive
    )
