"""A sampler that dies on purpose, to test that a campaign survives its supervisor's death."""

from __future__ import annotations

from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.random_sampler import RandomSampler


class RandomSamplerWithKill(RandomSampler):
    """Draw as RandomSampler does, and raise an exception instead of drawing one batch more than
    `kill_after`.

    Only batches drawn by this instance count: not those of an earlier process and not those
    skipped, so that every resumed run gets `kill_after` batches further. Several slices of one
    batch are one batch.
    """

    independent: ClassVar[bool] = True

    kill_after: int | None = option(
        None, doc="Batches to draw before raising an exception; without it, never.", ge=0
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._drawn: set[int] = set()

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Sample]:
        """Draw as RandomSampler does. Raises Exception when `kill_after` other batches have been
        drawn.
        """
        if (
            self.kill_after is not None
            and batch not in self._drawn
            and len(self._drawn) >= self.kill_after
        ):
            raise Exception("Time to die reached")
        self._drawn.add(batch)
        return super().points(batch, first, size, start, stop)
