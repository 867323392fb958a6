"""Bayesian optimisation: samples where the largest output may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from enchanted_tui.config.options import Nested, option
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.learning_sampler import Answer, Draw, LearningSampler, Pending, Question
from enchanted_tui.samplers.parsers import ParserReader
from enchanted_tui.values import Row

_FEWEST_READ = 3  #: samples after which a parser that has read none is taken to be wrong
_ACQUISITIONS = ("qLEI", "qUCB", "qEI", "qPI", "EI", "LEI", "UCB", "PI")


class OutcomeLimit(Nested):
    """How small and how large an output may be."""

    ge: float | None = option(None, doc="At least this.", example=3)
    le: float | None = option(None, doc="At most this.", example=5)

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.ge is None and self.le is None:
            yield "", "needs a limit: ge, le or both"
        elif self.ge is not None and self.le is not None and self.ge > self.le:
            yield "ge", f"nothing is at least {self.ge} and at most {self.le}; swap them"


class BayesianOptimizationSampler(LearningSampler):
    """Look for the largest (or smallest) output with as few samples as possible, by a Gaussian
    process and an acquisition function.

    The first `initial_samples` are random and count. Needs nothing that is not installed anyway.
    """

    method: ClassVar[str] = "bayesian"
    optimises: ClassVar[bool] = True

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
            " samples of a batch know of each other."
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
        choices=("maximize", "minimize"),
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
    subject_to: dict[str, dict[str, Any]] = option(
        {},
        doc=(
            "Limits of other outputs, by column: `ge`, `le` or both. The best sample is looked for"
            " among those that keep them, and where that is probable."
        ),
        example={"q95": {"ge": 3}},
        nested=OutcomeLimit,
    )
    verbose: bool = option(False, doc="Write what each fit gave to the log.")

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._reader: ParserReader | None = None

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
        return self.direction.lower() == "minimize"

    def limits(self) -> dict[str, tuple[float | None, float | None]]:
        """Return lowest and highest value of each output that has limits."""
        return {name: (limit.get("ge"), limit.get("le")) for name, limit in self.subject_to.items()}

    def model_options(self) -> dict[str, Any]:
        return {
            "acquisition": self.acquisition_function,
            "kernel": self.covar_kernel,
            "beta": self.ucb_beta,
            "fully_bayesian": self.fully_bayesian,
            "avoid_failures": self.failure_prob_filter,
            "minimise": self.minimises(),
            "limits": list(self.limits().values()),
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
                self.parser, self.parser_config, self.observations, list(self.parameters)
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
        if self.parser is not None:
            problem = ParserReader.problem(self.parser, self.parser_config, self.observations)
            if problem is not None:
                yield "parser", problem
