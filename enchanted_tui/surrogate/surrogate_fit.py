"""Fit a surrogate to a campaign: read, validate, forecast, advise."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import scipy

from enchanted_tui.blas_threads import one_thread
from enchanted_tui.surrogate import fit_plan
from enchanted_tui.surrogate.advice import Advice, advise, few_parents, next_steps
from enchanted_tui.surrogate.cross_validation import (
    CurvePoint,
    OutputModel,
    Validation,
    best_kind,
    curve_sizes,
    shuffled,
    splits,
    validate,
)
from enchanted_tui.surrogate.equal_samples import LEFT_OUT
from enchanted_tui.surrogate.error_map import ErrorMap, error_map
from enchanted_tui.surrogate.fit_plan import FitPlan
from enchanted_tui.surrogate.held_out import HeldOut, read_test_set
from enchanted_tui.surrogate.left_out import LeftOut, left_out, left_out_notes
from enchanted_tui.surrogate.model_inputs import Array, SurrogateError
from enchanted_tui.surrogate.output_samples import OutputSamples, SampleChooser
from enchanted_tui.surrogate.power_law import PowerLaw, power_law
from enchanted_tui.surrogate.score_models import MOST_GAUSSIAN
from enchanted_tui.surrogate.success_model import SuccessModel, SuccessReport, learn_success
from enchanted_tui.surrogate.surrogate_model import FLOOR, FittedOutput, SurrogateModel
from enchanted_tui.surrogate.tested_samples import alike, held_out_notes
from enchanted_tui.surrogate.training_data import (
    OutputValues,
    Tell,
    TrainingData,
    nobody,
    read_training_data,
)
from enchanted_tui.version import __version__

FEWEST = 10  #: successful samples without which there is nothing to judge


@dataclass(frozen=True)
class FitOptions:
    """What is asked of a fit."""

    outputs: tuple[str, ...] = ()  #: none: all that can be fitted
    test: Path | None = None  #: a file with samples that are held out, instead of folds
    folds: int | None = None
    model: str | None = None  #: one of `fit_command.MODELS`; None: what suits the number of samples
    where: str | None = None  #: a condition on the rows to learn from; None: all


@dataclass(frozen=True)
class OutputReport:
    """How well one output is predicted."""

    output: OutputValues
    fitted: FittedOutput
    validation: Validation
    spread: float  #: standard deviation of the output's values
    law: PowerLaw | None
    errors: ErrorMap
    advice: Advice
    left_out: LeftOut
    counted_in: str  #: what the learning curve and its forecast count
    needless: tuple[str, ...] = ()  #: parameters that it does not depend on
    alike: int = 0  #: samples that say so


@dataclass(frozen=True)
class FitReport:
    """What came of a fit."""

    root: Path
    samples: int
    fingerprint: str  #: of the dataset that it was made of
    how: str  #: the errors were found
    outputs: tuple[OutputReport, ...]
    success: SuccessReport
    notes: tuple[str, ...]
    next_steps: tuple[str, ...]
    seconds: float
    where: str | None  #: the condition on the rows that it was made of


@one_thread()
def fit_surrogate(
    root: Path, wanted: FitOptions, tell: Tell = nobody, step: Tell = nobody
) -> tuple[SurrogateModel, FitReport]:
    """Fit a surrogate to the campaign in a run directory; `tell` is told sentences, `step` what is
    being done now.

    Raises SurrogateError, EnvironmentProblem or OSError where that cannot be done.
    """
    began = time.monotonic()
    data = read_training_data(root, wanted.outputs, tell, wanted.where)
    test = None
    if wanted.test is not None:
        test, data = read_test_set(wanted.test, data)
    if data.success.sum() < FEWEST:
        raise SurrogateError(
            f"{root}: {int(data.success.sum())} successful samples are too few for a surrogate;"
            f" {FEWEST} are the least, and {10 * len(data.space.varying)} a beginning"
        )
    plan = fit_plan.plan_fit(data, wanted.model, wanted.folds)
    said = (*data.notes, *left_out_notes(data), *plan.notes)
    for note in (*said, fit_plan.told(plan, data, test)):
        tell(note)
    rng = numpy.random.default_rng([data.seed & 0xFFFFFFFF, 14])
    reports, more = _fit_outputs(data, plan, test, rng, tell, step)
    notes = [*said, *more]
    if not reports:
        raise SurrogateError(f"{root}: {'; '.join(notes)}")
    step("where samples fail")
    succeeding, success = learn_success(data, rng)
    how = _how(plan, wanted.test, test)
    report = FitReport(
        root,
        len(data),
        data.fingerprint,
        how,
        tuple(reports),
        success,
        tuple(notes),
        next_steps(
            [(one.output.name, one.advice, one.errors, one.advice.counted_in) for one in reports],
            success,
            data.drawn,
            root,
        ),
        time.monotonic() - began,
        wanted.where,
    )
    return _model(data, reports, succeeding, how, success.hidden), report


def _fit_outputs(
    data: TrainingData,
    plan: FitPlan,
    test: HeldOut | None,
    rng: numpy.random.Generator,
    tell: Tell,
    step: Tell,
) -> tuple[list[OutputReport], list[str]]:
    """Return the reports of all outputs that can be judged, and what there is to say of others."""
    reports, notes, chooser = list[OutputReport](), list[str](), SampleChooser(data)
    for one in data.outputs:
        if len(data.known(one)) < FEWEST:
            notes.append(f"{one.name} is left out: it has fewer than {FEWEST} values")
            continue
        step(f"{one.name}: which parameters matter")
        samples = chooser.of(one)
        of_samples = held_out_notes(one.name, samples, test)
        notes += of_samples
        for note in of_samples:
            tell(note)
        try:
            reports.append(_fit_output(data, one, samples, plan, test, rng, step))
        except SurrogateError as error:
            notes.append(f"left out: {error}")
    return reports, notes


def _how(plan: FitPlan, path: Path | None, test: HeldOut | None) -> str:
    if test is None or path is None:
        return f"{plan.folds}-fold cross-validation"
    return f"the {len(test.points):,} samples of {path.name}"


def _fit_output(
    data: TrainingData,
    output: OutputValues,
    samples: OutputSamples,
    plan: FitPlan,
    test: HeldOut | None,
    rng: numpy.random.Generator,
    step: Tell,
) -> OutputReport:
    rows, points, values, groups = samples.rows, samples.points, samples.values, samples.groups
    parts = _folds(samples, plan, rng, output.name)
    kind = best_kind(plan.models, points, values, parts[0], rng)
    trained, columns = len(rows), {name: column[rows] for name, column in data.columns.items()}
    if test is not None:
        points, values, columns = _with_test(samples, test, output.name)
        # in as many random orders as there would be folds, for the noise of the curve
        tested = numpy.arange(trained, len(points))
        parts = [(shuffled(groups, rng), tested) for _ in range(plan.folds)]
    most = MOST_GAUSSIAN if kind == "gp" else None
    counted = groups if samples.counted_in != "samples" else None
    counts = [len(rest if counted is None else set(counted[rest].tolist())) for rest, _ in parts]
    inputs = int((points[0] != LEFT_OUT).sum())
    sizes = curve_sizes(min(most or len(points), *counts), inputs)

    def whole() -> OutputModel:
        step(f"{output.name}: all {trained:,} samples")
        return OutputModel.fitted(kind, points[:trained], values[:trained], rng)

    def validated(model: OutputModel | None) -> Validation:
        return validate(
            *(kind, points, values, parts, sizes, rng),
            lambda said: step(f"{output.name}: {said}"),
            model,
            counted,
        )

    if test is None:
        found, model = validated(None), whole()
    else:  # the very model that is written is tested
        model = whole()
        found = validated(model)
    fitted = _calibrated(output, model, found, trained)
    tested_rows = found.rows - (trained if test else 0)
    where = {name: column[tested_rows] for name, column in columns.items()}
    errors = error_map(data.space, where, found.per_row)
    law = power_law(found.curve)
    spread = float(numpy.sqrt(values[:trained].var(axis=0).mean()))
    advice = (
        few_parents(samples.few_parents)
        if samples.few_parents and test is None
        else advise(found.curve, law, spread, output.unit, most, samples.counted_in)
    )
    return OutputReport(
        *(output, fitted, found, spread, law, errors, advice, left_out(data, output)),
        *(samples.counted_in, samples.needless, samples.alike),
    )


def _folds(
    samples: OutputSamples, plan: FitPlan, rng: numpy.random.Generator, name: str
) -> list[tuple[Array, Array]]:
    """Return the rows of each fold to learn from and to test on. Raises SurrogateError."""
    parts = splits(samples.groups, plan.folds, rng, fit_plan.MOST_TESTED, samples.crossed)
    if len(parts) < 2:
        raise SurrogateError(
            f"{name}: all samples are at one point, or of one parent, so none can be held out"
        )
    return parts


def _with_test(
    samples: OutputSamples, test: HeldOut, name: str
) -> tuple[Array, Array, dict[str, Array]]:
    """Return points and values with those of a test set behind them, and its parameters. Raises
    SurrogateError where it has none that has not been learnt from.
    """
    known = numpy.isfinite(test.outputs[name]).all(axis=1)
    if not known.any():
        raise SurrogateError(f"{name} has no finite value in the test set")
    kept = known & ~alike(samples, test)
    if not kept.any():
        raise SurrogateError(
            f"{name} cannot be tested: all {known.sum():,} samples of the test set differ from some"
            f" that are learnt from in {', '.join(samples.needless)} alone, on which it does not"
            " depend; test it by folds, without --test"
        )
    return (
        numpy.vstack([samples.points, test.points[kept]]),
        numpy.vstack([samples.values, test.outputs[name][kept]]),
        {column: values[kept] for column, values in test.columns.items()},
    )


def _calibrated(
    output: OutputValues, model: OutputModel, found: Validation, samples: int
) -> FittedOutput:
    """Return the model with standard deviations that its errors on held-out samples have."""
    errors: CurvePoint = found.errors
    variance = found.spread**2 + (FLOOR * errors.rmse) ** 2
    scaled = (found.predicted - found.truth) ** 2 / numpy.maximum(variance, 1e-300)
    calibration = math.sqrt(float(scaled.mean())) or 1.0
    return FittedOutput(
        output.name,
        output.unit,
        output.shape,
        model,
        calibration,
        min(samples, MOST_GAUSSIAN) if model.scores.kind == "gp" else samples,
        errors.rmse,
        errors.mape,
        errors.r2,
    )


def _model(
    data: TrainingData,
    reports: Sequence[OutputReport],
    success: SuccessModel | None,
    how: str,
    hidden: str,
) -> SurrogateModel:
    about: dict[str, Any] = {
        "program": f"enchanted-tui {__version__}",
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
        },
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "judged_by": how,
        "samples": len(data),
        "failures_hidden": hidden,
        "provenance": dict(data.provenance),
    }
    return SurrogateModel(data.space, [one.fitted for one in reports], success, about)
