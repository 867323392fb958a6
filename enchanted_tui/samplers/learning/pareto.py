"""Bayesian optimisation of several objectives: the next points where the front of the best
compromises may be, as a function of nothing else but a seed.

Two objectives: expected hypervolume improvement (see `hypervolume_improvement`). More: ParEGO, an
acquisition function of the objectives' augmented Chebyshev sum with weights drawn anew for each
point (J. Knowles, *ParEGO: A Hybrid Algorithm with On-Line Landscape Approximation for Expensive
Multiobjective Optimization Problems*, IEEE Trans. Evol. Comput. 10 (2006),
doi:10.1109/TEVC.2005.851274). Without a reference point, one a tenth of the front's extent beyond
its worst values is taken (H. Ishibuchi et al., *How to Specify a Reference Point in Hypervolume
Calculation for Fair Performance Comparison*, Evol. Comput. 26 (2018), doi:10.1162/evco_a_00226).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy

from enchanted_tui.samplers.dominance import on_front
from enchanted_tui.samplers.learning.acquisition import Acquisition, AcquisitionFactor
from enchanted_tui.samplers.learning.bayesian import (
    MOST_PENDING,
    VERSIONS,
    best_so_far,
    conditions,
    one_after_another,
    worth_of,
)
from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.hypervolume_improvement import (
    HypervolumeImprovement,
    TwoModels,
)
from enchanted_tui.samplers.learning.kernels import SMOOTHNESS, Array
from enchanted_tui.samplers.learning.maximise import maximise
from enchanted_tui.samplers.learning.outcome_models import Limits
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from enchanted_tui.samplers.learning.proposals import Fitted, PointQuestion, Proposal
from enchanted_tui.samplers.learning.scaling import standardise
from enchanted_tui.samplers.learning.several_outputs import (
    Scaled,
    complete,
    fit_each,
    posteriors_of,
    several_errors,
    shortest_scales,
)

_PLACES = 5  #: places on the front, near which the search for the next point looks
_FRONTS = 16  #: versions of the front that pending points may leave
_BEYOND = 0.1  #: of the front's extent: how far the reference point is beyond it
_AUGMENTED = 0.05  #: share of the sum in a Chebyshev sum (Knowles 2006)


@dataclass(frozen=True)
class ParetoOptions:
    """How to choose the next points; what is not said here is as in `BayesianOptions`."""

    acquisition: str  #: EHVI or ParEGO too
    kernel: str
    beta: float
    fully_bayesian: bool
    avoid_failures: bool
    names: Sequence[str]  #: of the objectives
    signs: Sequence[int]  #: 1 for each objective that is to be large, else -1
    reference: Sequence[float | None]  #: the worst value of each that counts
    limits: Limits = ()

    @property
    def by_hypervolume(self) -> bool:
        return len(self.signs) == 2 and self._name in ("EI", "LEI", "EHVI")

    @property
    def worth(self) -> str:
        """The acquisition function of a Chebyshev sum."""
        return "EI" if self._name in ("EHVI", "PAREGO") else self._name

    @property
    def _name(self) -> str:
        return self.acquisition.upper().removeprefix("Q")


@dataclass(frozen=True)
class Progress:
    """What is known of the objectives: standardised values, large ones being good."""

    points: Array  #: (n, d)
    values: Array  #: (n, m)
    kept: Array  #: (n,), which of them count
    reference: Array  #: (m,)
    ideal: Array  #: (m,), the best value of each objective on the front
    extent: Array  #: (m,), how far the reference point is from it, or else the front reaches


def propose(
    options: ParetoOptions,
    asked: PointQuestion,
) -> Proposal:
    """Choose the points that are asked for; the values, (n, t), have a column for each
    objective.
    """
    rng, points, values, fitted = asked.rng(), asked.points, asked.values, asked.fitted
    good = complete(values)
    scaled = Scaled.of(values[good] * numpy.array(options.signs, dtype=float))
    smoothness = SMOOTHNESS[options.kernel]
    refitted = fitted is None
    if fitted is None:
        models = fit_each(
            points[good], scaled.values, smoothness, rng, draws=options.fully_bayesian
        )
        fitted = Fitted(models, len(values))
    posteriors = posteriors_of(fitted.models, points[good], scaled.values)
    scales = shortest_scales(fitted.models)
    factors, kept = conditions(options, points, good, scales, asked.outcomes, rng)
    progress = _progress(options, points[good], scaled, kept)
    choose = _by_hypervolume if options.by_hypervolume else _by_weights
    chosen, worth = choose(options, posteriors, factors, progress, asked, rng)
    if worth is not None and options.by_hypervolume:
        worth *= float(scaled.widths.prod())
    firsts = [processes[0] for processes in posteriors]
    return Proposal(
        chosen,
        fitted,
        refitted,
        {"acquisition": worth, **several_errors(options.names, firsts, scaled.widths)},
    )


def _progress(options: ParetoOptions, points: Array, scaled: Scaled, kept: Array) -> Progress:
    """Find the reference point: of values that keep no limit, the worst of all."""
    counted = scaled.values[kept] if kept.any() else scaled.values
    front = counted[on_front(counted)]
    ideal, worst = front.max(axis=0), front.min(axis=0)
    worst = numpy.where(ideal - worst > 1e-9, worst, counted.min(axis=0))
    extent = numpy.where(ideal - worst > 1e-9, ideal - worst, 1.0)
    reference = worst - _BEYOND * extent if kept.any() else scaled.values.min(axis=0)
    for place, (number, sign) in enumerate(zip(options.reference, options.signs, strict=True)):
        if number is not None:
            reference[place] = (sign * number - scaled.centres[place]) / scaled.widths[place]
    extent = numpy.where(ideal - reference > 1e-9, ideal - reference, extent)
    return Progress(points, scaled.values, kept, reference, ideal, extent)


def _by_hypervolume(
    options: ParetoOptions,
    posteriors: Sequence[Sequence[Posterior]],
    factors: list[AcquisitionFactor],
    progress: Progress,
    asked: PointQuestion,
    rng: numpy.random.Generator,
) -> tuple[Array, float | None]:
    """Choose points one after the other, each knowing those before it; also give the first one's
    worth.
    """
    models = []
    for first, second in zip(*posteriors, strict=True):
        smoothed = numpy.hstack([first.smoothed, second.smoothed])[progress.kept]
        models.append(TwoModels.make(first, second, [smoothed], progress.reference))
    current = HypervolumeImprovement(models, progress.reference, factors)
    chosen, worth = one_after_another(
        current, _places_on_front(progress), progress.points, asked, rng, _FRONTS
    )
    return chosen, None if worth is None else float(numpy.exp(worth))


def _places_on_front(progress: Progress) -> Array:
    """Return some points whose values are on the front, evenly along it."""
    counted = numpy.flatnonzero(progress.kept)
    if not len(counted):
        counted = numpy.arange(len(progress.points))
    front = counted[on_front(progress.values[counted])]
    front = front[numpy.argsort(progress.values[front, 0], kind="stable")]
    places = numpy.linspace(0, len(front) - 1, min(_PLACES, len(front))).round().astype(int)
    found: Array = progress.points[front[places]]
    return found


def _by_weights(
    options: ParetoOptions,
    posteriors: Sequence[Sequence[Posterior]],
    factors: list[AcquisitionFactor],
    progress: Progress,
    asked: PointQuestion,
    rng: numpy.random.Generator,
) -> tuple[Array, float | None]:
    """Choose each point by a sum of its own, knowing those before it; also give the first one's
    worth: of an improvement as a share of the front's extent, none of UCB.
    """
    known = numpy.vstack([progress.points, asked.pending])
    start: Hyperparameters | None = None
    chosen: list[Array] = []
    first: float | None = None
    for number in range(asked.count):
        sums = chebyshev(progress, rng.dirichlet(numpy.ones(len(options.signs))))
        standard, _, width = standardise(sums)
        models = fit(
            progress.points,
            standard,
            SMOOTHNESS[options.kernel],
            rng,
            draws=options.fully_bayesian,
            start=start,
        )
        start = models[0]
        processes = [Posterior(hyper, progress.points, standard[:, None]) for hyper in models]
        bests = [(process, best_so_far(process.smoothed, progress.kept)) for process in processes]
        worth = worth_of(options.worth, options.beta)
        current = Acquisition(worth, bests, factors, counts_pending=options.worth != "UCB")
        for point in (*asked.pending[-MOST_PENDING:], *chosen):
            current = current.expecting(point, rng, VERSIONS)
        ranked = numpy.where(progress.kept, standard, -numpy.inf)
        around = progress.points[numpy.argsort(-ranked, kind="stable")[:_PLACES]]
        point, value = maximise(current, around, known, rng, asked.cube)
        if number == 0 and options.worth != "UCB":
            first = float(numpy.exp(value)) * (1.0 if options.worth == "PI" else width)
        chosen.append(point)
        known = numpy.vstack([known, point])
    return numpy.array(chosen).reshape(asked.count, progress.points.shape[1]), first


def chebyshev(progress: Progress, weights: Array) -> Array:
    """Return the augmented Chebyshev sums (n,), large ones being good: how far the objective that
    is farthest, by its weight, is from its best value, from 0 there to -1 at the reference point.
    """
    far = weights * (progress.ideal - progress.values) / progress.extent
    sums: Array = -(far.max(axis=1) + _AUGMENTED * far.sum(axis=1))
    return sums
