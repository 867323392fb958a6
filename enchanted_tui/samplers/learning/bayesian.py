"""Bayesian optimisation: from what has been observed to the next points, as a function of nothing
else but a seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy

from enchanted_tui.samplers.learning import acquisition as functions
from enchanted_tui.samplers.learning.acquisition import (
    Acquiring,
    Acquisition,
    AcquisitionFactor,
)
from enchanted_tui.samplers.learning.feasibility import KeepAway, ProbabilityOfSuccess
from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.kernels import SMOOTHNESS, Array
from enchanted_tui.samplers.learning.maximise import maximise
from enchanted_tui.samplers.learning.outcome_models import Limits, keeps, limit_factors
from enchanted_tui.samplers.learning.posterior import Posterior
from enchanted_tui.samplers.learning.proposals import Fitted, PointQuestion, Proposal
from enchanted_tui.samplers.learning.scaling import standardise

VERSIONS = 64  #: of what pending points may turn out to be
MOST_PENDING = 256
_PLACES = 3  #: best places known, near which the search for the next point looks


@dataclass(frozen=True)
class BayesianOptions:
    """How to choose the next points."""

    acquisition: str  #: EI, LEI, PI, UCB, each perhaps with a q before
    kernel: str
    beta: float
    fully_bayesian: bool
    avoid_failures: bool  #: weigh by the probability of success
    minimise: bool
    limits: Limits = ()  #: of outcomes


def propose(
    options: BayesianOptions,
    asked: PointQuestion,
) -> Proposal:
    """Choose the points that are asked for; at least two of the values, (n,), are numbers."""
    rng, points, values, fitted = asked.rng(), asked.points, asked.values, asked.fitted
    good = numpy.isfinite(values)
    standard, centre, width = standardise(values[good])
    standard *= -1 if options.minimise else 1
    refitted = fitted is None
    if fitted is None:
        models = fit(
            points[good], standard, SMOOTHNESS[options.kernel], rng, draws=options.fully_bayesian
        )
        fitted = Fitted(models, len(values))
    posteriors = [Posterior(hyper, points[good], standard[:, None]) for hyper in fitted.models]
    factors, kept = conditions(
        options, points, good, numpy.array(fitted.models[0].scales), asked.outcomes, rng
    )
    chosen, worth = _choose(options, posteriors, factors, asked, rng, kept)
    diagnostics = {
        "acquisition": None
        if worth is None
        else _in_units(options, worth, posteriors, centre, width),
        **cross_validation(posteriors[0], width),
        "length_scales": list(fitted.models[0].scales),
        "noise": fitted.models[0].noise ** 0.5 * width,
    }
    return Proposal(chosen, fitted, refitted, diagnostics)


def cross_validation(posterior: Posterior, width: float) -> dict[str, float]:
    """Return the root mean square error of every value predicted from the others, and its share of
    the values' standard deviation.

    Equal values have no share: nothing is known of how well others would be predicted, and no
    campaign has learnt enough from them.
    """
    mean, _ = posterior.left_out()
    error = float(numpy.sqrt(numpy.mean((posterior.values[:, 0] - mean) ** 2)))
    return {
        "cv_error": error * width,
        "cv_error_relative": error if posterior.values.any() else math.nan,
    }


class Conditions(Protocol):
    """What options say of where samples are worth anything."""

    @property
    def kernel(self) -> str: ...
    @property
    def avoid_failures(self) -> bool: ...
    @property
    def limits(self) -> Limits: ...


def conditions(
    options: Conditions,
    points: Array,
    good: Array,
    scales: Array,
    outcomes: Array | None,
    rng: numpy.random.Generator,
) -> tuple[list[AcquisitionFactor], Array]:
    """Return the factors of an acquisition function by which it keeps off failures and within
    limits, and which of the `good` samples keep these.

    `scales` (d,) are the model's; `outcomes` (n, m) are what the limits in the options are for.
    """
    factors: list[AcquisitionFactor] = []
    if not good.all():
        factors.append(KeepAway(points[~good], scales))
        if options.avoid_failures:
            factors.append(ProbabilityOfSuccess(points, good, rng))
    if outcomes is None or not options.limits:
        return factors, numpy.ones(int(good.sum()), dtype=bool)
    found = outcomes[good]
    factors += limit_factors(points[good], found, options.limits, SMOOTHNESS[options.kernel], rng)
    return factors, keeps(found, options.limits)


def _choose(
    options: BayesianOptions,
    posteriors: list[Posterior],
    factors: list[AcquisitionFactor],
    asked: PointQuestion,
    rng: numpy.random.Generator,
    kept: Array,
) -> tuple[Array, float | None]:
    """Choose points one after the other, each knowing those before it; also give the logarithm of
    the first one's worth. `kept` tells which of the values count: where none does, every place is
    better than the worst one.
    """
    name = options.acquisition.upper().removeprefix("Q")
    models = [(posterior, best_so_far(posterior.smoothed, kept)) for posterior in posteriors]
    worth = worth_of(name, options.beta)
    current = Acquisition(worth, models, factors, counts_pending=name != "UCB")
    seen = posteriors[0].points
    smoothed = numpy.where(kept, posteriors[0].smoothed[:, 0], -numpy.inf)
    around = seen[numpy.argsort(-smoothed, kind="stable")[:_PLACES]]
    return one_after_another(current, around, seen, asked, rng, VERSIONS)


def worth_of(name: str, beta: float) -> functions.Worth:
    """Return the acquisition function of a name without its q."""
    return {
        "EI": functions.log_expected_improvement,
        "LEI": functions.log_expected_improvement,
        "PI": functions.log_probability_of_improvement,
        "UCB": functions.upper_confidence_bound(beta),
    }[name]


def one_after_another(
    current: Acquiring,
    around: Array,
    seen: Array,
    asked: PointQuestion,
    rng: numpy.random.Generator,
    versions: int,
) -> tuple[Array, float | None]:
    """Choose points where an acquisition function is largest, each knowing those before it and the
    `pending` ones; also give the logarithm of the first one's worth.

    It looks near the points `around` too; `seen` have been observed. A pending point may turn out
    in so many `versions`.
    """
    for point in asked.pending[-MOST_PENDING:]:
        current = current.expecting(point, rng, versions)
    known = numpy.vstack([seen, asked.pending])
    chosen: list[Array] = []
    first: float | None = None
    for number in range(asked.count):
        point, value = maximise(current, around, known, rng, asked.cube)
        first = value if number == 0 else first
        chosen.append(point)
        if number + 1 < asked.count:
            known = numpy.vstack([known, point])
            current = current.expecting(point, rng, versions)
    return numpy.array(chosen).reshape(asked.count, seen.shape[1]), first


def best_so_far(smoothed: Array, kept: Array) -> Array:
    """Return the best of the values (n, j) that count, shape (j,); the worst where none does."""
    found: Array = smoothed[kept].max(axis=0) if kept.any() else smoothed.min(axis=0)
    return found


def _in_units(
    options: BayesianOptions,
    log_worth: float,
    posteriors: list[Posterior],
    centre: float,
    width: float,
) -> float:
    """Return the worth of the first point: an improvement or a bound in the units of the values, or
    a probability.
    """
    name = options.acquisition.upper().removeprefix("Q")
    worth = float(numpy.exp(log_worth))
    if name == "PI":
        return worth
    if name in ("EI", "LEI"):
        return worth * width
    best = float(numpy.mean([posterior.smoothed.max() for posterior in posteriors]))
    bound = best + float(numpy.log(numpy.expm1(max(worth, 1e-300)))) if worth > 1e-12 else best
    return centre + (-1 if options.minimise else 1) * width * bound
