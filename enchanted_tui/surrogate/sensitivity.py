"""Which parameters matter: Sobol indices through a model of the samples there are, correlations and
main effects.

First-order indices by A. Saltelli et al., Computer Physics Communications 181 (2010), total ones by
M. J. W. Jansen, ibid. 117 (1999), as SciPy has them. Intervals regard that the samples might have
been others (models of random parts of them, the delete-d jackknife of J. Shao, C. F. J. Wu, Annals
of Statistics 17 (1989)), that the mean is taken over finitely many points (several scrambled Sobol
sequences), and what the model does not explain of samples that were held out.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy
from scipy.stats import qmc, rankdata, sobol_indices

from enchanted_tui.blas_threads import one_thread
from enchanted_tui.durations import rough_duration
from enchanted_tui.surrogate import fit_plan
from enchanted_tui.surrogate.cross_validation import (
    OutputModel,
    best_kind,
    parted,
)
from enchanted_tui.surrogate.fit_text import TITLES
from enchanted_tui.surrogate.input_distribution import InputDistribution
from enchanted_tui.surrogate.left_out import left_out_notes
from enchanted_tui.surrogate.model_inputs import Array, SurrogateError
from enchanted_tui.surrogate.output_samples import OutputSamples, SampleChooser
from enchanted_tui.surrogate.training_data import (
    OutputValues,
    Tell,
    TrainingData,
    nobody,
    read_training_data,
)

LEVEL = 0.95  #: of the intervals
_HALF = 1.96  #: standard deviations
_FEWEST = 20  #: successful samples
_MOST = 10_000  #: samples that are learnt from
_POINTS = 1 << 10  #: of a sequence
_SEQUENCES = 8
_SEQUENCES_OF_PARTS = 2
_PARTS = 20  #: of the samples, ...
_NEAR = 0.3  #: share of a fit's time that one takes which begins near another
_SHARE = 0.8  #: ... each with so many of them
_GRID = 16  #: values of a main effect
_OVER = 256  #: points over which it is taken


@dataclass(frozen=True)
class SobolIndex:
    """How much of an output's variance comes of one parameter, from 0 to 1, with intervals."""

    name: str
    first: float  #: by itself
    first_low: float
    first_high: float
    total: float  #: with all that it does together with others
    total_low: float
    total_high: float


@dataclass(frozen=True)
class MainEffect:
    """The mean of an output where one parameter has a value and the others are as distributed."""

    name: str
    at: tuple[Any, ...]
    mean: tuple[float, ...]


@dataclass(frozen=True)
class OutputSensitivity:
    """Which parameters matter to one output; the largest total index first."""

    name: str
    model: str
    samples: int
    explained: float  #: share of the variance of samples that were held out
    indices: tuple[SobolIndex, ...]
    effects: tuple[MainEffect, ...]  #: none of an array


@dataclass(frozen=True)
class Correlations:
    """Between parameters and outputs that are numbers, by their names in both directions."""

    names: tuple[str, ...]
    pearson: tuple[tuple[float | None, ...], ...]
    spearman: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class SensitivityReport:
    """What came of the analysis."""

    root: Path
    samples: int
    fingerprint: str  #: of the dataset that it was made of
    succeeded: int
    outputs: tuple[OutputSensitivity, ...]
    correlations: Correlations
    inputs: tuple[str, ...]  #: how each parameter is taken to be distributed
    notes: tuple[str, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        told = {**asdict(self), "level": LEVEL, "run_dir": str(self.root)}
        del told["root"]
        return told


@one_thread()
def analyse(
    root: Path,
    outputs: Sequence[str] = (),
    model: str | None = None,
    tell: Tell = nobody,
    step: Tell = nobody,
    *,
    where: str | None = None,
) -> SensitivityReport:
    """Analyse the samples of a run directory that succeeded, or those of them that keep the
    condition `where`; `tell` is told sentences, `step` what
    is being done now. Raises SurrogateError, EnvironmentProblem or OSError.
    """
    began = time.monotonic()
    data = read_training_data(root, outputs, tell, where)
    if data.success.sum() < _FEWEST:
        raise SurrogateError(
            f"{root}: {int(data.success.sum())} successful samples are too few to say what matters;"
            f" {_FEWEST} are the least"
        )
    distribution = _distribution(data)
    plan = fit_plan.plan_fit(data, model, None)
    notes = [*data.notes, *left_out_notes(data), *plan.notes, *_caveats(data, distribution)]
    for note in notes:
        tell(note)
    models = " or ".join(TITLES[one] for one in plan.models)
    count = len(data.outputs)
    seconds = rough_duration(max(1.0, fit_plan.seconds_of(plan, data, 1 + _PARTS * _NEAR)))
    tell(
        f"{int(data.success.sum()):,} successful samples, {len(data.space.varying)} inputs,"
        f" {count} output{'' if count == 1 else 's'}: {_PARTS + 1} fits of a {models} for each;"
        f" about {seconds}."
    )
    rng = numpy.random.default_rng([data.seed & 0xFFFFFFFF, 15])
    found, chooser = [], SampleChooser(data)
    for one in data.outputs:
        if len(data.known(one)) < _FEWEST:
            notes.append(f"{one.name} is left out: it has fewer than {_FEWEST} values")
        else:
            step(f"{one.name}: which parameters matter")
            found.append(
                _of_output(data, one, chooser.of(one), plan.models, distribution, rng, step)
            )
    if not found:
        raise SurrogateError(f"{root}: {'; '.join(notes)}")
    return SensitivityReport(
        root,
        len(data),
        data.fingerprint,
        int(data.success.sum()),
        tuple(found),
        correlations(data),
        tuple(distribution.described()),
        tuple(notes),
        time.monotonic() - began,
    )


def _distribution(data: TrainingData) -> InputDistribution:
    """Return how inputs are distributed where samples have been learnt from. Raises SurrogateError
    where they would not be independent there.
    """
    found, choice = InputDistribution.drawn(data.space, data.drawn), data.choice
    if choice is None:
        return found
    if choice.leaves_no_box:
        raise SurrogateError(
            f"--where {choice.condition}: {choice.leaves_no_box}, so the indices would not be those"
            " of this part; give a condition that shortens the range of one parameter, or run a"
            " campaign of this part"
        )
    for name in choice.parameters:
        found = found.cut(name, data.columns[name][data.success].tolist())
    return found


def _caveats(data: TrainingData, distribution: InputDistribution) -> list[str]:
    found = []
    for name in () if data.choice is None else data.choice.parameters:
        found.append(f"the indices are those of a part: {name}{distribution.over(name)}")
    if data.drawn.is_constrained:
        found.append(
            "constraints between parameters are not regarded: the indices are those of the box"
        )
    return found


def _of_output(
    data: TrainingData,
    output: OutputValues,
    samples: OutputSamples,
    kinds: Sequence[str],
    distribution: InputDistribution,
    rng: numpy.random.Generator,
    step: Tell,
) -> OutputSensitivity:
    chosen = rng.permutation(len(samples.rows))[:_MOST]
    rows, points, values = samples.rows[chosen], samples.points[chosen], samples.values[chosen]
    groups = samples.groups[chosen]
    crossed = None if samples.crossed is None else samples.crossed[chosen]
    kind = best_kind(kinds, points, values, parted(groups, crossed, _SHARE, rng), rng)
    designs = [_design(distribution, rng) for _ in range(_SEQUENCES)]
    step(f"{output.name}: all {len(rows):,} samples")
    model = OutputModel.fitted(kind, points, values, rng)
    each = numpy.array([_indices(model, design, distribution.dimensions) for design in designs])
    of_parts, explained = _jackknife(
        *(kind, points, values, (groups, crossed), model, designs, distribution, rng, step)
    )
    # each part leaves 1 - share of the samples out
    deviation = numpy.sqrt(
        _SHARE / (1 - _SHARE) * of_parts.var(axis=0) + each.var(axis=0, ddof=1) / len(each)
    )
    estimate = numpy.clip(each.mean(axis=0), 0.0, 1.0)
    unexplained = 1 - explained
    low = numpy.clip(estimate * explained - _HALF * deviation, 0.0, 1.0)
    high = numpy.clip(estimate * explained + unexplained + _HALF * deviation, 0.0, 1.0)
    indices = [
        SobolIndex(
            one.name,
            *(float(part[0, number]) for part in (estimate, low, high)),
            *(float(part[1, number]) for part in (estimate, low, high)),
        )
        for number, one in enumerate(data.space.varying)
    ]
    effects = () if output.shape else _effects(data, model, distribution, rng)
    return OutputSensitivity(
        output.name,
        kind,
        len(rows),
        explained,
        tuple(sorted(indices, key=lambda index: -index.total)),
        effects,
    )


_Design = tuple[Array, Array, Array]  #: what a model is told at A, B and the mixtures AB


def _design(distribution: InputDistribution, rng: numpy.random.Generator) -> _Design:
    """Return points A and B, and A with each parameter in turn from B."""
    count = distribution.dimensions
    unit = qmc.Sobol(2 * count, rng=rng).random(_POINTS)
    first, second = unit[:, :count], unit[:, count:]
    mixed = []
    for number in range(count):
        some = first.copy()
        some[:, number] = second[:, number]
        mixed.append(distribution.features(some))
    return distribution.features(first), distribution.features(second), numpy.vstack(mixed)


def _indices(model: OutputModel, design: _Design, count: int) -> Array:
    """Return first-order and total indices, shape (2, parameters). Those of an array are weighted
    by the variances of its components: M. Lamboni, H. Monod, D. Makowski, Reliability Engineering
    and System Safety 96 (2011).
    """
    if count == 1:
        return numpy.ones((2, 1))  # which SciPy does not take
    first, second, mixed = (model.scores.mean_at(points).T for points in design)
    variance = numpy.concatenate([first, second], axis=1).var(axis=1)
    if not variance.sum() > 0:
        return numpy.zeros((2, count))
    by_parameter = numpy.moveaxis(mixed.reshape(len(first), count, -1), 0, 1)
    found = sobol_indices(func={"f_A": first, "f_B": second, "f_AB": by_parameter}, n=_POINTS)
    shape = (len(first), count)
    weights = variance / variance.sum()
    return numpy.array(
        [
            weights @ numpy.reshape(found.first_order, shape),
            weights @ numpy.reshape(found.total_order, shape),
        ]
    )


def _jackknife(
    kind: str,
    points: Array,
    values: Array,
    apart: tuple[Array, Array | None],
    model: OutputModel,
    designs: Sequence[_Design],
    distribution: InputDistribution,
    rng: numpy.random.Generator,
    step: Tell,
) -> tuple[Array, float]:
    """Return the indices of models of random parts of the samples, shape (parts, 2, parameters),
    and the share of variance that these models explain of the samples left out. Those of one group
    are left out together.
    """
    found, left, total = [], 0.0, 0.0
    for part in range(_PARTS):
        step(f"part {part + 1} of {_PARTS}")
        rest, tested = parted(*apart, _SHARE, rng)
        one = OutputModel.fitted(kind, points[rest], values[rest], rng, model)
        of_designs = [
            _indices(one, design, distribution.dimensions)
            for design in designs[:_SEQUENCES_OF_PARTS]
        ]
        found.append(numpy.mean(of_designs, axis=0))
        left += float(((one.mean_at(points[tested]) - values[tested]) ** 2).sum())
        total += float(((values[tested] - values.mean(axis=0)) ** 2).sum())
    explained = 1 - left / total if total > 0 else 0.0
    return numpy.array(found), min(1.0, max(0.0, explained))


def _effects(
    data: TrainingData,
    model: OutputModel,
    distribution: InputDistribution,
    rng: numpy.random.Generator,
) -> tuple[MainEffect, ...]:
    """Return the mean of the model over all other parameters, for some values of each: partial
    dependence (J. H. Friedman, Annals of Statistics 29 (2001)).
    """
    over = distribution.features(rng.random((_OVER, distribution.dimensions)))
    found, begin = [], 0
    for one in data.space.inputs:
        if not one.n_features:
            continue
        grid = distribution.grid(one, _GRID)
        column = numpy.empty(len(grid), dtype=object)
        column[:] = grid
        told = one.features(one.checked(column))
        moved = numpy.repeat(over[None], len(grid), axis=0)
        moved[:, :, begin : begin + one.n_features] = told[:, None, :]
        mean = model.mean_at(moved.reshape(-1, over.shape[1])).reshape(len(grid), -1).mean(axis=1)
        found.append(MainEffect(one.name, tuple(grid), tuple(mean.tolist())))
        begin += one.n_features
    return tuple(found)


def correlations(data: TrainingData) -> Correlations:
    """Return how parameters and outputs that are numbers go together in the successful samples:
    linearly, and by their ranks. None where a column has one value only.
    """
    some = slice(None, None, -(-len(data) // _MOST))
    success = data.success[some]
    columns: Mapping[str, Array] = {
        name: column[some].astype(float)
        for name, column in [
            *((x.name, data.columns[x.name]) for x in data.space.varying if not x.is_category),
            *((y.name, y.values[:, 0]) for y in data.outputs if not y.shape),
        ]
    }
    names = list(columns)
    count = len(names)
    pearson: list[list[float | None]] = [[None] * count for _ in names]
    spearman: list[list[float | None]] = [[None] * count for _ in names]
    for i, first in enumerate(names):
        for j, second in enumerate(names[: i + 1]):
            x, y = columns[first], columns[second]
            both = success & numpy.isfinite(x) & numpy.isfinite(y)
            pearson[i][j] = pearson[j][i] = _correlation(x[both], y[both])
            ranks = (rankdata(x[both]), rankdata(y[both]))
            spearman[i][j] = spearman[j][i] = _correlation(*ranks)
    return Correlations(tuple(names), tuple(map(tuple, pearson)), tuple(map(tuple, spearman)))


def _correlation(x: Array, y: Array) -> float | None:
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float((x**2).sum()) * float((y**2).sum()))
    return float((x * y).sum()) / size if size > 0 else None
