"""What the tasks of a campaign have used of processors and memory, beside what was asked for: from
their records, and in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enchanted_tui.durations import core_time
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.sizes import size

_MIB = 1 << 20


@dataclass(frozen=True)
class MemoryUse:
    """The most memory that a task of one step has used on a node, beside what was asked for."""

    used: int  #: bytes
    exact: bool  #: else it is an upper bound
    asked: int | None  #: bytes; None where nothing is said
    task: tuple[int, ...]  #: depth, batch, sample and step of the task

    @property
    def share(self) -> float:
        """The part of it that was used; of what was not asked for, any use is less than that of a
        task that has asked.
        """
        return self.used / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class StepUse:
    """What the tasks of one step have used, as far as it is on record."""

    depth: int
    step: int
    cpu: float = 0.0  #: processor time, seconds
    held: float = 0.0  #: core-seconds that the same tasks have held
    memory: MemoryUse | None = None  #: of the one that has used most of what it was given


def memory_use(record: TaskRecord) -> MemoryUse:
    """Return what a task has used by its record, which says it. Of several ranks on a node each has
    used as much as the largest at most.
    """
    given = record.get("resources", {})
    ranks = -(-given.get("ranks", 1) // given.get("nodes", 1))
    exact = "memory" in record
    largest = record["memory"] if exact else record["memory_at_most"]
    mem = given.get("mem")
    return MemoryUse(
        used=largest * ranks,
        exact=exact and ranks == 1,
        asked=mem * _MIB if mem else None,
        task=tuple(record["task"]),
    )


# -- in words --------------------------------------------------------------------------------------


def peak_words(record: TaskRecord) -> str:
    """Return the peak of a task's largest process, ``at most`` where it is an upper bound; nothing
    where it is not known.
    """
    if "memory" in record:
        return size(record["memory"])
    return f"at most {size(record['memory_at_most'])}" if "memory_at_most" in record else ""


def memory_words(found: MemoryUse) -> str:
    """Say it in a line: ``1.2 GB of 8.6 GB (14%)``."""
    used = f"{'' if found.exact else 'at most '}{size(found.used)}"
    if found.asked is None:
        return used
    return f"{used} of {size(found.asked)} ({100 * found.share:.0f}%)"


def most_of_what_was_asked(steps: Sequence[StepUse]) -> str:
    """Return the use of memory of the task that has used most of what it had asked for; nothing
    where none has asked.
    """
    asked = [step.memory for step in steps if step.memory is not None and step.memory.asked]
    return memory_words(max(asked, key=lambda found: found.share)) if asked else ""


def again_words(count: int) -> str:
    """Say how many samples were given more memory; nothing for none."""
    return f"{count:,} again with more" if count else ""


def cpu_words(steps: Sequence[StepUse]) -> str:
    """Say how much processor time was used: ``2.1 core-h, 62% of what was held``; nothing where it
    is not known.
    """
    used, held = sum(step.cpu for step in steps), sum(step.held for step in steps)
    return f"{core_time(used)}, {100 * used / held:.0f}% of what was held" if held > 0 else ""
