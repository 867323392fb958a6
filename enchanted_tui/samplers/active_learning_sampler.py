"""Active learning: samples where the surrogate model learns most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers.learning_sampler import LearningSampler

_STRATEGIES = (
    "GreedySamplingTarget",
    "GreedySamplingX",
    "RegressionTreeBasedAL",
    "QueryByCommittee",
    "ExpectedModelChangeMaximization",
    "ExpectedModelVarianceReduction",
    "KLDivergenceMaximization",
    "CoreSet",
    "TypiClust",
    "MaxHerding",
    "RandomSampling",
)


class ActiveLearningSampler(LearningSampler):
    """Choose samples from a pool of candidates by a query strategy of scikit-activeml, so that a
    surrogate model learns most from them.

    The first batch is random. Needs the extra `learning`.
    """

    method: ClassVar[str] = "active"
    packages: ClassVar[tuple[str, ...]] = ("skactiveml", "sklearn")
    several: ClassVar[str] = "outputs"

    budget: int = option(
        doc="How many samples to draw in all, the random ones at the beginning included.",
        ge=0,
        example=60,
    )
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, 10. Not used with asynchronous.", ge=1
    )
    query_strategy: str = option(
        doc="How the next samples are chosen.", choices=_STRATEGIES, example="GreedySamplingTarget"
    )
    n_candidates: int = option(
        500,
        doc="Size of the pool from which samples are chosen; it is made anew for every choice.",
        ge=2,
        le=100_000,
    )
    outputs: list[str] = option(
        [],
        doc=(
            "Outputs of which each has a model of its own; samples are put where these learn most"
            " together. Instead of `observations`, of which the sum has one model."
        ),
        example=["growth_rate", "q95"],
    )
    initial_samples: int | None = option(
        None, doc="Random samples to begin with; by default one batch.", ge=0
    )

    def first_batch(self) -> int:
        return self.batch_limit() if self.initial_samples is None else self.initial_samples

    def batch_limit(self) -> int:
        return self.batch_size or 10

    def model_options(self) -> dict[str, Any]:
        strategy = next(name for name in _STRATEGIES if name.lower() == self.query_strategy.lower())
        return {
            "strategy": strategy,
            "n_candidates": self.n_candidates,
            "kernel": self.covar_kernel,
            "avoid_failures": self.failure_prob_filter,
            "limits": list(self.limits().values()),
            "outputs": list(self.outputs),
        }

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        for place, name in enumerate(self.outputs):
            if name in self.outputs[:place]:
                yield f"outputs[{place}]", f"{name!r} is named twice; remove one"
