"""Bayesian optimisation: samples where the largest output may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.findings import Finding
from enchanted_tui.samplers.learning_sampler import Answer, Draw, LearningSampler, Pending, Question
from enchanted_tui.samplers.objectives import MAXIMIZE, MINIMIZE, signs_of, told_front
from enchanted_tui.samplers.parsers import ParserReader
from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.values import Row

_FEWEST_READ = 3  #: samples after which a parser that has read none is taken to be wrong
_ACQUISITIONS = ("qLEI", "qUCB", "qEI", "qPI", "EI", "LEI", "UCB", "PI", "EHVI", "ParEGO")


class BayesianOptimizationSampler(LearningSampler):
    """Look for the largest (or smallest) output with as few samples as possible, or for the best
    compromises between several, by Gaussian processes and an acquisition function.

    The first `initial_samples` are random and count. Needs nothing that is not installed anyway.
    """

    method: ClassVar[str] = "bayesian"
    optimises: ClassVar[bool] = True
    several: ClassVar[str] = "objectives"

    budget: int = option(
        20, doc="How many samples to draw in all, the random ones at the beginning included.", ge=0
    )
    acquisition_batch_size: int = option(
        20,
        doc="Samples in a batch after the first one. Not used with asynchronous.",
        ge=1,
        aliases=("batch_size",),
    )
    initial_samples: int = option(50, doc="Random samples to begin with.", ge=0)
    acquisition_function: str = option(
        "qLEI",
        doc=(
            "What the next sample should have most of. EI: expected improvement on the best so far."
            " LEI: its logarithm, which has the same largest place; that is what is computed for"
            " both. PI: probability of improvement. UCB: mean and `ucb_beta`. With q or without,"
            " samples of a batch know of each other. With two `objectives` the improvement is that"
            " of the hypervolume (EHVI); with more, or with PI, UCB or ParEGO, it is that of their"
            " augmented Chebyshev sum with random weights."
        ),
        choices=_ACQUISITIONS,
    )
    random_fraction: float = option(
        0.2,
        doc="Share of the samples after the first ones that are random all the same.",
        ge=0,
        le=1,
    )
    direction: str = option(
        "maximize",
        doc="Whether large or small values are looked for.",
        choices=(MAXIMIZE, MINIMIZE),
    )
    objectives: dict[str, str] = option(
        {},
        doc=(
            "Two or more outputs by column, each to `maximize` or to `minimize`: samples are put"
            " where the Pareto front of the best compromises may be. Instead of `observations` and"
            " `direction`."
        ),
        choices=(MAXIMIZE, MINIMIZE),
        example={"growth_rate": "minimize", "beta": "maximize"},
    )
    reference_point: dict[str, float] = option(
        {},
        doc=(
            "With `objectives`: the worst value of each that is of interest. By default it is a"
            " tenth of the front's extent worse than the front."
        ),
        example={"growth_rate": 0.5, "beta": 1.0},
    )
    ucb_beta: float = option(
        2.0, doc="Weight of the variance in UCB: mean + sqrt(beta) x standard deviation.", ge=0
    )
    fully_bayesian: bool = option(
        False,
        doc=(
            "Average over several Gaussian processes drawn by slice sampling instead of using the"
            " most probable one."
        ),
    )
    parser: str | None = option(
        None,
        doc=(
            "Parser plugin that reads results from run directories by its"
            " `collect_sample_information` or `read_output_file`."
        ),
    )
    parser_config: dict[str, Any] = option({}, doc="Options of the parser.")
    verbose: bool = option(False, doc="Write what each fit gave to the log.")

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._reader: ParserReader | None = None

    @classmethod
    def __enchanted_learnt_options__(cls) -> frozenset[str]:
        return super().__enchanted_learnt_options__() | {"direction", "reference_point"}

    def first_batch(self) -> int:
        return self.initial_samples

    def batch_limit(self) -> int:
        return self.acquisition_batch_size

    def is_random(self, position: int) -> bool:
        after = position - self.initial_samples
        # of any stretch of samples the share that is random differs by less than one sample from
        # what is asked for
        return after < 0 or int((after + 1) * self.random_fraction + 1e-9) > int(
            after * self.random_fraction + 1e-9
        )

    def minimises(self) -> bool:
        return self.direction.lower() == MINIMIZE

    def asked_method(self) -> str:
        return "pareto" if self.objectives else self.method

    def best_of(self, kept: Sequence[Finding]) -> dict[str, Any]:
        if not self.objectives:
            return super().best_of(kept)
        return told_front(self.objectives, self.reference_point, kept, self.first_batch())

    def model_options(self) -> dict[str, Any]:
        options = {
            "acquisition": self.acquisition_function,
            "kernel": self.covar_kernel,
            "beta": self.ucb_beta,
            "fully_bayesian": self.fully_bayesian,
            "avoid_failures": self.failure_prob_filter,
            "limits": list(self.limits().values()),
        }
        if not self.objectives:
            return {**options, "minimise": self.minimises()}
        reference = [self.reference_point.get(name) for name in self.objectives]
        return {
            **options,
            "names": list(self.objectives),
            "signs": signs_of(self.objectives),
            "reference": reference,
        }

    # -- results -----------------------------------------------------------------------------------

    def tell(self, position: int, sample: Sample, rows: Sequence[Row]) -> None:
        reader = self.reader()
        super().tell(
            position, sample, rows if reader is None else [reader.row(row) for row in rows]
        )

    def reader(self) -> ParserReader | None:
        if self.parser is not None and self._reader is None:
            self._reader = ParserReader.make(
                self.parser,
                self.parser_config,
                self.output_columns() if self.objectives else self.observations,
                list(self.parameters),
                summed=not self.objectives,
            )
        return self._reader

    # -- drawing -----------------------------------------------------------------------------------

    def draw(
        self, first: int, count: int, pending: Sequence[Pending], ask: Callable[[Question], Answer]
    ) -> Draw:
        """Draw as every sampler that learns does. Raises ValueError if the parser fails on every
        sample: nothing is learnt then.
        """
        if self._reader is not None and (
            not count or not all(map(self.is_random, range(first, first + count)))
        ):
            self._reader.check(_FEWEST_READ if count else 1)
        return super().draw(first, count, pending, ask)

    # -- checks ------------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        yield from self._objective_problems()
        if self.parser is not None:
            problem = ParserReader.problem(self.parser, self.parser_config, self.observations)
            if problem is not None:
                yield "parser", problem

    def _objective_problems(self) -> Iterator[tuple[str, str]]:
        function = self.acquisition_function.upper()
        if not self.objectives:
            if function in ("EHVI", "PAREGO"):
                yield (
                    "acquisition_function",
                    f"{self.acquisition_function} is for several `objectives`; name them, or take"
                    " EI",
                )
            if self.reference_point:
                yield "reference_point", "goes with `objectives`, of which it has one value each"
            return
        if len(self.objectives) == 1:
            yield (
                "objectives",
                "one output is named by `observations`, and `direction` says what is looked for;"
                " name two or more objectives, or write these",
            )
        if self.minimises():
            yield "direction", "each of the `objectives` says its own; remove this one"
        if function == "EHVI" and len(self.objectives) > 2:
            yield (
                "acquisition_function",
                f"EHVI is worked out for two objectives, and there are {len(self.objectives)}; take"
                " ParEGO",
            )
        for name, worst in self.reference_point.items():
            if not math.isfinite(worst):
                yield f"reference_point.{name}", f"expected a finite number, not {worst}"
            if name not in self.objectives:
                yield (
                    f"reference_point.{name}",
                    f"there is no objective {name!r}{did_you_mean(name, self.objectives)}",
                )
