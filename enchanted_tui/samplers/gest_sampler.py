"""Samples that a generator of another library proposes, by the interface of gest-api: `suggest` and
`ingest` (https://gest-api.readthedocs.io).

The generator lives in a process of its own (`gest.conversation`). All that it has been asked and
told follows from the journal (`gest.transcript`), so that a resumed campaign brings a new one to
the same state.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.findings import mean, number_in, useless, within
from enchanted_tui.samplers.gest.generator_options import GeneratorOptions
from enchanted_tui.samplers.gest.suggestions_read import counted
from enchanted_tui.samplers.gest.transcript import (
    Ask,
    DifferentPointsError,
    Finished,
    GeneratorError,
    PastDraw,
    Transcript,
    from_record,
    in_order,
)
from enchanted_tui.samplers.gest.vocs import Point
from enchanted_tui.samplers.learning_sampler import Draw, Pending
from enchanted_tui.samplers.missing_columns import MissingColumns
from enchanted_tui.samplers.spread_points import SpreadPoints
from enchanted_tui.values import Row

if TYPE_CHECKING:
    import pandas

    from enchanted_tui.samplers.gest.conversation import Conversation

log = logging.getLogger(__name__)


class GestSampler(GeneratorOptions):
    """Ask a generator of another library (Xopt, libEnsemble, optimas ...) for the next samples, by
    the interface of gest-api.

    Needs the extra `gest`, and the library.
    """

    adaptive: ClassVar[bool] = True
    method: ClassVar[str] = "gest"

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        #: all samples that have finished, by position, in the order in which it was told of them
        self._outcomes: dict[int, Finished] = {}
        self._left: list[Finished] = []  #: of which the generator has not been told
        self._samples: dict[int, Sample] = {}
        self._history: tuple[Sequence[PastDraw], Sequence[int]] | None = None
        self._transcript: Transcript | None = None
        self._spread: SpreadPoints | None = None
        self._warned: set[str] = set()
        self._missing = MissingColumns(
            {name: where for where, name in self.learnt_columns()}, fewest=1
        )
        self._own: Conversation | None = None  #: of library users, who have no supervisor

    # -- results -----------------------------------------------------------------------------------

    def begin(self, data_dir: str) -> None:
        """Nothing is read before the first draw."""

    def recall(self, draws: Sequence[PastDraw], finished: Sequence[int]) -> None:
        """Take in what is on record (see `asked_sampler.RecallingSampler`)."""
        self._history = draws, finished

    def tell(self, position: int, sample: Sample, rows: Sequence[Row]) -> None:
        """Take in a finished sample: `rows` holds one row for each of its parents.

        Its outputs are the means over the rows that succeeded with a number for each objective and
        limit; where none did, it failed.
        """
        if position >= 0:
            self._missing.look(rows)
        needed = [*self.objectives, *self.subject_to]
        for row in rows:
            sentence = useless(row, needed)
            self._warn_once("useless", sentence.replace("observations", "objectives"))
        good = [row for row in rows if self._is_good(row)]
        outputs = {name: mean(number_in(row.get(name)) for row in good) for name in self.outputs}
        seconds = [
            number_in(value) or 0.0
            for row in rows
            for name, value in row.items()
            if name.startswith("runtime_sec_")
        ]
        point = {name: sample[name] for name in self.parameters}
        outcome = Finished(position, point, outputs, math.fsum(filter(math.isfinite, seconds)))
        self._samples[position] = sample
        self._outcomes[position] = outcome
        self._left.append(outcome)

    def _is_good(self, row: Row) -> bool:
        numbers = [number_in(row.get(name)) for name in (*self.objectives, *self.subject_to)]
        return row.get("success") in (True, "True") and all(
            number is not None and math.isfinite(number) for number in numbers
        )

    def _is_told(self, outcome: Finished) -> bool:
        """Tell whether the generator hears of a result."""
        if outcome.position < 0 and self.added_points != "ingest":
            return False
        return not outcome.failed or self.failed_samples == "nan"

    # -- drawing -----------------------------------------------------------------------------------

    def first_batch(self) -> int:
        return self.initial_samples

    def next_count(self, first: int, target: int) -> int:
        """Return the size of the batch that begins at position `first`, in batch mode."""
        if first < self.initial_samples:
            return min(target, self.initial_samples) - first
        return min(target - first, self.batch_size)

    def draw(self, first: int, count: int, pending: Sequence[Pending], ask: Ask) -> Draw:
        """Draw the samples at positions `first` to `first + count`, or fewer; with a count of 0,
        only tell the generator what has finished. Raises GeneratorError, and WrongColumnError where
        samples that succeeded lack an output.
        """
        self._missing.check()
        for item in pending:
            self._samples[item.position] = item.sample
        by_chance = range(first, min(first + count, max(first, self.initial_samples)))
        samples = [self._random_sample(position) for position in by_chance]
        wanted = count - len(samples)
        if wanted or not count:
            points = self._points(first + len(samples), wanted, ask)
            samples += self.complete([self._sample_of(point) for point in points])
            if len(points) < wanted:
                self._too_few(len(points), wanted, len(pending) + len(by_chance))
        self._samples.update(zip(range(first, first + len(samples)), samples, strict=True))
        return Draw(samples, len(self._outcomes), self._learned(first))

    def _points(self, first: int, count: int, ask: Ask) -> list[Point]:
        """Return what the generator suggests for the samples from position `first` on."""
        transcript = self._transcript
        if transcript is None:
            transcript = self._transcript = self._begun(first)
        self._tell_what_is_left(transcript)
        try:
            return self._answer(transcript, first, count, ask)
        except DifferentPointsError as error:
            log.warning(
                f"{self.generator} does not give the points again that are on record ({error}), so"
                " it cannot be brought to the state in which it was; a new one is told all results,"
                " and goes on from these"
            )
        transcript = self._transcript = self._anew(first)
        try:
            return self._answer(transcript, first, count, ask)
        except DifferentPointsError as error:  # nothing was expected of it
            raise AssertionError(error) from error

    def _answer(self, transcript: Transcript, first: int, count: int, ask: Ask) -> list[Point]:
        try:
            if count:
                return transcript.suggest(first, count, ask)
            transcript.finish(ask)
        except GeneratorError as error:
            if error.trace:
                log.info(f"what was raised in the generator's process: {error.trace}")
            raise
        return []

    def _tell_what_is_left(self, transcript: Transcript) -> None:
        transcript.tell(in_order(filter(self._is_told, self._left)))
        self._left = []

    def _begun(self, first: int) -> Transcript:
        """Return a transcript with what is on record."""
        draws, order = self._history or ((), ())
        draws = [draw for draw in draws if draw.first >= self.initial_samples]
        places = [place for draw in draws for place in range(draw.first, draw.first + draw.size)]
        is_lost = not self._samples.keys() >= set(places)
        if draws and (is_lost or self.on_resume == "tell"):
            return self._anew(first)
        transcript = self._new_transcript()
        if draws:
            names = list(self.variables())
            points = {place: {n: self._samples[place][n] for n in names} for place in places}
            finished = [self._outcomes[place] for place in order if place in self._outcomes]
            self._left = from_record(transcript, draws, points, finished, self._is_told)
        return transcript

    def _anew(self, first: int) -> Transcript:
        """Return a transcript that begins with all results in the order in which they came, and
        with other random numbers than those that have been drawn.
        """
        transcript = self._new_transcript(first)
        order = [place for place in (self._history or ((), ()))[1] if place in self._outcomes]
        later = [place for place in self._outcomes if place not in set(order)]
        transcript.tell(
            list(filter(self._is_told, (self._outcomes[place] for place in [*order, *later])))
        )
        self._left = []
        return transcript

    def _new_transcript(self, *drawn: int) -> Transcript:
        setup = {
            "generator": self.generator,
            "file": self.generator_file,
            "options": self.generator_options,
            "problem": self.told_problem(),
            "clip": self.outside_bounds.lower() == "clip",
            "seed": [self.effective_seed(), self.stage, *drawn],
        }
        return Transcript(setup, self.patience_sec)

    def _sample_of(self, point: Point) -> Sample:
        """Return a suggested point as a sample, with the parameters that are held constant."""
        constant = {
            name: axis.grid(1)[0] for name, axis in self.space.axes.items() if axis.is_constant
        }
        return {name: constant.get(name, point.get(name)) for name in self.space.axes}

    def _random_sample(self, position: int) -> Sample:
        """Return the random sample at a position, evenly spread among the others."""
        import numpy

        seed = qmc.derived_seed(self.effective_seed(), self.stage)
        if self._spread is None or self._spread.seed != seed:
            self._spread = SpreadPoints(self.space, None, seed)
        return self.at(numpy.array([self._spread.at(position)]))[0]

    def _too_few(self, given: int, wanted: int, running: int) -> None:
        """Say that the generator has given fewer points than it was asked for. Raises
        GeneratorError where it has given none and waits for nothing.
        """
        if not given and not running:
            raise GeneratorError(
                f"{self.generator} has given no point when it was asked for {wanted}, and nothing"
                " runs that it could wait for; use another generator, or lower the budget",
                "",
            )
        self._warn_once(
            "few",
            f"{self.generator} has given {counted(given)} when it was asked for {wanted}, which"
            " gest-api does not allow; the campaign goes on with these",
        )

    def _warn_once(self, kind: str, sentence: str) -> None:
        if sentence and kind not in self._warned:
            self._warned.add(kind)
            log.warning(sentence)

    # -- what it says of itself --------------------------------------------------------------------

    def _learned(self, first: int) -> dict[str, Any] | None:
        """Return what is recorded of a draw: the best sample so far, where there is one objective
        to be small or large.
        """
        ways = [way.lower() for way in self.objectives.values()]
        good = [outcome for outcome in self._outcomes.values() if not outcome.failed]
        if len(ways) != 1 or ways[0] == "explore" or not good or first < self.initial_samples:
            return None
        (name,) = self.objectives
        limits = self.limits()
        kept = [
            outcome
            for outcome in good
            if within((outcome.outputs[limited] for limited in limits), limits.values())
        ]
        choose = min if ways[0] == "minimize" else max
        best = choose(kept, key=lambda outcome: outcome.outputs[name]) if kept else None
        return {
            "known": len(self._outcomes),
            "observations": len(good),
            "failed": len(self._outcomes) - len(good),
            "best": None if best is None else best.outputs[name],
            "best_position": None if best is None else best.position,
            "cv_error": None,
            "cv_error_relative": None,
            "acquisition": None,
        }

    # -- the interface that library users know -----------------------------------------------------

    def next_size(self) -> int:
        return max(0, self.next_count(self._submitted, self.target)) if self.has_budget else 0

    def get_next_samples(self) -> list[Sample]:
        """Draw the next batch, with the generator in this process; an empty list when the budget is
        spent.
        """
        from enchanted_tui.samplers.gest.conversation import Conversation

        if self._own is None:
            self._own = Conversation()
        size = self.next_size()
        drawn = self.draw(self._submitted, size, (), self._own.answer).samples if size else []
        self._batches += bool(drawn)
        self._submitted += len(drawn)
        return drawn

    def register_future(self, dataset: pandas.DataFrame) -> None:
        """Take in rows, one for each sample; those of samples that were not drawn here count as
        added by hand.
        """
        for record in dataset.to_dict("records"):
            row = {str(name): value for name, value in record.items()}
            point = {name: row[name] for name in self.parameters}
            self.tell(self._place_of(point), point, [row])

    def _place_of(self, point: Sample) -> int:
        """Return the position of the first sample drawn with these values that has no result; one
        below 0 if there is none.
        """
        for place, sample in self._samples.items():
            if place not in self._outcomes and all(
                sample[name] == value for name, value in point.items()
            ):
                return place
        return -1 - sum(place < 0 for place in self._outcomes)
