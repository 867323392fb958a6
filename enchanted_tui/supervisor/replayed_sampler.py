"""Samplers that are no function of the position: a new instance is brought to where the recorded
batches ended, by skipping them or by drawing them again.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from enchanted_tui.executors.task_end import describe
from enchanted_tui.record.samples import clean_sample
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.samplers.base import SomeSampler
from enchanted_tui.supervisor.sampler_failure import blamed_on
from enchanted_tui.values import Row

log = logging.getLogger(__name__)


class ReplayedSampler:
    """Draws the batches of a stage, one after another, that come after those on record."""

    def __init__(self, sampler: SomeSampler, stage: StageState) -> None:
        self._sampler, self._stage = sampler, stage
        self._has_caught_up = False
        self._draws_again, self._drawn_again = False, 0  # of a sampler that cannot skip
        self._drawn_ahead: list[Row] = []

    def next_samples(self, most: int) -> list[Row]:
        """Return the next batch, of `most` samples at most. Raises SamplerFailure."""
        with blamed_on(self._sampler):
            self.catch_up()
            drawn, self._drawn_ahead = self._drawn_ahead or self._draw(), []
        return drawn[:most]

    def catch_up(self) -> None:
        """Bring the sampler, once, to where the recorded batches ended."""
        if self._has_caught_up:
            return
        self._has_caught_up = True
        for batch in self._stage.batches:
            if not batch.added:
                self._skip_to(batch.sampler_first + batch.size)
        self._allow(self._stage.sampler_target)

    def _skip_to(self, count: int) -> None:
        """Let the sampler go on as if it had drawn `count` samples, in whatever batches it now
        draws them.
        """
        sampler = self._sampler
        self._allow(count)  # many draw as one batch what is left of their budget
        if self._draws_again:
            self._draw_past(count)
            return
        try:
            sampler.skip(1)
        except Exception as error:  # noqa: BLE001 - some say in this way that they cannot
            name = type(sampler).__name__
            log.warning(
                f"{name}.skip failed ({describe(error)}); what is recorded is drawn again, to be"
                " left out"
            )
            self._draws_again = True
            self._draw_past(count)
            return
        while (submitted := getattr(sampler, "submitted", count)) < count:
            sampler.skip(1)
            if getattr(sampler, "submitted", count) == submitted:
                return

    def _draw_past(self, count: int) -> None:
        """Let a sampler that cannot skip draw `count` samples in all; what it draws beyond them is
        for the next batch.
        """
        left = count - self._drawn_again
        while left > 0:
            drawn, self._drawn_ahead = self._drawn_ahead or self._draw(), []
            if not drawn:
                return
            self._drawn_again += min(left, len(drawn))
            self._drawn_ahead = drawn[left:]
            left -= len(drawn)

    def _draw(self) -> list[Row]:
        return [clean_sample(sample) for sample in self._sampler.get_next_samples() or ()]

    def _allow(self, budget: int) -> None:
        with suppress(AttributeError):  # a budget that cannot be set is taken as it is
            self._sampler.budget = budget
