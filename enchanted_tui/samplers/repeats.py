"""Points that are run several times, for codes that give something else each time."""

from __future__ import annotations

from enchanted_tui.config.options import option
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.design import REPLICATE, DesignSampler


class RepeatingSampler(DesignSampler):
    """A sampler that draws by position, and can give each of its points several times in a row."""

    repeats: int = option(
        1,
        doc=(
            "How many samples each point gives, which differ in the column `replicate` alone (0, 1,"
            " ...). The budget counts samples."
        ),
        ge=1,
        example=5,
    )

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        """Return points as `points` does samples, each once."""
        raise NotImplementedError

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Sample]:
        times = self.repeats
        if times == 1:
            return self.design_points(batch, first, size, start, stop)
        begin, end = first // times, -(-(first + size) // times)
        low, high = (first + start) // times, -(-(first + stop) // times)
        drawn = self.design_points(batch, begin, end - begin, low - begin, high - begin)
        return [
            {**drawn[place // times - low], REPLICATE: place % times}
            for place in range(first + start, first + stop)
        ]
