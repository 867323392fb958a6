"""All combinations of what other samplers draw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Ranges
from enchanted_tui.samplers import checks
from enchanted_tui.samplers.base import Sample, Sampler
from enchanted_tui.samplers.finite import MAX_POINTS, stretch, total_by_default
from enchanted_tui.samplers.parts import Factor, Parts, build_parts
from enchanted_tui.samplers.qmc import derived_seed


class NestedSampler(Sampler):
    """Combine one full draw of each of several samplers with every other, the first changing
    slowest.
    """

    samplers: dict[str, dict[str, Any]] = option(
        doc=(
            "The samplers to combine, each configured as under the top-level `samplers`, the first"
            " changing slowest."
        ),
        example={
            "geometry": {
                "type": "GridSampler",
                "bounds": [[1.6, 2.0]],
                "parameters": ["elongation"],
                "num_samples": 5,
            },
            "noise": {
                "type": "RandomSampler",
                "bounds": [[0, 1]],
                "parameters": ["phase"],
                "budget": 10,
            },
        },
        nested="sampler",
    )
    budget: int | None = total_by_default(  # type: ignore[assignment]
        "How many of the combinations to take, from the first; without it, all. It also sizes the"
        " one sampler that lacks a budget."
    )
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, all are one batch.", ge=1
    )
    max_points: int = option(
        MAX_POINTS, doc="More combinations than this are an error, as they are hardly meant.", ge=1
    )

    def place(self, campaign_seed: int, stage: int, *, given: bool = True) -> None:
        super().place(campaign_seed, stage, given=given)
        vars(self).pop("_factors", None)

    @cached_property
    def _parts(self) -> Parts:
        return build_parts(self.samplers, vars(self)["budget"])

    @cached_property
    def _factors(self) -> list[Factor]:
        """The samplers ready to draw, each with a seed of its own. Raises ValueError if anything is
        wrong with them.
        """
        for where, sentence in self.problems():
            raise ValueError(f"{where}: {sentence}")
        factors = []
        for index, sampler in enumerate(self._parts.samplers.values()):
            sampler.place(
                derived_seed(self.effective_seed(), self.stage, index),
                self.stage,
                given=self.seed_given,
            )
            factors.append(Factor(sampler))
        return factors

    @property
    def total(self) -> int:
        """Number of combinations; 0 while something is wrong with the samplers."""
        return (
            0
            if self._parts.problems
            else math.prod(sampler.target for sampler in self._parts.samplers.values())
        )

    @property
    def is_determined(self) -> bool:
        return all(sampler.is_determined for sampler in self._parts.samplers.values())

    @property
    def variants(self) -> int:
        return max((sampler.variants for sampler in self._parts.samplers.values()), default=1)

    def use_variant(self, variant: int) -> None:
        for sampler in self._parts.samplers.values():
            sampler.use_variant(variant)
        vars(self).pop("_factors", None)

    @property
    def parameter_names(self) -> Sequence[str]:
        return [
            name for sampler in self._parts.samplers.values() for name in sampler.parameter_names
        ]

    def ranges(self) -> Ranges:
        return {
            name: found
            for sampler in self._parts.samplers.values()
            for name, found in sampler.ranges().items()
        }

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Sample]:
        """Return combinations; raises ValueError if something is wrong with the samplers,
        IndexError beyond the last.
        """
        factors = self._factors
        positions = stretch(self.total, first + start, first + stop)
        samples: list[Sample] = [{} for _ in positions]
        stride = self.total
        for factor in factors:
            stride //= factor.size
            for sample, own in zip(samples, factor.held(positions, stride), strict=True):
                sample.update(own)
        return samples

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.samplers:
            yield "samplers", "there is no sampler to combine; give at least one"
            return
        yield from self._parts.problems
        if self._parts.problems:
            return
        yield from self._name_problems()
        excess = checks.too_many_points(self.total, self.max_points)
        if excess:
            yield "samplers", excess

    def _name_problems(self) -> Iterator[tuple[str, str]]:
        owners: dict[str, str] = {}
        for key, sampler in self._parts.samplers.items():
            for name in sampler.parameter_names:
                if owners.setdefault(name, key) != key:
                    yield (
                        f"samplers.{key}",
                        (
                            f"the parameter {name!r} is drawn by {owners[name]!r} already; draw it"
                            " in one of them only"
                        ),
                    )

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        yield from self._parts.warnings
        given = vars(self)["budget"]
        if self._parts.problems or given is None or given in (0, self.total):
            return
        if given < self.total:
            yield (
                "budget",
                (
                    f"only the first {given:,} of the {self.total:,} combinations are taken; leave"
                    " the budget out to take all"
                ),
            )
        else:
            yield (
                "budget",
                (
                    f"there are {self.total:,} combinations, fewer than the budget of {given:,};"
                    " all of them are taken"
                ),
            )
