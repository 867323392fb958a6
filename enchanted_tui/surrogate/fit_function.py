"""Surrogates from Python: ``enchanted_tui.fit(run_dir)`` and ``sensitivity(run_dir)``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from enchanted_tui.surrogate.fit_arguments import refuse, wrong_arguments
from enchanted_tui.surrogate.fit_report import as_json
from enchanted_tui.surrogate.sensitivity import SensitivityReport, analyse
from enchanted_tui.surrogate.surrogate_fit import FitOptions, fit_surrogate
from enchanted_tui.surrogate.surrogate_model import SurrogateModel, model_place, write_model


class Fit(NamedTuple):
    """What came of a fit."""

    model: SurrogateModel
    #: what ``--fit --json`` prints: errors, learning curves, where in the box it errs, and advice
    report: dict[str, Any]
    path: Path  #: of the model's file, for `load_model`


def fit(
    run_dir: str | os.PathLike[str],
    *,
    outputs: Sequence[str] = (),
    test: str | os.PathLike[str] | None = None,
    folds: int | None = None,
    model: str | None = None,
    where: str | None = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> Fit:
    """Fit a surrogate to the campaign in a run directory, running or finished, and write it there,
    or to the file `out`; return it with its report.

    `outputs` chooses some; `test` is a file of samples to test on, and without it `folds` parts (5)
    of the samples are held out in turn; `model` is "gp", "trees" or "linear", and else what suits
    the samples; `where` is a condition on the rows to learn from. `overwrite`: whether `out` takes
    the place of a file, or a model with `where` that of an earlier one.

    Raises EnvironmentProblem if no campaign is there or the model cannot be written, SurrogateError
    if it cannot be fitted or what is asked for is not there, ExportError if `out` must not be
    written, OSError for a full or lost disk.
    """
    refuse(wrong_arguments(outputs, test, folds, model, where))
    root = Path(run_dir)
    to = None if out is None else Path(out)
    place = model_place(root, to, where, overwrite=overwrite)
    options = FitOptions(tuple(outputs), None if test is None else Path(test), folds, model, where)
    fitted, report = fit_surrogate(root, options)
    told = as_json(report)
    write_model(place, fitted, told)
    return Fit(fitted, told, place)


def sensitivity(
    run_dir: str | os.PathLike[str],
    *,
    outputs: Sequence[str] = (),
    model: str | None = None,
    where: str | None = None,
) -> SensitivityReport:
    """Return which parameters matter for the outputs of a campaign, running or finished:
    first-order and total Sobol indices with intervals, main effects and correlations.
    `SensitivityReport.as_json()` gives what ``--sensitivity --json`` prints. Nothing is written.

    `outputs`, `model` and `where` are those of `fit`.

    Raises EnvironmentProblem if no campaign is there, SurrogateError if its samples are too few or
    what is asked for is not there.
    """
    refuse(wrong_arguments(outputs, model=model, where=where))
    return analyse(Path(run_dir), tuple(outputs), model, where=where)
