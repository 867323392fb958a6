"""The folded state of a long journal, kept in a file beside it, so that opening a campaign does not
take longer the longer it is.

Nothing depends on the file: one that is missing, of another version or of another journal is passed
over, and the journal is folded from its beginning. It is read by whoever opens a directory, perhaps
somebody else's, so nothing but the classes named here is ever made of what it holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from enchanted_tui.record.stage_state import BatchState, StageState, StepState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.version import __version__
from enchanted_tui.whole_files import read_regular, write_atomically

WORTH = 20_000  #: tasks from which on folding takes longer than people notice
_FOLD = 4  #: to be raised whenever the same journal gives another state than before
_TAIL = 256  #: bytes by which the end of what was folded is known again; they hold a checksum
_SAFE = {
    ("array", "_array_reconstructor"),
    ("array", "array"),
    ("builtins", "bytearray"),
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "Counter"),
    ("collections", "deque"),
    ("collections", "OrderedDict"),
    ("enchanted_tui.journal_lines", "TaskId"),
    ("enchanted_tui.record.batch_sizes", "BatchSizes"),
    ("enchanted_tui.record.batch_sizes", "Plan"),
    ("enchanted_tui.record.batch_sizes", "Span"),
    ("enchanted_tui.record.chosen_neighbours", "ChosenNeighbours"),
    ("enchanted_tui.record.open_jobs", "JobBook"),
    ("enchanted_tui.record.learned", "Learned"),
    ("enchanted_tui.record.learned", "LearnedPoint"),
    ("enchanted_tui.record.more_memory", "MemoryGiven"),
    ("enchanted_tui.record.more_memory", "MoreMemory"),
    ("enchanted_tui.record.pause", "Pause"),
    ("enchanted_tui.record.recorded_failures", "FailureNote"),
    ("enchanted_tui.record.recorded_failures", "RecordedFailures"),
    ("enchanted_tui.record.resource_use", "MemoryUse"),
    ("enchanted_tui.record.run_cost", "RunCost"),
    ("enchanted_tui.record.run_cost", "StepCost"),
    ("enchanted_tui.record.stage_state", "BatchState"),
    ("enchanted_tui.record.stage_state", "StageState"),
    ("enchanted_tui.record.stage_state", "StepState"),
    ("enchanted_tui.record.state", "CampaignState"),
    ("enchanted_tui.record.waiting_results", "WaitingResults"),
}


class Checkpoint(NamedTuple):
    """A state, and up to which offset of the journal it was folded."""

    state: CampaignState
    position: int


def path_of(journal: Path) -> Path:
    """Return the file that belongs to a journal."""
    return CampaignDirectory(journal.parent.parent).checkpoint


def _form() -> list[Any]:
    """Return what says whether a state was folded by this very program."""
    parts = (BatchState, StageState, StepState)
    fields = [sorted(part.__annotations__) for part in parts]
    return [__version__, _FOLD, sorted(vars(CampaignState())), *fields]


class FoldedState(NamedTuple):
    """A state as it was, ready to be written."""

    journal: Path
    data: bytes
    size: int
    tail: bytes

    def write(self) -> None:
        """Write the file. Raises OSError."""
        head = {
            "form": _form(),
            "size": self.size,
            "tail": self.tail.hex(),
            "sha256": hashlib.sha256(self.data).hexdigest(),
        }
        write_atomically(
            path_of(self.journal), json.dumps(head).encode("ascii") + b"\n" + self.data
        )


def keep(journal: Path, state: CampaignState, size: int) -> FoldedState | None:
    """Return the state of a journal of this size, all of which is on disk, to be written; None if
    that is not worth it, or something in it is out of the ordinary. Raises OSError.
    """
    if state.tasks_recorded < WORTH or state.irregular or state.jobs.open or state.waiting_results:
        return None
    import pickle

    return FoldedState(journal, pickle.dumps(state, protocol=5), size, _tail(journal, size))


def read(journal: Path) -> Checkpoint | None:
    """Return the state that was kept of a journal; None if there is none, or not of this one."""
    with contextlib.suppress(Exception):  # whatever it holds, it is done without
        first, _, data = read_regular(path_of(journal)).partition(b"\n")
        head = json.loads(first)
        size = int(head["size"])
        if (
            head["form"] == _form()
            and head["tail"] == _tail(journal, size).hex()
            and head["sha256"] == hashlib.sha256(data).hexdigest()
        ):
            state = _loaded(data)
            if isinstance(state, CampaignState):
                return Checkpoint(state, size)
    return None


def _loaded(data: bytes) -> Any:
    import pickle

    class Unpickler(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in _SAFE:
                raise pickle.UnpicklingError(f"{module}.{name} is not part of a state")
            return super().find_class(module, name)

    return Unpickler(io.BytesIO(data)).load()


def _tail(journal: Path, size: int) -> bytes:
    """Return the bytes before an offset; nothing if the journal is shorter."""
    descriptor = os.open(journal, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        length = min(_TAIL, size)
        found = os.pread(descriptor, length, size - length)
    finally:
        os.close(descriptor)
    return found if len(found) == length else b""
