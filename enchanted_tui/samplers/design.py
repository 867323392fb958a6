"""What the samplers have in common that come with the program: constraints and derived
parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.options import option
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.base import Sample, Sampler
from enchanted_tui.samplers.expression_checks import expression_problems

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Array, Axis
    from enchanted_tui.samplers.region import Region

REPLICATE = "replicate"  #: the column that says which of the repeats of a point a sample is
WITH_TEXT = "a constraint calculates or compares with text; compare text by == and in [...]"


class DesignSampler(Sampler):
    """A sampler whose points can be held to constraints, and have parameters that follow from
    others.
    """

    constraints: list[str] | None = option(
        None,
        doc=(
            "Conditions on the parameters that every sample keeps: arithmetic, comparisons, and,"
            " or, not, and functions such as sqrt. The budget stays exact."
        ),
        example=["kappa + delta < 2.3", "n * m <= 64"],
    )
    derived: dict[str, str] | None = option(
        None,
        doc=(
            "Further parameters, worked out from the others: expressions as in `constraints`, which"
            " may use them too."
        ),
        example={"cells": "n * m", "aspect": "R / a"},
    )

    @cached_property
    def region(self) -> Region:
        """The points that keep the constraints."""
        from enchanted_tui.samplers.region import Region

        return Region(self.constraints or (), self.derived or {})

    @property
    def drawn_names(self) -> Sequence[str]:
        """The parameters that are drawn, without those derived from them."""
        return tuple(getattr(self, "parameters", None) or ())

    @property
    def parameter_names(self) -> Sequence[str]:
        names = (*self.drawn_names, *(self.derived or ()))
        return names if getattr(self, "repeats", 1) == 1 else (*names, REPLICATE)

    def drawn_axes(self) -> Mapping[str, Axis]:
        """Return the axes of the parameters that are drawn from a box, by name."""
        return {}

    def complete(self, samples: list[Sample]) -> list[Sample]:
        """Add what is derived to samples that have been drawn."""
        return self.region.complete(samples) if self.derived else samples

    def expression_problems(self) -> Iterator[tuple[str, str]]:
        """Check constraints and derived parameters by themselves."""
        yield from expression_problems(self.constraints or (), self.derived or {}, self.drawn_names)
        for name in self.derived or ():
            if name in shared_checks.RESERVED or not name.strip():
                yield (
                    f"derived.{name}",
                    f"the name {name!r} belongs to the program's own column; choose another",
                )

    def __enchanted_by_themselves__(self, written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Check constraints and derived parameters where other options, which are `written` so, are
        wrong: they need the names of the parameters alone.
        """
        names = written.get("parameters")
        if isinstance(names, Mapping | list) and all(isinstance(name, str) for name in names):
            yield from expression_problems(self.constraints or (), self.derived or {}, list(names))

    def repeat_problems(self) -> Iterator[tuple[str, str]]:
        """Check that repeated points are not cut in two, and that the column is free."""
        repeats: int = getattr(self, "repeats", 1)
        if repeats == 1:
            return
        for name in ("budget", "batch_size"):
            size = vars(self).get(name)
            if size is not None and size % repeats:
                yield (
                    name,
                    (
                        f"{size} samples are no whole number of points with {repeats} repeats each;"
                        f" take {max(1, size // repeats) * repeats}, or another multiple"
                    ),
                )
        if REPLICATE in (*self.drawn_names, *(self.derived or ())):
            yield "repeats", f"the column {REPLICATE!r} is a parameter already; rename that"

    def holds(self, columns: Mapping[str, Array]) -> Array:
        """Return of each point whether it keeps the constraints."""
        return self.region.holds(columns)
