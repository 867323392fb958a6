"""How large each batch is, by all that a journal says of it: needed where the line that held its
samples is damaged.

Sizes come from records that hold them (``samples``, ``batch_complete``, ``stage_complete``, the
beginning of a later session), else from the batch size with which a session drew, and are at least
what results and the list of parents show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from enchanted_tui.record.records import Added, Drawn, OpenRecord, Record

Runs = list[list[int]]  #: sizes of consecutive batches as [size, how many of it]


class Span(NamedTuple):
    """The samples of one batch: position of the first in its stage, and how many."""

    first: int
    size: int


class Plan(NamedTuple):
    """What a session draws in a stage: from which batch and position on, in which portions (0: all
    at once), up to which position.
    """

    batch: int
    first: int
    portion: int
    target: int


def as_runs(sizes: Iterable[int]) -> Runs:
    """Return sizes in the form in which records hold them."""
    return [[size, len(list(group))] for size, group in groupby(sizes)]


def spans(runs: Runs) -> Iterator[Span]:
    """Return the samples of each batch."""
    first = 0
    for size, count in runs:
        for _ in range(count):
            yield Span(first, size)
            first += size


def samples_added(record: OpenRecord) -> list[int]:
    """Return how many samples of each stage had been added by hand when a session began."""
    drawn = record.get("drawn", [])
    added = [sum(size for _, size, _ in known.get("added", [])) for known in drawn]
    return added + [0] * (len(record["targets"]) - len(added))


class BatchSizes:
    """What is known of the sizes of batches. Without records it knows nothing, and every answer is
    the fallback.
    """

    def __init__(self, portions: Sequence[int | None] = ()) -> None:
        """`portions` of the stages by the configuration (see `Plan`), for journals whose sessions
        do not say; None: not known.
        """
        self._portions = portions
        self._told: dict[tuple[int, int], Span] = {}
        self._plans: dict[int, list[Plan]] = {}
        #: rows, at least, of batches that are parents of another stage
        self._rows: dict[tuple[int, int], int] = {}
        self._added: dict[tuple[int, int], str] = {}  #: batches added by hand, with the request

    # -- what records say --------------------------------------------------------------------------

    def note(self, record: Record) -> None:
        """Take what a record says of sizes."""
        if record["type"] in ("samples", "added", "batch_complete") and "size" in record:
            place = record["depth"], record["batch"]
            self._told.setdefault(place, Span(record["first"], record["size"]))
            if record["type"] == "added":
                self._added[place] = record["request"]
            elif record["type"] == "batch_complete" and "added" in record:
                self._added[place] = record["added"]
        elif record["type"] == "stage_complete":
            self._tell_all(record["depth"], record.get("sizes", []))
            self._note_parents(record["depth"], record.get("parents", []))
            self.note_added(record["depth"], record.get("added", []))
        elif record["type"] == "parents":
            self._note_parents(record["depth"], record["ranges"])
        elif record["type"] == "open":
            self._note_session(record)

    def _tell_all(self, depth: int, runs: Runs) -> Plan:
        """Take the sizes of all batches so far; return where the next one begins."""
        batch = end = 0
        for batch, span in enumerate(spans(runs), 1):
            self._told.setdefault((depth, batch - 1), span)
            end = span.first + span.size
        return Plan(batch, end, 0, 0)

    def note_added(self, depth: int, batches: Iterable[Added]) -> None:
        """Take which batches of a stage somebody has added by hand."""
        for batch, _, request in batches:
            self._added[depth, batch] = request

    def _note_parents(self, depth: int, ranges: list[list[int]]) -> None:
        for batch, _, stop in ranges:
            self._rows[depth - 1, batch] = max(stop, self._rows.get((depth - 1, batch), 0))

    def _note_session(self, record: OpenRecord) -> None:
        portions = record.get("portions", self._portions)
        drawn = record.get("drawn", [])
        for depth, (portion, target) in enumerate(zip(portions, record["targets"], strict=False)):
            known = drawn[depth] if depth < len(drawn) else Drawn()
            begin = self._tell_all(depth, known.get("sizes", []))
            self._note_parents(depth, known.get("parents", []))
            self.note_added(depth, known.get("added", []))
            if portion is not None:
                self._plans.setdefault(depth, []).append(
                    begin._replace(portion=portion, target=target)
                )

    # -- what they add up to -----------------------------------------------------------------------

    def told(self, depth: int, batch: int) -> Span | None:
        """Return the samples of a batch if a record has them."""
        return self._told.get((depth, batch))

    def request_of(self, depth: int, batch: int) -> str:
        """Return the request by which a batch was added by hand; empty for a sampler's."""
        return self._added.get((depth, batch), "")

    def next_told(self, depth: int, batch: int, end: int) -> tuple[int, int | None]:
        """Return the first batch from `batch` on, before `end`, of which a record has the samples,
        and its first; else (`end`, None).
        """
        for number in range(batch, end):
            span = self.told(depth, number)
            if span is not None:
                return number, span.first
        return end, None

    def size(self, depth: int, batch: int, first: int, n_parents: int, ran: int) -> int | None:
        """Return the size of a batch that begins with sample `first`; None if nothing says it.

        `ran` is how many of its samples, combined with `n_parents` parents, have a result at least.
        """
        span = self.told(depth, batch)
        if span is not None:
            return span.size
        rows = max(ran, self._rows.get((depth, batch), 0))
        least = -(-rows // max(1, n_parents))
        planned = self._planned(depth, batch, first)
        return None if planned is None and not least else max(planned or 0, least)

    def _planned(self, depth: int, batch: int, first: int) -> int | None:
        for plan in reversed(self._plans.get(depth, [])):
            expected = plan.first + (batch - plan.batch) * plan.portion
            if (
                plan.batch <= batch
                and expected == first < plan.target
                and (plan.portion or batch == plan.batch)
            ):
                return min(plan.portion or plan.target, plan.target - first)
        return None
