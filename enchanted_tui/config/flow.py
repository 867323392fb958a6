"""Check that every step finds the parameters it needs: drawn by a sampler, or returned by a runner
before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from enchanted_tui import neighbours
from enchanted_tui.config.lookup import is_own
from enchanted_tui.config.models import ComponentSpec, StageSpec
from enchanted_tui.config.options import asked
from enchanted_tui.config.problems import Path
from enchanted_tui.config.report import Report
from enchanted_tui.config.use import check_use, parameter_names, parameter_place
from enchanted_tui.expressions import Expression, ExpressionError, normal_name
from enchanted_tui.suggestions import did_you_mean

_RESERVED = ("success", "run_dir")


class Flow:
    """Follows a sample through the stages, knowing at each step the names that its parameters have.

    `samplers` and `runners` give by configured name the component and, for one that declares its
    options, an instance. `place` gives the path of a component's option.
    """

    def __init__(
        self,
        report: Report,
        samplers: Mapping[str, tuple[ComponentSpec, Any]],
        runners: Mapping[str, tuple[ComponentSpec, Any]],
        place: Callable[[str, str, str], Path],
    ) -> None:
        self._report, self._samplers, self._runners, self._place = report, samplers, runners, place
        self._drawn_in: dict[str, int] = {}
        self._drawn_at: dict[str, Path] = {}
        self._names: set[str] = set()
        self._is_complete = True  # no plugin so far that may have added names of its own

    def follow(self, stages: tuple[StageSpec, ...]) -> None:
        """Go through the stages, reporting what a step lacks and what a stage replaces."""
        errors_before = self._report.error_count
        for depth, stage in enumerate(stages):
            self._draw(depth, stage.sampler)
            for index, step in enumerate(stage.steps):
                where = (
                    f"stage {depth}" if len(stage.steps) == 1 else f"step {index} of stage {depth}"
                )
                self._run(where, step.runner, stage.continuation is not None)
            self._learn(stage.sampler)
        if self._report.error_count == errors_before:  # what is misspelt is said once
            check_use(self._report, self._samplers, self._runners, self._place, stages)

    def _draw(self, depth: int, name: str) -> None:
        spec, instance = self._samplers.get(name, (None, None))
        if spec is None:
            self._is_complete = False
            return
        names, _ = parameter_names(spec, instance)
        for parameter in names:
            place = self._drawn_at[parameter] = self._place(
                "sampler", name, parameter_place(spec, parameter)
            )
            earlier = self._drawn_in.get(parameter)
            if earlier is not None:
                message = (
                    f"stage {depth} draws {parameter!r} anew, which replaces the value from stage"
                    f" {earlier}"
                )
                self._report.warning(place, f"{message}; give it another name to keep both")
        self._drawn_in.update(dict.fromkeys(names, depth))
        self._names.update(names)
        self._is_complete = self._is_complete and spec.builtin

    def _run(self, where: str, name: str, continues: bool) -> None:
        own = {f"success_{name}", f"runtime_sec_{name}"}
        if continues:
            own.add(neighbours.column(name))
        for column in sorted(own & self._drawn_at.keys()):
            message = (
                f"the runner {name!r} fills the column {column!r}, which will replace this"
                " parameter; choose another name"
            )
            self._report.warning(self._drawn_at.pop(column), message)
        spec, instance = self._runners.get(name, (None, None))
        if spec is None or instance is None:
            self._is_complete = False
            return
        given = {neighbours.RUN_DIR} if continues else set()
        given.update(instance.own_names() if hasattr(instance, "own_names") else ())
        if self._is_complete:
            needs = {**instance.required_parameters(), **instance.names_in_resources()}
            for option, needed in needs.items():
                for parameter in sorted(needed - self._names - given):
                    self._report.error(
                        self._place("runner", name, option), self._missing(where, parameter)
                    )
        outputs = set(instance.output_names())
        self._is_complete = self._is_complete and bool(outputs) and is_own(spec.class_path)
        self._names |= {*outputs, "success", "run_dir", *own}
        self._derive(where, name, spec)

    def _derive(self, where: str, name: str, spec: ComponentSpec) -> None:
        """Check the outputs that a runner derives from parameters and outputs, each also from those
        before it.
        """
        for column, text in (asked(spec.cls, "derived", spec.options) or {}).items():
            place = self._place("runner", name, f"derived.{column}")
            if column in _RESERVED or not column.strip():
                self._report.error(
                    place,
                    f"the name {column!r} belongs to the program's own column; choose another",
                    at_key=True,
                )
            try:
                needed = Expression(text).names
            except ExpressionError as error:
                self._report.error(place, str(error))
                continue
            known = {normal_name(known) for known in self._names} | self._names
            for missing in sorted(needed - known) if self._is_complete else ():
                self._report.error(place, self._missing(where, missing))
            self._names.add(column)

    def _learn(self, name: str) -> None:
        """Check that the columns which a sampler learns from are there at the end of its stage."""
        _, instance = self._samplers.get(name, (None, None))
        learnt: list[tuple[str, str]] = getattr(instance, "learnt_columns", list)()
        if not self._is_complete or getattr(instance, "parser", None) is not None:
            return  # a parser finds what it returns in run directories
        for option, column in learnt:
            if column not in self._names:
                self._report.error(
                    self._place("sampler", name, option),
                    f"no runner returns {column!r}, which is to be learnt from"
                    f"{did_you_mean(column, self._names)}",
                )

    def _missing(self, where: str, parameter: str) -> str:
        if parameter == neighbours.RUN_DIR:
            return (
                f"{where} needs {parameter!r}, which samples have where their stage in run_order"
                " says start_from: nearest"
            )
        return (
            f"{where} needs {parameter!r}, which no sampler draws and no runner returns before it"
            f"{did_you_mean(parameter, self._names)}"
        )


def check_foreign_names(report: Report, spec: ComponentSpec, base: Path) -> None:
    """Check the names of parameters of a class that declares nothing and so cannot check them
    itself.
    """
    names, option = parameter_names(spec, None)
    for index, name in enumerate(names):
        place = (*base, option, index)
        if name in _RESERVED:
            report.error(
                place,
                f"the name {name!r} belongs to the program's own column of the dataset; choose"
                " another",
            )
        elif name in names[:index]:
            report.error(
                place,
                f"the parameter {name!r} is named twice; each parameter needs a name of its own",
            )
        elif name == "output":
            report.warning(
                place,
                "runners usually return 'output', which will replace this parameter; choose another"
                " name",
            )
