"""What samplers share that learn from results: which samples are random, what counts as an
observation, what the model is asked.

What is drawn is a function of the seed, the position, and the set of results that are known and
samples that are pending: a campaign that is resumed asks the same question and gets the same
answer.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from enchanted_tui.config.options import option
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.design import REPLICATE
from enchanted_tui.samplers.findings import Finding
from enchanted_tui.samplers.output_learner import OutputLearner

if TYPE_CHECKING:
    import pandas

Question = dict[str, Any]
Answer = dict[str, Any]

EXTRA = "the extra 'learning' (pip install 'enchanted-tui[learning]')"
_FEWEST = 2  #: observations without which nothing can be learnt


class Pending(NamedTuple):
    """A sample that has been drawn and not finished."""

    position: int
    sample: Sample


@dataclass
class Draw:
    """Samples drawn, and what the model said of itself if it was fitted for them."""

    samples: list[Sample]
    known: int  #: samples of the stage that were known to have finished
    learned: dict[str, Any] | None = None


class LearningSampler(OutputLearner):
    """A sampler whose next samples depend on the results so far."""

    adaptive: ClassVar[bool] = True
    #: Which kind of model answers, so that what it needs is imported early.
    method: ClassVar[str] = ""
    #: True if the sum of the observations is to be as large (or as small) as possible.
    optimises: ClassVar[bool] = False
    #: Packages besides those that are always installed.
    packages: ClassVar[tuple[str, ...]] = ()

    asynchronous: bool = option(
        False,
        doc=(
            "Draw a sample as soon as a worker is free, knowing what is still running, instead of"
            " waiting for whole batches."
        ),
        aliases=("async_samp",),
    )
    min_new_results: int = option(
        1,
        doc=(
            "With asynchronous: results that must be new before the model's parameters are fitted"
            " again."
        ),
        ge=1,
    )
    ahead: int | None = option(
        None,
        doc=(
            "With asynchronous: samples that wait beside those that run; by default as many as hide"
            " the time that fitting takes."
        ),
        ge=0,
    )
    repeats: int = option(
        1,
        doc=(
            "How many samples each point gives, which differ in the column `replicate` alone: what"
            " these give tells the model the noise. The budget counts samples."
        ),
        ge=1,
        example=5,
    )
    failure_prob_filter: bool = option(
        False, doc="Learn where samples fail and keep away from there."
    )
    covar_kernel: str = option(
        "Matern-3/2",
        doc="Kernel of the Gaussian process.",
        choices=("Matern-5/2", "Matern-3/2", "Matern-1/2", "RBF"),
    )

    if TYPE_CHECKING:
        budget: int
        initial_samples: int | None

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._drawn: list[Sample] = []
        self._fitted: dict[str, Any] | None = None

    # -- what a kind of learning says --------------------------------------------------------------

    @classmethod
    def __enchanted_learnt_options__(cls) -> frozenset[str]:
        """Return the options that say what is learnt, and nothing of the samples that are drawn
        before.
        """
        several = (cls.several,) if cls.several else ()
        return frozenset(("observations", "subject_to", *several))

    def model_options(self) -> dict[str, Any]:
        """Return the options of the model."""
        raise NotImplementedError

    def asked_method(self) -> str:
        """Return which model is asked (see `samplers.learning.answers`)."""
        return self.method

    def batch_limit(self) -> int | None:
        """Return the size of a batch after the first one, or None where the rest of the budget is
        one batch.
        """
        raise NotImplementedError

    def is_random(self, position: int) -> bool:
        """Tell whether a sample is drawn at random rather than chosen by the model."""
        return position < self.first_batch()

    def first_batch(self) -> int:
        """How many samples are drawn at random before anything is learnt."""
        raise NotImplementedError

    # -- drawing -----------------------------------------------------------------------------------

    def next_count(self, first: int, target: int) -> int:
        """Return the size of the batch that begins at position `first`, in batch mode."""
        left = target - first
        if first < self.first_batch():
            return min(left, self.first_batch() - first)
        return min(left, self.batch_limit() or left)

    def draw(
        self, first: int, count: int, pending: Sequence[Pending], ask: Callable[[Question], Answer]
    ) -> Draw:
        """Draw the samples at positions `first` to `first + count`; with a count of 0, only learn.
        `ask` answers the model's questions.
        """
        times, places = self.repeats, range(first, first + count)
        self.note_pending(pending)
        if times == 1:
            return self._draw(places, first, pending, ask)
        fresh = [place for place in places if place % times == 0]
        draw = Draw([], self.known_count())
        if fresh or not count:
            draw = self._draw(fresh, first, pending, ask)
        points = {**self._points, **{item.position: item.sample for item in pending}}
        points.update(zip(fresh, draw.samples, strict=True))
        draw.samples = [
            {**points[place - place % times], REPLICATE: place % times} for place in places
        ]
        return draw

    def _draw(
        self,
        places: Sequence[int],
        first: int,
        pending: Sequence[Pending],
        ask: Callable[[Question], Answer],
    ) -> Draw:
        """Draw the points of the samples at `places`. Raises WrongColumnError where no sample has
        a column that is to be learnt from.
        """
        if not places or not all(map(self._is_random_point, places)):
            self._missing.check()
        findings = self._known.ordered()
        observed = sum(finding.is_good for finding in findings)
        learnable = observed >= _FEWEST and not self.space.is_constant
        by_chance = [place for place in places if not learnable or self._is_random_point(place)]
        random_units = self.random_points([place // self.repeats for place in by_chance])
        samples = dict(zip(by_chance, self.samples_at(random_units), strict=True))
        chosen = [place for place in places if place not in samples]
        if not learnable or (places and not chosen):
            return Draw([samples[place] for place in by_chance], self.known_count())
        waiting = self.features([item.sample for item in pending])
        waiting += self.features_at(random_units, list(samples.values()))
        answer = ask(self._question(findings, waiting, len(chosen), first))
        samples.update(zip(chosen, self.proposed(answer), strict=True))
        learned = None
        if answer["refitted"]:
            self._fitted = {**answer["fitted"], "known": self.known_count()}
            learned = self._learned(findings, answer)
        return Draw([samples[place] for place in places], self.known_count(), learned)

    def _is_random_point(self, place: int) -> bool:
        """Tell whether the point of a sample is random, counting after the first samples points."""
        begun = self.first_batch()
        after = place - begun
        return self.is_random(place if after < 0 else begun + after // self.repeats)

    def _question(
        self, findings: list[Finding], waiting: list[tuple[float, ...]], count: int, first: int
    ) -> Question:
        fitted = self._fitted if self.asynchronous and count else None
        if fitted is not None and self.known_count() - fitted["known"] >= self.min_new_results:
            fitted = None
        return {
            **self.described(),
            "method": self.asked_method(),
            "options": self.model_options(),
            **self.told(findings),
            "pending": [list(point) for point in waiting],
            "count": count,
            "seed": [self.effective_seed(), self.stage, first],
            "fitted": fitted,
        }

    def _learned(self, findings: list[Finding], answer: Answer) -> dict[str, Any]:
        """Return what is recorded of a fit."""
        own = [finding for finding in findings if finding.position >= 0]
        good = [finding for finding in findings if finding.is_good]
        return {
            "known": len(own),
            "observations": len(good),
            "failed": len(findings) - len(good),
            **self.best_of([finding for finding in good if finding.kept]),
            **answer["diagnostics"],
        }

    def best_of(self, kept: Sequence[Finding]) -> dict[str, Any]:
        """Return what is recorded of the best of the findings within the limits."""
        best = None
        if self.optimises and kept:
            best = (min if self.minimises() else max)(kept, key=lambda finding: finding.value)
        return {
            "best": None if best is None else best.value,
            "best_position": None if best is None else best.position,
        }

    def minimises(self) -> bool:
        """Tell whether small values are wanted."""
        return False

    # -- the interface that library users know -----------------------------------------------------

    def next_size(self) -> int:
        return max(0, self.next_count(self._submitted, self.target)) if self.has_budget else 0

    def get_next_samples(self) -> list[Sample]:
        """Draw the next batch, in this process; an empty list when the budget is spent."""
        from enchanted_tui.samplers.learning.answers import answer

        size = self.next_size()
        pending = [
            Pending(place, self._drawn[place])
            for place in range(len(self._drawn))
            if place not in self._known.findings
        ]
        samples = self.draw(self._submitted, size, pending, answer).samples if size else []
        self._drawn += samples
        self._batches += bool(samples)
        self._submitted += len(samples)
        return samples

    def register_future(self, dataset: pandas.DataFrame) -> None:
        """Learn from rows, one observation each; rows of samples that were not drawn here count as
        an earlier campaign's.
        """
        places: dict[tuple[Any, ...], list[int]] = {}
        for place, sample in enumerate(self._drawn):
            places.setdefault(self._drawn_values(sample), []).append(place)
        for record in dataset.to_dict("records"):
            row = {str(name): value for name, value in record.items()}
            sample = {name: row[name] for name in self.parameters}
            waiting = places.get(self._drawn_values(sample))
            position = (
                waiting.pop(0) if waiting else -1 - sum(place < 0 for place in self._known.findings)
            )
            self.tell(position, sample, [row])

    def _drawn_values(self, sample: Sample) -> tuple[Any, ...]:
        return tuple(sample.get(name) for name in self.parameters)

    def skip(self, n_batches: int) -> None:
        """Go on as if `n_batches` had been drawn; `register_future` tells what they gave."""
        for _ in range(n_batches):
            size = self.next_size()
            self._drawn += [{} for _ in range(size)]
            self._batches += bool(size)
            self._submitted += size

    # -- checks ------------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        missing = [name for name in self.packages if importlib.util.find_spec(name) is None]
        if missing:
            yield (
                "",
                (
                    f"{type(self).__name__} needs {EXTRA}; {' and '.join(missing)} cannot be"
                    " imported here"
                ),
            )

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        if self.budget and self.first_batch() >= self.budget:
            yield (
                "initial_samples",
                (
                    f"all {self.budget} samples are drawn at random before anything is learnt;"
                    " raise the budget, or lower initial_samples"
                ),
            )
        if self.is_constant:
            yield (
                "bounds" if self.is_plain else "parameters",
                "every parameter is constant, so there is nothing to learn",
            )
