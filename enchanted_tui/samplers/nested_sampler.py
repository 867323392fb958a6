"""All combinations of what other samplers draw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Ranges
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.base import Sample, Sampler
from enchanted_tui.samplers.design import DesignSampler
from enchanted_tui.samplers.finite import MAX_POINTS, FiniteSampler, total_by_default
from enchanted_tui.samplers.parts import Factor, Parts, build_parts
from enchanted_tui.samplers.qmc import derived_seed

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Axis


class NestedSampler(FiniteSampler):
    """Combine one full draw of each of several samplers with every other, the first changing
    slowest.
    """

    independent: ClassVar[bool] = True

    what: ClassVar[str] = "combinations"  #: what it takes

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
        vars(self).pop("_parts", None)
        self._begin_anew()

    def _place_part(self, name: str, sampler: Any) -> None:
        """Give one of the samplers a seed of its own."""
        if isinstance(sampler, Sampler):
            seed = derived_seed(self.effective_seed(), self.stage, list(self.samplers).index(name))
            sampler.place(seed, self.stage, given=self.seed_given)

    @cached_property
    def _parts(self) -> Parts:
        """The samplers, each with its seed."""
        return build_parts(self.samplers, vars(self)["budget"], self._place_part)

    @cached_property
    def _factors(self) -> list[Factor]:
        """The samplers ready to draw. Raises ValueError if anything is wrong with them."""
        for where, sentence in self._part_problems():
            raise ValueError(f"{where}: {sentence}")
        return [Factor(sampler) for sampler in self._parts.samplers.values()]

    @property
    def all_points(self) -> int:
        """Number of combinations; 0 while something is wrong with the samplers."""
        return (
            0
            if self._parts.problems
            else math.prod(sampler.target for sampler in self._parts.samplers.values())
        )

    @property
    def distinct(self) -> int:
        too_many = self.all_points > self.max_points  # an error, for which nothing is drawn
        return self.all_points if too_many else super().distinct

    @property
    def is_determined(self) -> bool:
        return all(sampler.is_determined for sampler in self._parts.samplers.values())

    @property
    def variants(self) -> int:
        return max((sampler.variants for sampler in self._parts.samplers.values()), default=1)

    def use_variant(self, variant: int) -> None:
        for sampler in self._parts.samplers.values():
            sampler.use_variant(variant)
        self._begin_anew()

    @property
    def _is_certain(self) -> bool:
        """True if a run draws what is drawn now."""
        parts = self._parts.samplers.values()
        return self.seed_given or all(part.is_determined or part.seed is not None for part in parts)

    def _begin_anew(self) -> None:
        """Forget what was drawn in another place or another way."""
        for name in ("_factors", "kept"):
            vars(self).pop(name, None)

    @property
    def drawn_names(self) -> Sequence[str]:
        return [
            name for sampler in self._parts.samplers.values() for name in sampler.parameter_names
        ]

    @property
    def parameter_names(self) -> Sequence[str]:
        return list(super().parameter_names)

    def ranges(self) -> Ranges:
        return {
            name: found
            for sampler in self._parts.samplers.values()
            for name, found in sampler.ranges().items()
        }

    def drawn_axes(self) -> Mapping[str, Axis]:
        return {
            name: axis
            for sampler in self._parts.samplers.values()
            if isinstance(sampler, DesignSampler)
            for name, axis in sampler.drawn_axes().items()
        }

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        """Return combinations; raises ValueError if something is wrong with the samplers,
        IndexError beyond the last.
        """
        self._factors  # noqa: B018 - raises ValueError
        return self.taken(first + start, first + stop)

    def some_points(self, positions: range) -> list[Sample]:
        samples: list[Sample] = [{} for _ in positions]
        for factor, stride in zip(self._factors, self.strides(), strict=True):
            for sample, own in zip(samples, factor.held(positions, stride), strict=True):
                sample.update(own)
        return samples

    def strides(self) -> list[int]:
        """Return after how many samples each sampler goes on to its next one."""
        left, found = self.all_points, []
        for factor in self._factors:
            left //= factor.size
            found.append(left)
        return found

    def units(self) -> dict[str, str]:
        """Return the units of the parameters that say theirs."""
        found: dict[str, str] = {}
        for sampler in self._parts.samplers.values():
            found.update(sampler.units())
        return found

    def problems(self) -> Iterator[tuple[str, str]]:
        found = list(self._part_problems())
        yield from found
        if not found:
            yield from self.kept_problems()

    def _part_problems(self) -> Iterator[tuple[str, str]]:
        """Check all but whether there are points that keep the constraints."""
        if not self.samplers:
            yield "samplers", "there is no sampler to combine; give at least one"
            return
        yield from self._parts.problems
        if self._parts.problems:
            return
        names = [*self._name_problems(), *self.expression_problems(), *self.repeat_problems()]
        yield from names
        excess = shared_checks.too_many_points(self.all_points, self.max_points)
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
        if self._parts.problems or given in (None, 0):
            return
        if self.constraints and not self._is_certain:
            yield (
                "budget",
                (
                    f"how many of the {self.all_points:,} {self.what} keep the constraints follows"
                    f" from the seed that a run draws: there may be fewer than {given:,}; set"
                    " supervisor.seed, and it is said here"
                ),
            )
            return
        if given == self.total:
            return
        if given < self.total:
            yield (
                "budget",
                (
                    f"only the first {given:,} of the {self.total:,} {self.what} are taken; leave"
                    " the budget out to take all"
                ),
            )
        else:
            yield (
                "budget",
                (
                    f"there are {self.total:,} {self.what}, fewer than the budget of {given:,};"
                    " all of them are taken"
                ),
            )
