"""Several samplers side by side: the first samples of all together, then the second ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers.finite import total_by_default
from enchanted_tui.samplers.nested_sampler import NestedSampler
from enchanted_tui.samplers.parts import Parts, begins_alike, build_parts, lacks_budget


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
        " this one; random and Sobol's as many as the others have, to be extended to that."
    )

    @cached_property
    def _parts(self) -> Parts:
        configured = dict(self.samplers)
        lacking = [name for name, options in configured.items() if lacks_budget(options)]
        others = {name: configured[name] for name in configured if name not in lacking}
        for name in lacking:
            budget = self._budget_for(configured[name], others)
            if budget is not None:
                configured[name] = {**configured[name], "budget": budget}
        return build_parts(configured, None, self._place_part)

    def _budget_for(self, options: Any, others: Mapping[str, Any]) -> int | None:
        """Return the budget of a sampler that lacks one; `others` have theirs."""
        budget: int | None = vars(self)["budget"]
        if not (others and begins_alike(options)):
            return budget
        parts = build_parts(others, None, self._place_part)
        fewest = min((sampler.target for sampler in parts.samplers.values()), default=0)
        return budget if parts.problems else max(budget or 0, fewest)

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
