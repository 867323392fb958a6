"""Results that have no place yet: the line of the journal that says which samples their batch has,
or which parents, is damaged.

They wait until it is made good by a later record, which a resume writes; then they are put where
they belong.
"""

from __future__ import annotations

from collections.abc import Iterator

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import TaskRecord

#: a task's record, perhaps without its row, and its offset in the journal
Result = tuple[TaskRecord, int]


class WaitingResults:
    """Results by the batch that they belong to."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], list[Result]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def sentences(self) -> tuple[str, ...]:
        """Say what waits, if anything does."""
        if not self:
            return ()
        return (
            (
                f"Damaged lines held the samples of {len(self)} results; a resume draws them again,"
                " and then the results take their place."
            ),
        )

    def put(self, record: TaskRecord, offset: int) -> None:
        depth, batch, _, _ = record["task"]
        self._waiting.setdefault((depth, batch), []).append((record, offset))

    def take(self, depth: int, batch: int) -> list[Result]:
        """Return the results of a batch, which wait no more."""
        return self._waiting.pop((depth, batch), [])

    def drop(self, task: TaskId) -> None:
        """Forget the results of a task and of its later steps."""
        key = (task.depth, task.batch)
        if key in self._waiting:
            kept = [
                item
                for item in self._waiting[key]
                if not (item[0]["task"][2] == task.sample and item[0]["task"][3] >= task.step)
            ]
            self._waiting[key] = kept

    def last_batch(self, depth: int) -> int:
        """Return the last batch of a stage for which results wait, or -1."""
        return max((batch for stage, batch in self._waiting if stage == depth), default=-1)

    def samples(self, depth: int, batch: int) -> int:
        """Return how many samples a batch has at least, combined with their parents."""
        return max(
            (record["task"][2] + 1 for record, _ in self._waiting.get((depth, batch), [])),
            default=0,
        )

    def first_steps(self, depth: int, batch: int) -> Iterator[tuple[int, int, int]]:
        """Yield, for each sample of a batch, the earliest step that waits, and its offset."""
        first: dict[int, tuple[int, int]] = {}
        for record, offset in self._waiting.get((depth, batch), []):
            _, _, sample, step = record["task"]
            first[sample] = min(first.get(sample, (step, offset)), (step, offset))
        yield from ((sample, *found) for sample, found in first.items())
