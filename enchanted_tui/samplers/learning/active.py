"""Active learning: the next points of a pool by a query strategy of scikit-activeml.

D. Kottke et al., *scikit-activeml: A Library and Toolbox for Active Learning Algorithms* (2021),
doi:10.20944/preprints202103.0194.v1.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from enchanted_tui.samplers.learning.acquisition import AcquisitionFactor
from enchanted_tui.samplers.learning.bayesian import cross_validation
from enchanted_tui.samplers.learning.feasibility import ProbabilityOfSuccess
from enchanted_tui.samplers.learning.kernels import SMOOTHNESS, Array
from enchanted_tui.samplers.learning.outcome_models import Limits, limit_factors
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from enchanted_tui.samplers.learning.proposals import Fitted, PointQuestion, Proposal
from enchanted_tui.samplers.learning.several_outputs import (
    Scaled,
    complete,
    fit_each,
    posteriors_of,
    several_errors,
)

#: Strategies for numbers, and whether they spread a batch by themselves; the others choose point
#: after point, each known to the next.
STRATEGIES = {
    "GreedySamplingTarget": True,
    "GreedySamplingX": True,
    "RegressionTreeBasedAL": True,
    "QueryByCommittee": False,
    "ExpectedModelChangeMaximization": False,
    "ExpectedModelVarianceReduction": False,
    "KLDivergenceMaximization": False,
    "CoreSet": True,
    "TypiClust": True,
    "MaxHerding": True,
    "RandomSampling": True,
}
#: Those that do not look at outputs.
_BY_PLACE_ALONE = ("GreedySamplingX", "CoreSet", "TypiClust", "MaxHerding", "RandomSampling")
_COMMITTEE = 8
_MOST_EVALUATED = 100  #: points over which strategies that average over the cube do so


@dataclass(frozen=True)
class ActiveOptions:
    """How to choose the next points."""

    strategy: str  #: one of `STRATEGIES`
    n_candidates: int
    kernel: str
    avoid_failures: bool  #: leave out candidates that would rather fail
    limits: Limits = ()  #: of outcomes: leave out candidates that would rather not keep them
    outputs: Sequence[str] = ()  #: names, where several outputs have a model each


def propose(
    options: ActiveOptions,
    asked: PointQuestion,
) -> Proposal:
    """Choose the points that are asked for. With `outputs` in the options, the values, (n, t), have
    a column for each.

    Pending points, failed ones and those chosen before in the same batch count as known with the
    value that the model predicts (the "kriging believer" of D. Ginsbourger, R. Le Riche, L.
    Carraro, *Kriging Is Well-Suited to Parallelize Optimization*, 2010).
    """
    rng, points, fitted = asked.rng(), asked.points, asked.fitted
    several = asked.values.ndim == 2
    values = asked.values.reshape(len(asked.values), -1)
    good = complete(values)
    scaled = Scaled.of(values[good])
    refitted = fitted is None
    if fitted is None:
        smoothness = SMOOTHNESS[options.kernel]
        models = fit_each(points[good], scaled.values, smoothness, rng, draws=False)
        fitted = Fitted(models, len(values))
    posteriors = [
        processes[0] for processes in posteriors_of(fitted.models, points[good], scaled.values)
    ]
    occupied = numpy.vstack([points[~good], asked.pending])
    pool = _pool(options, asked, good, rng)
    chosen, worth = _choose(options, posteriors, occupied, pool, asked.count, rng)
    if several:
        errors = several_errors(options.outputs, posteriors, scaled.widths)
        return Proposal(chosen, fitted, refitted, {"acquisition": worth, **errors})
    diagnostics = {
        "acquisition": worth,
        **cross_validation(posteriors[0], float(scaled.widths[0])),
        "length_scales": list(fitted.models[0].scales),
        "noise": fitted.models[0].noise ** 0.5 * float(scaled.widths[0]),
    }
    return Proposal(chosen, fitted, refitted, diagnostics)


def _pool(
    options: ActiveOptions,
    asked: PointQuestion,
    good: Array,
    rng: numpy.random.Generator,
) -> Array:
    """Return candidates spread over the cube, made anew for every question so that they never run
    out; where there are fewer points than are wanted, some come again.
    """
    points, count, outcomes = asked.points, asked.count, asked.outcomes
    size = max(options.n_candidates, 2 * count)
    pool = asked.cube.spread(size, rng)
    if len(pool) < count:
        pool = pool[numpy.arange(count) % len(pool)] if len(pool) else points[:count]
    factors: list[AcquisitionFactor] = []
    if options.avoid_failures and not good.all():
        factors.append(ProbabilityOfSuccess(points, good, rng))
    if outcomes is not None and options.limits:
        smoothness = SMOOTHNESS[options.kernel]
        factors += limit_factors(points[good], outcomes[good], options.limits, smoothness, rng)
    if factors:
        likely = numpy.sum([factor.log_at(pool) for factor in factors], axis=0)
        fewest = min(len(pool), max(count, size // 4))  # are left even where little is promising
        pool = pool[likely >= min(numpy.log(0.5), numpy.sort(likely)[-fewest])]
    return pool


def _choose(
    options: ActiveOptions,
    posteriors: Sequence[Posterior],
    occupied: Array,
    pool: Array,
    count: int,
    rng: numpy.random.Generator,
) -> tuple[Array, float | None]:
    """Return the chosen points and the utility of the first, where it is a number."""
    import warnings

    if options.strategy in _BY_PLACE_ALONE:
        posteriors = posteriors[:1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library's convergence and of its future
        chosen: list[Array] = []
        first: float | None = None
        at_once = count if STRATEGIES[options.strategy] and len(posteriors) == 1 else 1
        while len(chosen) < count:
            size = min(at_once, count - len(chosen))
            indices, utility = _query(options.strategy, posteriors, occupied, pool, size, rng)
            first = utility if not chosen else first
            chosen += list(pool[indices])
            occupied = numpy.vstack([occupied, pool[indices]])
            pool = numpy.delete(pool, indices, axis=0)
    return numpy.array(chosen).reshape(count, posteriors[0].points.shape[1]), first


def _query(
    name: str,
    posteriors: Sequence[Posterior],
    occupied: Array,
    pool: Array,
    count: int,
    rng: numpy.random.Generator,
) -> tuple[Array, float | None]:
    """Ask a strategy for `count` indices into the pool.

    Where several outputs are learnt, it is asked for one index of each, and the largest mean of
    their utilities decides: each output counts in its own standard deviations.
    """
    known = numpy.vstack([posteriors[0].points, occupied])
    found = []
    for posterior in posteriors:
        believed = numpy.concatenate([posterior.values[:, 0], posterior.at(occupied)[0][:, 0]])
        found.append(_answer(name, posterior.hyper, known, believed, pool, count, rng))
    indices, utilities = found[0]
    if len(found) > 1:
        together = numpy.mean([each for _, each in found], axis=0)
        if numpy.isfinite(together).any():
            indices = numpy.array([int(numpy.nanargmax(together))])
        utilities = together
    utility = float(utilities[indices[0]])
    return indices, utility if numpy.isfinite(utility) else None


def _answer(
    name: str,
    hyper: Hyperparameters,
    known: Array,
    values: Array,
    pool: Array,
    count: int,
    rng: numpy.random.Generator,
) -> tuple[Array, Array]:
    """Return `count` indices into the pool, and the utility of each of its points for the first."""
    import skactiveml.pool

    cls = getattr(skactiveml.pool, name)
    strategy = cls(random_state=int(rng.integers(2**31)))
    takes = inspect.signature(strategy.query).parameters
    arguments: dict[str, Any] = {
        "X": numpy.vstack([known, pool]),
        "y": numpy.concatenate([values, numpy.full(len(pool), numpy.nan)]),  # NaN: not labelled
        "candidates": numpy.arange(len(known), len(known) + len(pool)),
        "batch_size": min(count, len(pool)),
        "return_utilities": True,
    }
    if "reg" in takes:
        arguments["reg"] = _tree(rng) if name == "RegressionTreeBasedAL" else _process(hyper)
    if "ensemble" in takes:
        arguments["ensemble"] = _committee(hyper, rng)
    if "X_eval" in takes:
        arguments["X_eval"] = pool[:_MOST_EVALUATED]
    indices, utilities = strategy.query(**arguments)
    first = numpy.reshape(utilities, (-1, len(known) + len(pool)))[0]
    return numpy.ravel(indices) - len(known), first[len(known) :]


def _sklearn_process(hyper: Hyperparameters) -> Any:
    """Return scikit-learn's process with these hyperparameters."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

    shape = (
        RBF(hyper.scales)
        if hyper.smoothness == float("inf")
        else Matern(hyper.scales, nu=hyper.smoothness)
    )
    return GaussianProcessRegressor(
        ConstantKernel(hyper.amplitude) * shape, alpha=hyper.noise + 1e-8, optimizer=None
    )


def _process(hyper: Hyperparameters) -> Any:
    from skactiveml.regressor import SklearnNormalRegressor

    return SklearnNormalRegressor(_sklearn_process(hyper))


def _tree(rng: numpy.random.Generator) -> Any:
    from skactiveml.regressor import SklearnRegressor
    from sklearn.tree import DecisionTreeRegressor

    return SklearnRegressor(
        DecisionTreeRegressor(min_samples_leaf=3, random_state=int(rng.integers(2**31)))
    )


def _committee(hyper: Hyperparameters, rng: numpy.random.Generator) -> Any:
    from skactiveml.regressor import SklearnRegressor
    from sklearn.ensemble import BaggingRegressor

    return SklearnRegressor(
        BaggingRegressor(
            _sklearn_process(hyper), n_estimators=_COMMITTEE, random_state=int(rng.integers(2**31))
        )
    )
