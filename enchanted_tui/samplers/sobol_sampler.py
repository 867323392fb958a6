"""Sobol sequences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy

from enchanted_tui.config.options import option
from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.sequence_sampler import SequenceSampler

_LONGEST = 2**30  # the sequence has 30 bits
_MOST_PARAMETERS = 21_201  # the direction numbers that are known


class SobolSequenceSampler(SequenceSampler):
    """Take consecutive points of a Sobol sequence, which fill the box more evenly than random ones.

    Sobol, USSR Comput. Math. Math. Phys. 7 (1967), doi:10.1016/0041-5553(67)90144-9; direction
    numbers of Joe and Kuo, SIAM J. Sci. Comput. 30 (2008), doi:10.1137/070709359; scrambled by a
    random linear matrix and a digital shift (Matousek, J. Complexity 14 (1998),
    doi:10.1006/jcom.1998.0489). Sample i is point i of the sequence; a seed given here or nowhere
    is scipy's own at every stage.
    """

    independent: ClassVar[bool] = True
    begins_alike: ClassVar[bool] = True

    default_seed: ClassVar[int | None] = 42

    budget: int = option(
        doc="How many samples to draw in all; a power of two keeps the points balanced.",
        ge=0,
        example=128,
    )
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, all are one batch.", ge=1
    )
    scramble: bool = option(
        True,
        doc=(
            "Randomise the sequence, keeping its evenness; false gives the bare one, which begins"
            " at the lower bounds."
        ),
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._engine: Any = None
        self._engine_made_with: tuple[int, int] = (-1, 0)
        self._variant = 0

    def sequence_key(self) -> tuple[int, int]:
        return self._engine_seed(), self._variant

    def unit_points(self, position: int, count: int) -> numpy.ndarray[Any, Any]:
        """Return `count` points of the unit cube; consecutive calls go on with the same engine,
        which is quicker than going there anew.
        """
        made_with = self.sequence_key()
        if (
            self._engine is None
            or self._engine_made_with != made_with
            or self._engine.num_generated > position
        ):
            self._engine = self._make_engine(*made_with)
            self._engine_made_with = made_with
        engine = self._engine
        if engine.num_generated < position:
            engine.fast_forward(position - engine.num_generated)
        if position or count == 1:
            return engine.random(count)  # type: ignore[no-any-return]
        # the first point alone: asked for more, scipy warns about the power of two, which is for
        # `warnings` to say
        return numpy.concatenate([engine.random(1), engine.random(count - 1)])

    def _make_engine(self, seed: int, variant: int) -> Any:
        """Make the engine, from a generator as the older program does: it gives every version of
        scipy the same points.

        A whole number does not; campaigns with a seed of their own, and all begun before this was
        known, go on with that.
        """
        given = seed if variant or not self.is_determined else numpy.random.default_rng(seed)
        return qmc.engine("Sobol", len(self.parameters), given, scramble=self.scramble)

    @property
    def is_determined(self) -> bool:
        return self.seed is not None or not self.seed_given

    @property
    def variants(self) -> int:
        """Two: scrambling was once seeded by a whole number always."""
        return 2 if self.scramble and self.is_determined else 1

    def use_variant(self, variant: int) -> None:
        self._variant = variant

    def _engine_seed(self) -> int:
        """Seed of the scrambling: one given here, or none, is scipy's own; the campaign's is told
        apart by stage.
        """
        seed = self.effective_seed()
        return (
            seed
            if self.seed is not None or not self.seed_given
            else qmc.derived_seed(seed, self.stage)
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.budget > _LONGEST:
            yield (
                "budget",
                (
                    f"a Sobol sequence has {_LONGEST:,} points here; lower the budget, or use"
                    " RandomSampler"
                ),
            )
        if len(self.parameters) > _MOST_PARAMETERS:
            yield (
                "parameters",
                (
                    f"a Sobol sequence has at most {_MOST_PARAMETERS:,} parameters; use"
                    " RandomSampler or LatinHypercubeSampler"
                ),
            )

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        points = self.budget // self.repeats
        if points & (points - 1):
            lower = 1 << (points.bit_length() - 1)
            yield (
                "budget",
                (
                    f"Sobol points are balanced only in powers of two: {points} is none,"
                    f" {lower} and {2 * lower} are"
                ),
            )
