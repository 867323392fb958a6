"""Several samplers side by side: the first samples of all together, then the second ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers.finite import total_by_default
from enchanted_tui.samplers.nested_sampler import NestedSampler
from enchanted_tui.samplers.parts import Parts, build_parts, lacks_budget


class ZipSampler(NestedSampler):
    """Put samplers side by side: sample i has the parameters of sample i of each of them. There are
    as many samples as the one with the fewest has.
    """

    independent: ClassVar[bool] = True

    what: ClassVar[str] = "samples"

    samplers: dict[str, dict[str, Any]] = option(
        doc=(
            "The samplers to put side by side, each configured as under the top-level `samplers`,"
            " with parameters of its own."
        ),
        example={
            "cases": {"type": "CSVSampler", "path": "cases.csv"},
            "noise": {
                "type": "SobolSequenceSampler",
                "parameters": {"phase": {"low": 0, "high": 1}},
                "budget": 64,
            },
        },
        nested="sampler",
    )
    budget: int | None = total_by_default(  # type: ignore[assignment, unused-ignore]
        "How many samples to take, from the first; without it, all. Samplers that lack a budget get"
        " this one."
    )

    @cached_property
    def _parts(self) -> Parts:
        budget = vars(self)["budget"]
        configured = {
            name: {**options, "budget": budget}
            if budget is not None and lacks_budget(options)
            else options
            for name, options in self.samplers.items()
        }
        return build_parts(configured, None)

    @property
    def all_points(self) -> int:
        """Number of samples; 0 while something is wrong with the samplers."""
        parts = self._parts
        return 0 if parts.problems else min(s.target for s in parts.samplers.values())

    def strides(self) -> list[int]:
        return [1] * len(self._factors)

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        if self._parts.problems or self.constraints:
            return
        for name, sampler in self._parts.samplers.items():
            given = vars(self)["budget"]
            if sampler.target > max(self.all_points, given or 0):
                yield (
                    f"samplers.{name}",
                    (
                        f"only the first {self.all_points:,} of its {sampler.target:,} samples are"
                        " taken, since another sampler has no more"
                    ),
                )
