"""Parents that come one by one get the places that they would have if all were there, in whatever
order samples end.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enchanted_tui.record.stage_state import NOT_RUN, OK, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.coming_parents import ComingParents
from helpers.journals import opening
from helpers.marks import examples


class Stage:
    """A stage of a campaign that is only recorded: its batches, and its samples as they end."""

    def __init__(
        self, state: CampaignState, sizes: list[int], before: Stage | None, skip: bool
    ) -> None:
        depth = 0 if before is None else before.stage.depth + 1
        self.stage: StageState = state.stages[depth]
        self._state, self._sizes = state, sizes
        self.parents: ComingParents | None = None
        if before is not None:
            self.parents = ComingParents(before, self.stage, self.record, skip_failed=skip)
        self.skip = skip

    def record(self, record: Any) -> int:
        before = list(self.stage.parents)
        record["time"] = 0.0
        self._state.apply(record, 0)
        if record["type"] == "parents":
            places = [self.stage.parent(place) for place in range(self.stage.n_parents)]
            known = [(b, s) for b, start, stop in before for s in range(start, stop)]
            assert places[: len(known)] == known
        return 0

    @property
    def has_drawn_all(self) -> bool:
        return self.stage.drawn >= self.stage.target

    @property
    def parents_are_known(self) -> bool:
        return self.parents is None or self.parents.are_known

    def draw(self) -> None:
        number = len(self.stage.batches)
        size = self._sizes[number]
        place = {"depth": self.stage.depth, "batch": number, "first": self.stage.drawn}
        samples = {"start": 0, "names": ["x"], "rows": [[0]] * size}
        self.record({"type": "samples", **place, "size": size, **samples})

    def may_go_on(self) -> bool:
        if self.parents is not None:
            self.parents.grow()
        can_draw = not self.has_drawn_all and (self.parents is None or bool(self.parents.ready))
        return can_draw or bool(self.can_run())

    def can_run(self) -> list[tuple[int, int]]:
        ready = range(1) if self.parents is None else self.parents.ready
        return [
            (batch.index, sample)
            for batch in self.stage.batches
            for place in ready
            for sample in range(place * batch.size, (place + 1) * batch.size)
            if batch.steps[0].outcomes[sample] == NOT_RUN
        ]

    def end(self, batch: int, sample: int, child: Stage | None) -> None:
        failed = hash((self.stage.depth, batch, sample)) % 3 == 0
        task = {"task": [self.stage.depth, batch, sample, 0], "started": 0.0, "runtime": 1.0}
        outcome = (
            {"outcome": "failed", "kind": "exception", "message": "m"}
            if failed
            else {"outcome": "ok"}
        )
        self.record({"type": "task", **task, **outcome, "host": "h", "attempt": 0})
        if child is not None and child.parents is not None:
            child.parents.has_row(batch, sample)


@settings(max_examples=examples(150), deadline=None)
@example(sizes=[[1, 1], [1, 1], [1, 1]], skip=False, chance=69020)
@given(
    sizes=st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=2), min_size=2, max_size=3),
    skip=st.booleans(),
    chance=st.integers(0, 2**32),
)
def test_places_are_those_of_stages_one_after_another(
    sizes: list[list[int]], skip: bool, chance: int
) -> None:
    """The list only grows, children whose parent has a row can all run in the end, and the list is
    that of the rows in the order of batches and samples.
    """
    decide = random.Random(chance)
    state = CampaignState()
    opened = opening([sum(each) for each in sizes], [1] * len(sizes))
    opened["time"] = 0.0
    state.apply(opened, 0)
    stages: list[Stage] = []
    for each in sizes:
        stages.append(Stage(state, each, stages[-1] if stages else None, skip))
    for _ in range(10_000):
        depth = decide.randrange(len(stages))
        stage, child = stages[depth], stages[depth + 1] if depth + 1 < len(stages) else None
        if stage.parents is not None:
            stage.parents.grow()
        has_parents = stage.parents is None or bool(stage.parents.ready)
        if not stage.has_drawn_all and has_parents and decide.random() < 0.3:
            stage.draw()
        elif runnable := stage.can_run():
            stage.end(*decide.choice(runnable), child)
        elif not any(each.may_go_on() for each in stages):
            break
    else:
        pytest.fail("the stages did not end")
    for stage, child in pairwise(stages):
        assert child.parents is not None
        child.parents.grow()
        rows = [(b, s) for b, s, outcome, _ in stage.stage.rows() if outcome == OK or not skip]
        assert [child.stage.parent(place) for place in range(child.stage.n_parents)] == rows
        if child.stage.n_parents:
            assert child.parents.are_known and sorted(child.parents.ready) == list(range(len(rows)))
    assert not state.irregular
