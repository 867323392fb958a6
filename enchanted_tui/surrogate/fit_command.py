"""The part of the command line that fits surrogates. Imports nothing heavy before one is fitted."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.visible_text import visible

if TYPE_CHECKING:
    from enchanted_tui.surrogate.surrogate_fit import FitOptions
    from enchanted_tui.surrogate.training_data import Tell

MODELS = ("gp", "trees", "linear")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that go with ``--fit`` and ``--sensitivity``."""
    group = parser.add_argument_group("with --fit and --sensitivity")
    group.add_argument(
        "--outputs", metavar="A,B", help="only these outputs; else all numbers and arrays"
    )
    group.add_argument(
        "--model",
        type=str.lower,
        choices=MODELS,
        help="Gaussian process, trees or a linear model; else what suits the samples",
    )
    group.add_argument(
        "--test",
        metavar="FILE",
        help="with --fit: a file with samples to test on, as --export --split writes it",
    )
    group.add_argument(
        "--cv", type=int, metavar="K", help="with --fit: parts that are held out in turn; 5"
    )


def fit(options: argparse.Namespace) -> int:
    """Fit a surrogate, write its model and print the report. Raises SurrogateError or
    EnvironmentProblem, and OSError, once the report is printed, for a full or lost disk.
    """
    leave_processors_to_others()
    from enchanted_tui.surrogate.fit_report import as_json
    from enchanted_tui.surrogate.fit_text import as_text
    from enchanted_tui.surrogate.surrogate_fit import fit_surrogate
    from enchanted_tui.surrogate.surrogate_model import model_place, write_model

    root = Path(options.fit)
    out = Path(options.out) if options.out else None
    place = model_place(root, out, options.where, overwrite=options.overwrite)
    model, report = fit_surrogate(root, fit_options(options), tell, step_shown())
    told = as_json(report)
    lost: OSError | None = None
    try:
        write_model(place, model, told)
    except OSError as error:
        lost = error
    if options.json:
        print(json.dumps({**told, "written": None if lost else str(place)}))
    else:
        print(as_text(told))
    if lost is not None:  # what has been worked out is told all the same
        sys.stdout.flush()
        raise lost
    if not options.json:
        used = str(root if out is None else place)
        print(f"wrote {place}: enchanted_tui.load_model({used!r}).predict(frame)")
    return 0


def sensitivity(options: argparse.Namespace) -> int:
    """Analyse which parameters matter and print that. Raises as `fit` does."""
    leave_processors_to_others()
    from enchanted_tui.surrogate.sensitivity import analyse
    from enchanted_tui.surrogate.sensitivity_text import as_text

    report = analyse(
        Path(options.sensitivity),
        _names(options.outputs),
        options.model,
        tell,
        step_shown(),
        where=options.where,
    )
    told = report.as_json()
    print(json.dumps(told) if options.json else as_text(told))
    return 0


def leave_processors_to_others() -> None:
    """Let numerical libraries that are not imported yet work on one thread, unless the user says
    otherwise: for matrices of some hundred rows that is the quickest, and a login node is shared.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _names(text: str | None) -> tuple[str, ...]:
    """Read names with commas between."""
    return tuple(filter(None, map(str.strip, (text or "").split(","))))


def fit_options(options: argparse.Namespace) -> FitOptions:
    from enchanted_tui.surrogate.model_inputs import SurrogateError
    from enchanted_tui.surrogate.surrogate_fit import FitOptions

    if options.cv is not None and options.test is not None:
        raise SurrogateError("--cv and --test are two ways to judge a model; give one of them")
    if options.cv is not None and options.cv < 2:
        raise SurrogateError(f"--cv {options.cv}: expected a whole number, 2 or more")
    return FitOptions(
        _names(options.outputs),
        None if options.test is None else Path(options.test),
        options.cv,
        options.model,
        options.where,
    )


def tell(said: str) -> None:
    print(visible(said), file=sys.stderr, flush=True)


def step_shown() -> Tell:
    """Return what shows, on a terminal, what is being done now."""
    if not sys.stderr.isatty():
        return lambda said: None
    return lambda said: print(f"\r\x1b[K{visible(said)}", end="\r", file=sys.stderr, flush=True)
