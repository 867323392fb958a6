"""``enchanted_tui.compare(run_dir, run_dir, ...)``: campaigns side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.blas_threads import one_thread
from enchanted_tui.comparison.campaign_facts import CampaignFacts, has_campaign, read_campaign
from enchanted_tui.comparison.compared_curves import (
    OutputComparison,
    compared_curves,
    points_apart,
)
from enchanted_tui.comparison.configuration_differences import (
    KeyDifference,
    configuration_differences,
)
from enchanted_tui.comparison.shared_data import Entrant, read_entrant, shared
from enchanted_tui.comparison.side_by_side import (
    columns_left_out,
    has,
    shared_columns,
    told_apart,
)
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.record.no_campaign import no_campaign
from enchanted_tui.surrogate.fit_arguments import refuse, wrong_arguments
from enchanted_tui.surrogate.fit_plan import FOLDS, more_folds_than
from enchanted_tui.surrogate.held_out import HeldOut, read_test_set
from enchanted_tui.surrogate.left_out import left_out_notes
from enchanted_tui.surrogate.model_inputs import SurrogateError
from enchanted_tui.surrogate.score_models import MOST_GAUSSIAN
from enchanted_tui.surrogate.surrogate_fit import FEWEST
from enchanted_tui.surrogate.training_data import Tell, nobody
from enchanted_tui.surrogate.tree_scores import LACKING, can_grow

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class CompareOptions:
    """What is asked of a comparison."""

    outputs: tuple[str, ...] = ()  #: none: all that the campaigns share
    test: Path | None = None  #: a file with samples that all models are tested on
    folds: int | None = None  #: parts that are held out in turn without one
    model: str | None = None  #: one of `fit_command.MODELS`; None: what suits the samples


@dataclass(frozen=True)
class Comparison:
    """Campaigns side by side."""

    runs: tuple[CampaignFacts, ...]
    shared_columns: tuple[str, ...]  #: of their datasets, without the program's own
    outputs: tuple[OutputComparison, ...]  #: learning curves of surrogates
    judged_by: str  #: how their errors were found; empty where there are none
    configuration: tuple[KeyDifference, ...]
    notes: tuple[str, ...] = field(default=())  #: what is left out, and why

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "runs": [run.as_json() for run in self.runs],
            "shared_columns": list(self.shared_columns),
            "outputs": [asdict(output) for output in self.outputs],
            "judged_by": self.judged_by,
            "configuration": [asdict(one) for one in self.configuration],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        from enchanted_tui.comparison.comparison_text import as_text

        return as_text(self.as_json())

    def curves(self) -> pandas.DataFrame:
        """Return the learning curves as a table: a row for each run, output and number of samples,
        with core_hours, rmse, rmse_error (its standard error), rmse_of_spread, mape and r2.
        """
        import pandas

        return pandas.DataFrame(curve_rows(self.as_json()), columns=CURVE_COLUMNS)


CURVE_COLUMNS = [
    *("run", "sampler", "output", "unit", "model", "samples", "core_hours"),
    *("rmse", "rmse_error", "rmse_of_spread", "mape", "r2"),
]


def curve_rows(told: Mapping[str, Any]) -> list[list[Any]]:
    """Return the learning curves of a comparison, as `as_json` gives it, as rows of
    `CURVE_COLUMNS`.
    """
    samplers = {run["name"]: " -> ".join(run["samplers"]) for run in told["runs"]}
    return [
        [
            *(curve["run"], samplers[curve["run"]], output["name"], output["unit"]),
            *(output["model"], point["samples"], point["core_hours"], point["rmse"]),
            *(point["rmse_error"], point["rmse"] / output["spread"] if output["spread"] else None),
            *(point["mape"], point["r2"]),
        ]
        for output in told["outputs"]
        for curve in output["curves"]
        for point in curve["points"]
    ]


def compare(
    *run_dirs: str | os.PathLike[str],
    outputs: Sequence[str] = (),
    test: str | os.PathLike[str] | None = None,
    folds: int | None = None,
    model: str | None = None,
) -> Comparison:
    """Return campaigns, running or finished, side by side: counts, cost in core-hours, failures,
    the best values of each output, and learning curves of surrogates that are tested on the same
    samples.

    `outputs` chooses some; `test` is a file of samples to test on, and without it `folds` parts (5)
    of all campaigns' samples are held out in turn; `model` is "gp", "trees" or "linear". What the
    campaigns do not share is left out and told in `Comparison.notes`. Nothing is written.

    Raises EnvironmentProblem if a directory holds no campaign, SurrogateError if what is asked for
    is not there.
    """
    _check_arguments(run_dirs, outputs, test, folds, model)
    options = CompareOptions(tuple(outputs), None if test is None else Path(test), folds, model)
    return compare_campaigns([Path(run_dir) for run_dir in run_dirs], options)


def _check_arguments(
    run_dirs: Sequence[Any], outputs: Any, test: Any, folds: Any, model: Any
) -> None:
    """Raise SurrogateError naming all that is wrong with what `compare` is given."""
    wrong = []
    if any(isinstance(one, list | tuple) for one in run_dirs):
        wrong.append("each run directory is an argument of its own: write compare(*run_dirs)")
    refuse([*wrong, *wrong_arguments(outputs, test, folds, model)])


@one_thread()
def compare_campaigns(
    roots: Sequence[Path], options: CompareOptions, tell: Tell = nobody, step: Tell = nobody
) -> Comparison:
    """Do the same; `tell` is told sentences, `step` what is being done now."""
    check_directories(roots)
    names = told_apart(roots)
    runs = []
    for root, name in zip(roots, names, strict=True):
        step(f"reading {name}")
        runs.append(replace(read_campaign(root).facts, name=name))
    common, notes = shared_columns(runs), columns_left_out(runs)
    found, judged_by = _curves(runs, options, notes, tell, step)
    differences, more = configuration_differences(roots)
    return Comparison(
        tuple(runs), common, found, judged_by, differences, tuple(dict.fromkeys([*notes, *more]))
    )


def check_directories(roots: Sequence[Path]) -> None:
    """Raise EnvironmentProblem for all that cannot be compared, SurrogateError if these are not two
    campaigns at least.
    """
    problems = [no_campaign(root) for root in roots if not has_campaign(root)]
    if problems:
        raise EnvironmentProblem("\n".join(problems))
    places = [root.resolve() for root in roots]
    again = next((root for n, root in enumerate(places) if root in places[:n]), None)
    if again is not None:
        raise SurrogateError(f"{again} is named twice; name each campaign once")
    if len(roots) < 2:
        raise SurrogateError("name two run directories at least: --compare RUN_DIR RUN_DIR ...")


def _curves(
    runs: Sequence[CampaignFacts],
    options: CompareOptions,
    notes: list[str],
    tell: Tell,
    step: Tell,
) -> tuple[tuple[OutputComparison, ...], str]:
    """Return the learning curves, and how their errors were found; add to `notes` what is left
    out.
    """
    able = [run for run in runs if run.succeeded >= FEWEST]
    notes += [
        f"no surrogates of {run.name}: it has {run.succeeded} successful samples, and {FEWEST} are"
        " the least"
        for run in runs
        if run.samples > 0 and run.succeeded < FEWEST
    ]
    if len(able) < 2:
        notes.append("surrogates are compared where two campaigns at least can have one")
        return (), ""
    try:
        entrants, names, left_out = shared([_entrant(run, options, tell, step) for run in able])
    except SurrogateError as error:
        if options.outputs:  # what was asked for by name is not left out in silence
            raise
        notes.append(f"no surrogates are compared: {error}")
        return (), ""
    notes += left_out
    return _curves_of(entrants, names, options, notes, step)


def _entrant(run: CampaignFacts, options: CompareOptions, tell: Tell, step: Tell) -> Entrant:
    step(f"reading the samples of {run.name}")
    try:
        return read_entrant(run, options.outputs, tell)
    except SurrogateError as error:
        raise SurrogateError(f"{run.name}: {error}") from error


def _curves_of(
    entrants: Sequence[Entrant],
    names: Sequence[str],
    options: CompareOptions,
    notes: list[str],
    step: Tell,
) -> tuple[tuple[OutputComparison, ...], str]:
    kind, said = _kind(entrants, options.model)
    folds, test = options.folds or FOLDS, None
    if options.test is None and options.folds is not None:
        apart = min(points_apart(entrants, name) for name in names)
        if folds > apart >= 2:
            notes.append(more_folds_than(folds, apart))
            folds = apart
    judged_by = f"{folds}-fold cross-validation on the samples of all"
    if options.test is not None:
        entrants, test = _with_test_set(entrants, options.test, notes)
        judged_by = f"the {len(test.points):,} samples of {options.test.name}"
    notes += said
    for one in entrants:
        notes += [f"{one.name}: {note}" for note in left_out_notes(one.data)]
    found = []
    for name in names:
        few = [one.name for one in entrants if len(one.learnable(name)) < FEWEST]
        if few:
            notes.append(f"no surrogates of {name}: {' and '.join(few)} {has(few)} too few values")
            continue
        tell = partial(_tell_of, step, name)
        try:
            found.append(compared_curves(entrants, name, kind, folds, test, tell))
        except SurrogateError as error:
            notes.append(f"no surrogates of {name}: {error}")
    return tuple(found), judged_by if found else ""


def _tell_of(step: Tell, output: str, said: str) -> None:
    step(f"{output}, {said}")


def _with_test_set(
    entrants: Sequence[Entrant], path: Path, notes: list[str]
) -> tuple[list[Entrant], HeldOut]:
    """Return campaigns without the samples that are in a test set, and that."""
    rest, test = [], None
    for one in entrants:
        test, data = read_test_set(path, one.data)
        notes += [f"{one.name}: {note}" for note in data.notes[len(one.data.notes) :]]
        rest.append(replace(one, data=data))
    assert test is not None
    return rest, test


def _kind(entrants: Sequence[Entrant], wanted: str | None) -> tuple[str, list[str]]:
    """Return the kind of model that is fitted to the samples of all, and what is to be said of
    it.
    """
    if wanted == "trees" and not can_grow():
        raise SurrogateError(LACKING)
    most = max(int(one.data.success.sum()) for one in entrants)
    kind = wanted or ("gp" if most <= MOST_GAUSSIAN or not can_grow() else "trees")
    if kind == "gp" and most > MOST_GAUSSIAN:
        return kind, [
            f"a Gaussian process learns from {MOST_GAUSSIAN:,} samples at most, so curves end there"
        ]
    return kind, []
