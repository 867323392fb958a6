"""Active learning: the next points of a pool by a query strategy of scikit-activeml.

D. Kottke et al., *scikit-activeml: A Library and Toolbox for Active Learning Algorithms* (2021),
doi:10.20944/preprints202103.0194.v1.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy

from enchanted_tui.samplers.learning.bayesian import Fitted, Proposal, cross_validation
from enchanted_tui.samplers.learning.candidates import Cube
from enchanted_tui.samplers.learning.feasibility import ProbabilityOfSuccess
from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.kernels import SMOOTHNESS, Array
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from enchanted_tui.samplers.learning.scaling import standardise

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
_COMMITTEE = 8
_MOST_EVALUATED = 100  #: points over which strategies that average over the cube do so


@dataclass(frozen=True)
class ActiveOptions:
    """How to choose the next points."""

    strategy: str  #: one of `STRATEGIES`
    n_candidates: int
    kernel: str
    avoid_failures: bool  #: leave out candidates that would rather fail


def propose(
    options: ActiveOptions,
    points: Array,
    values: Array,
    pending: Array,
    count: int,
    seed: Any,
    fitted: Fitted | None = None,
    cube: Cube | None = None,
    outcomes: Array | None = None,
) -> Proposal:
    """Choose `count` points of the unit cube; the arguments are those of `bayesian.propose`.

    Pending points, failed ones and those chosen before in the same batch count as known with the
    value that the model predicts (the "kriging believer" of D. Ginsbourger, R. Le Riche, L.
    Carraro, *Kriging Is Well-Suited to Parallelize Optimization*, 2010).
    """
    rng = numpy.random.default_rng(seed)
    good = numpy.isfinite(values)
    standard, _, width = standardise(values[good])
    refitted = fitted is None
    if fitted is None:
        fitted = Fitted(fit(points[good], standard, SMOOTHNESS[options.kernel], rng), len(values))
    posterior = Posterior(fitted.models[0], points[good], standard[:, None])
    occupied = numpy.vstack([points[~good], pending])
    pool = _pool(options, points, good, count, rng, cube or Cube(points.shape[1]))
    chosen, worth = _choose(options, posterior, occupied, pool, count, rng)
    diagnostics = {
        "acquisition": worth,
        **cross_validation(posterior, width),
        "length_scales": list(fitted.models[0].scales),
        "noise": fitted.models[0].noise ** 0.5 * width,
    }
    return Proposal(chosen, fitted, refitted, diagnostics)


def _pool(
    options: ActiveOptions,
    points: Array,
    good: Array,
    count: int,
    rng: numpy.random.Generator,
    cube: Cube,
) -> Array:
    """Return candidates spread over the cube, made anew for every question so that they never run
    out; where there are fewer points than are wanted, some come again.
    """
    size = max(options.n_candidates, 2 * count)
    pool = cube.spread(size, rng)
    if len(pool) < count:
        pool = pool[numpy.arange(count) % len(pool)] if len(pool) else points[:count]
    if options.avoid_failures and not good.all():
        likely = ProbabilityOfSuccess(points, good, rng).log_at(pool)
        fewest = min(len(pool), max(count, size // 4))  # are left even where little is promising
        pool = pool[likely >= min(numpy.log(0.5), numpy.sort(likely)[-fewest])]
    return pool


def _choose(
    options: ActiveOptions,
    posterior: Posterior,
    occupied: Array,
    pool: Array,
    count: int,
    rng: numpy.random.Generator,
) -> tuple[Array, float | None]:
    """Return the chosen points and the utility of the first, where it is a number."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library's convergence and of its future
        chosen: list[Array] = []
        first: float | None = None
        at_once = count if STRATEGIES[options.strategy] else 1
        while len(chosen) < count:
            known = numpy.vstack([posterior.points, occupied])
            believed = numpy.concatenate([posterior.values[:, 0], posterior.at(occupied)[0][:, 0]])
            indices, utility = _query(
                options.strategy,
                posterior.hyper,
                known,
                believed,
                pool,
                min(at_once, count - len(chosen)),
                rng,
            )
            first = utility if not chosen else first
            chosen += list(pool[indices])
            occupied = numpy.vstack([occupied, pool[indices]])
            pool = numpy.delete(pool, indices, axis=0)
    return numpy.array(chosen).reshape(count, posterior.points.shape[1]), first


def _query(
    name: str,
    hyper: Hyperparameters,
    known: Array,
    values: Array,
    pool: Array,
    count: int,
    rng: numpy.random.Generator,
) -> tuple[Array, float | None]:
    """Ask a strategy for `count` indices into the pool."""
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
    indices = numpy.ravel(indices)
    utility = float(numpy.reshape(utilities, (-1, len(known) + len(pool)))[0, indices[0]])
    return indices - len(known), utility if numpy.isfinite(utility) else None


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
