"""Checks of what a configuration says of a generator. Each yields (option, sentence) as
`Component.problems` does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.gest import generator_arguments, generator_class

Problems = Iterator[tuple[str, str]]

EXTRA = "the extra 'gest' (pip install 'enchanted-tui[gest]')"
WAYS = ("minimize", "maximize", "explore")
_BOUNDS_ALONE = "the generator is told the possible values alone; {} holds for initial_samples only"


def generator_problems(name: str, file: str | None, options: Mapping[str, Any]) -> Problems:
    """Check that there is such a class, as far as that can be told without importing it."""
    if importlib.util.find_spec("gest_api") is None:
        yield "", f"GestSampler needs {EXTRA}; gest_api cannot be imported here"
    sentence = generator_class.problem_of(name, file)
    if sentence is not None:
        is_missing = file is not None and sentence == f"there is no file {file}"
        yield "generator_file" if is_missing else "generator", sentence
    if "vocs" in options:
        yield (
            "generator_options.vocs",
            "is made from parameters, objectives, subject_to and observables; remove it",
        )
    yield from _misnamed(name, file, options, fatal=True)


def argument_warnings(name: str, file: str | None, options: Mapping[str, Any]) -> Problems:
    """Warn of options that the class does not name and takes all the same."""
    yield from _misnamed(name, file, options, fatal=False)


def _misnamed(name: str, file: str | None, options: Mapping[str, Any], *, fatal: bool) -> Problems:
    for found in generator_arguments.misnamed(name, file, options) if options else ():
        if found.is_fatal == fatal:
            yield f"generator_options.{found.key}", found.sentence


def output_problems(
    objectives: Mapping[str, str], others: Mapping[str, Sequence[str]], parameters: Sequence[str]
) -> Problems:
    """Check the outputs: `others` holds, by option, the names of those that are no objectives."""
    if not objectives:
        yield (
            "objectives",
            "there is none; name at least one output, as in {output: minimize}",
        )
    for option, names in {"objectives": list(objectives), **others}.items():
        for index, name in enumerate(names):
            where = f"{option}[{index}]" if option == "observables" else f"{option}.{name}"
            if name in parameters:
                yield where, f"{name!r} is a parameter; name a column that the runner returns"
            elif name in shared_checks.RESERVED:
                yield where, f"{name!r} is the program's own column; name one of the runner's"


def told_warnings(parameters: Any) -> Problems:
    """Warn of what is said of a parameter and no generator knows."""
    for name, given in parameters.items() if isinstance(parameters, Mapping) else ():
        if given.get("weights"):
            yield f"parameters.{name}.weights", _BOUNDS_ALONE.format("the weights")
        elif given.get("distribution") == "truncated_normal":
            yield f"parameters.{name}.distribution", _BOUNDS_ALONE.format("the distribution")
