"""The tasks of a stage whose parents come one by one: each batch is combined with a parent as soon
as this one has its row.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from enchanted_tui.record.stage_state import BatchState, StageState
from enchanted_tui.supervisor.coming_parents import ComingParents
from enchanted_tui.supervisor.ready import Ready
from enchanted_tui.supervisor.sampler_failure import SamplerFailure

#: gives the tasks of those of some samples of a batch that have no row
Unfinished = Callable[[BatchState, range], Iterator[Ready]]


class StreamedTasks:
    """Walks through a stage as its parents get ready. Points added by hand are batches like
    others.
    """

    def __init__(
        self,
        stage: StageState,
        parents: ComingParents,
        unfinished: Unfinished,
        draw: Callable[[], object],
    ) -> None:
        """`draw` draws the next batch. Raises SamplerFailure."""
        self._stage, self._parents = stage, parents
        self._unfinished, self._draw = unfinished, draw
        self._taken = array("q")  #: by batch, with how many of the ready parents it was combined
        self._seen = (-1, -1)  #: numbers of ready parents and batches of which all was given out
        self._failed = False
        self._walk = self._known()

    def next(self) -> Ready | None:
        """Return a task that can run, or None if there is none now.

        Raises SamplerFailure, once; nothing more is drawn then.
        """
        while True:
            ready = next(self._walk)
            if ready is not None or not self._may_draw():
                return ready
            try:
                self._draw()
            except SamplerFailure:
                self._failed = True
                raise

    @property
    def exhausted(self) -> bool:
        """True if everything that is known has been given out, and everything has been drawn."""
        return self._seen == self._known_now() and not self._may_draw()

    def _known_now(self) -> tuple[int, int]:
        return len(self._parents.ready), len(self._stage.batches)

    def _may_draw(self) -> bool:
        wanted = self._stage.drawn < self._stage.target
        return wanted and bool(self._parents.ready) and not self._failed

    def _known(self) -> Iterator[Ready | None]:
        while True:
            if self._known_now() == self._seen:
                yield None
                continue
            parents, batches = self._known_now()
            self._taken.extend([0] * (batches - len(self._taken)))
            for number, batch in enumerate(self._stage.batches[:batches]):
                while self._taken[number] < parents:
                    place = self._parents.ready[self._taken[number]]
                    self._taken[number] += 1
                    samples = range(place * batch.size, (place + 1) * batch.size)
                    yield from self._unfinished(batch, samples)
            self._seen = parents, batches
