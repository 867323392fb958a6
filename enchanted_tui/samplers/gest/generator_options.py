"""What a configuration says of a generator: options, checks, and the problem they describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.findings import Limit
from enchanted_tui.samplers.gest import generator_checks as checks
from enchanted_tui.samplers.gest.vocs import (
    NoVariableError,
    Problem,
    Variable,
    variables_of,
)
from enchanted_tui.samplers.outcome_limits import OutcomeLimit, limit_of


class GeneratorOptions(BoxSampler):
    """The options of a sampler that asks a generator."""

    generator: str = option(
        doc=(
            "Class of the generator, by its import path; with `generator_file`, its name in that"
            " file."
        ),
        example="xopt.generators.ga.CNSGAGenerator",
    )
    generator_file: str | None = option(
        None, doc="Python file with a generator of your own.", path=True, example="my_generator.py"
    )
    generator_options: dict[str, Any] = option(
        {},
        doc="Keyword arguments of the class, besides vocs.",
        aliases=("options",),
        example={"population_size": 20},
    )
    objectives: dict[str, str] = option(
        doc="Outputs that are wanted small, large or well known: minimize, maximize or explore.",
        choices=checks.WAYS,
        example={"cost": "minimize", "beta_n": "maximize"},
    )
    subject_to: dict[str, dict[str, Any]] = option(
        {},
        doc=(
            "Limits of outputs, by column: `ge` or `gt`, `le` or `lt`. Constraints, for a"
            " generator."
        ),
        example={"q95": {"ge": 3}},
        nested=OutcomeLimit,
    )
    observables: list[str] = option(
        [], doc="Further outputs of which the generator is told.", example=["temperature"]
    )
    budget: int = option(
        doc="How many samples to draw in all, those at the beginning included.", ge=0, example=40
    )
    batch_size: int = option(
        1, doc="How many points to ask for at a time. Not used with asynchronous.", ge=1
    )
    initial_samples: int = option(
        0,
        doc="Random samples to begin with, for generators that need results before they suggest.",
        ge=0,
    )
    asynchronous: bool = option(
        False,
        doc="Ask for points as soon as workers are free, instead of waiting for whole batches.",
    )
    ahead: int | None = option(
        0,
        doc=(
            "With asynchronous: samples that wait beside those that run; null for as many as hide"
            " the time that the generator takes."
        ),
        ge=0,
    )
    failed_samples: str = option(
        "nan",
        doc="What the generator is told of a failed sample: outputs that are nan, or nothing.",
        choices=("nan", "leave_out"),
    )
    added_points: str = option(
        "ingest",
        doc="Whether the generator is told of points added by hand.",
        choices=("ingest", "leave_out"),
    )
    outside_bounds: str = option(
        "refuse",
        doc="Whether a suggested point outside of the bounds is an error, or moved onto them.",
        choices=("refuse", "clip"),
    )
    on_resume: str = option(
        "replay",
        doc=(
            "How a resumed campaign brings a new generator to where the old one was: replay all"
            " that it was asked and told, or tell it the results alone."
        ),
        choices=("replay", "tell"),
    )
    patience_sec: float = option(
        3600.0, doc="How long the generator may take for one answer.", unit="s", gt=0
    )

    # -- the problem -------------------------------------------------------------------------------

    @property
    def outputs(self) -> list[str]:
        """The outputs that the generator is told, in the order of their roles."""
        return list(dict.fromkeys([*self.objectives, *self.subject_to, *self.observables]))

    def learnt_columns(self) -> list[tuple[str, str]]:
        """Return pairs of an option's place and the column that it names, which some runner has to
        return.
        """
        return [
            *((f"objectives.{name}", name) for name in self.objectives),
            *((f"subject_to.{name}", name) for name in self.subject_to),
        ]

    def limits(self) -> dict[str, Limit]:
        """Return lowest and highest value of each output that has limits."""
        return {name: limit_of(limit) for name, limit in self.subject_to.items()}

    def variables(self) -> dict[str, Variable]:
        """Return the parameters as variables. Raises NoVariableError."""
        return variables_of(self.space.axes)

    def told_problem(self) -> Problem:
        """Return what the generator has to know, as plain data."""
        return {
            "variables": self.variables(),
            "objectives": self.objectives,
            "subject_to": self.limits(),
            "observables": self.observables,
        }

    # -- checks ------------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        found = list(super().problems())
        yield from found
        if self.constraints:
            yield (
                "constraints",
                "a generator cannot be held to conditions on parameters; limits of outputs are"
                " `subject_to`, and a sample whose runner fails is told as failed",
            )
        yield from checks.generator_problems(
            self.generator, self.generator_file, self.generator_options
        )
        others = {"subject_to": list(self.subject_to), "observables": self.observables}
        yield from checks.output_problems(self.objectives, others, self.parameter_names)
        if not found:
            yield from self._variable_problems()

    def _variable_problems(self) -> Iterator[tuple[str, str]]:
        for place, (name, axis) in enumerate(self.space.axes.items()):
            try:
                variables_of({name: axis})
            except NoVariableError as error:
                yield f"parameters.{name}" if self.is_described else f"bounds[{place}]", str(error)
        if self.space.is_constant:
            yield "parameters", "every parameter is constant, so there is nothing to suggest"

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        yield from checks.argument_warnings(
            self.generator, self.generator_file, self.generator_options
        )
        yield from checks.told_warnings(self.parameters)
        if self.budget and self.initial_samples >= self.budget:
            yield (
                "initial_samples",
                f"all {self.budget} samples are drawn at random before the generator is asked;"
                " raise the budget, or lower initial_samples",
            )
