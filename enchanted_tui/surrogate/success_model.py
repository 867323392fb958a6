"""Where samples succeed: the probability of success, learnt from successes and failures alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy

from enchanted_tui.samplers.learning.feasibility import ProbabilityOfSuccess
from enchanted_tui.samplers.learning.posterior import Hyperparameters
from enchanted_tui.surrogate.cross_validation import splits
from enchanted_tui.surrogate.error_map import telling_condition
from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.surrogate.training_data import TrainingData
from enchanted_tui.views.rank_correlation import average_ranks

FEWEST = 5  #: failures, and successes, without which nothing is learnt of where they are
_MOST = 1_000  #: samples that are learnt from
_AT_ONCE = 2_000
_FOLDS = 5
_TELLING = 0.6  #: area under the curve from which the model knows where samples fail


@dataclass(frozen=True)
class SuccessReport:
    """How samples succeed, and how well that is predicted of samples that were held out."""

    samples: int
    succeeded: int
    auc: float | None = None  #: probability that a success is told from a failure; 0.5: by chance
    brier: float | None = None  #: mean squared error of the probability ...
    brier_by_rate: float | None = None  #: ... and that of the rate of success alone
    predicted_rate: float | None = None  #: mean of the predicted probabilities
    condition: str = ""  #: where failures are, as `views.separation` tells
    caught: float = 0.0  #: share of the failures for which it holds
    others: float = 0.0  #: share of the successes for which it holds
    hidden: str = ""  #: why nothing is known of failures, where a condition hides them

    @property
    def rate(self) -> float:
        return self.succeeded / self.samples

    @property
    def tells(self) -> bool:
        """Whether failures can be foreseen."""
        return self.auc is not None and self.auc >= _TELLING


class SuccessModel:
    """The probability that a sample succeeds at points of the unit cube."""

    def __init__(
        self,
        points: Array,
        succeeded: Array,
        rng: numpy.random.Generator,
        hyper: Hyperparameters | None = None,
    ) -> None:
        self._points, self._succeeded = points, succeeded
        self._model = ProbabilityOfSuccess(points, succeeded, rng, hyper)
        self.hyper = self._model.hyper

    def at(self, points: Array) -> Array:
        """Return probabilities, shape (n,)."""
        found = [
            numpy.exp(self._model.log_at(points[begin : begin + _AT_ONCE]))
            for begin in range(0, max(1, len(points)), _AT_ONCE)
        ]
        return numpy.concatenate(found)

    def arrays(self) -> dict[str, Array]:
        hyper = self.hyper
        return {
            "points": self._points,
            "succeeded": self._succeeded,
            "hyper": numpy.array([hyper.smoothness, *hyper.scales, hyper.amplitude, hyper.noise]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> SuccessModel:
        """Return the model that these arrays are."""
        smoothness, *scales, amplitude, noise = arrays["hyper"].tolist()
        hyper = Hyperparameters(smoothness, tuple(scales), amplitude, noise)
        return cls(arrays["points"], arrays["succeeded"], numpy.random.default_rng(0), hyper)


def learn_success(
    data: TrainingData, rng: numpy.random.Generator
) -> tuple[SuccessModel | None, SuccessReport]:
    """Return a model of success, None where too few samples have failed, and what is known."""
    success = data.success
    report = SuccessReport(len(success), int(success.sum()))
    if data.choice is not None and data.choice.hides_failures:
        return None, replace(report, hidden=data.choice.hides_failures)
    if min(success.sum(), (~success).sum()) < FEWEST:
        return None, report
    chosen = rng.permutation(len(success))[:_MOST]
    points, succeeded = data.points[chosen], success[chosen]
    if min(succeeded.sum(), (~succeeded).sum()) < FEWEST:
        return None, report
    model = SuccessModel(points, succeeded, rng)
    probability = numpy.empty(len(chosen))
    _, groups = numpy.unique(data.groups[chosen], return_inverse=True)
    for rest, tested in splits(groups, _FOLDS, rng, len(chosen)):
        rate = float(succeeded[rest].mean())
        probability[tested] = (
            SuccessModel(points[rest], succeeded[rest], rng, model.hyper).at(points[tested])
            if 0 < rate < 1
            else rate
        )
    return model, SuccessReport(
        len(success),
        int(success.sum()),
        _auc(probability, succeeded),
        float(((probability - succeeded) ** 2).mean()),
        float(succeeded.mean() * (1 - succeeded.mean())),
        float(probability.mean()),
        *telling_condition(data.space, data.columns, ~success),
    )


def _auc(score: Array, positive: Array) -> float:
    """Return the area under the receiver operating characteristic, by ranks: J. A. Hanley, B. J.
    McNeil, Radiology 143 (1982).
    """
    ranks, count = average_ranks(score), int(positive.sum())
    total = float(ranks[positive].sum()) - count * (count + 1) / 2
    return total / (count * (len(positive) - count))
