"""How many files a campaign makes: what its samples leave so far, what that comes to at the end,
and whether there is room for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, TypedDict, cast

from msgspec import Struct

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.stage_state import NOT_RUN, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.sizes import size
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.task_paths import GROUPS

if TYPE_CHECKING:  # whoever only says it looks at nothing
    from enchanted_tui.packing.door import TaskDirectories
    from enchanted_tui.storage.room import Room

_FIRST, _LAST = 8, 8  #: tasks of each step that are measured: of the first batch, and of the last
_MOST_FILES = 10_000  #: of one task


class Files(TypedDict, total=False):
    """Files and bytes of the samples; directories count as files, since quotas count them, and what
    is packed counts as none. What is not known is missing.
    """

    measured: Annotated[int, "tasks that were looked at"]
    files: Annotated[float, "a sample, with all of its steps and its directories"]
    bytes: Annotated[float, "a sample"]
    now: Annotated[int, "files of all samples so far"]
    at_end: Annotated[int, "files of all samples when the campaign is complete"]
    bytes_at_end: Annotated[int, "the same in bytes"]
    room: Annotated[int, "files that may still be made, by quota or file system"]
    bytes_room: Annotated[int, "the same in bytes"]
    said_by: Annotated[str, "who says so: df, lfs quota, quota"]


class _Step(Struct):
    """What was found of the tasks of one step."""

    tasks: int = 0
    files: int = 0
    bytes: int = 0

    @property
    def files_each(self) -> float:
        return self.files / self.tasks if self.tasks else 0.0

    @property
    def bytes_each(self) -> float:
        return self.bytes / self.tasks if self.tasks else 0.0


def file_use(
    run_dir: CampaignDirectory, state: CampaignState, expected: Sequence[int] | None = None
) -> Files:
    """Look at the directories of some samples; nothing is known while none has finished. Takes some
    hundred looks at the disk. `expected`: how many samples each stage will have, where that is not
    on record.
    """
    from enchanted_tui.packing.door import TaskDirectories

    told, directories = Files(), TaskDirectories(*run_dir.tasks(state.spread))
    now = at_end = bytes_at_end = 0.0
    begun = begun_at_end = 0  # samples with directories that stay
    for stage in state.stages:
        found = [_measured(directories, stage, step) for step in range(stage.n_steps)]
        if not any(step.tasks for step in found):
            continue
        samples = max(stage.expected, stage.count) if expected is None else expected[stage.depth]
        files = sum(step.files_each for step in found)
        size_each = sum(step.bytes_each for step in found)
        now += sum(
            step.files_each * batch.steps[number].done
            for number, step in enumerate(found)
            for batch in stage.batches
        )
        if files:
            begun, begun_at_end = begun + stage.count, begun_at_end + samples
        at_end += files * samples
        bytes_at_end += size_each * samples
        told["measured"] = told.get("measured", 0) + sum(step.tasks for step in found)
        told["files"], told["bytes"] = round(files, 2), round(size_each, 1)
    if told:
        groups = GROUPS if state.spread else 0
        told["now"] = round(now) + min(groups, begun)
        told["at_end"] = round(at_end) + min(groups, begun_at_end)
        told["bytes_at_end"] = round(bytes_at_end)
    return told


def with_room(files: Files, room: Room) -> Files:
    """Return the same with what there is room for."""
    told = {**files, "room": room.files, "bytes_room": room.bytes, "said_by": room.said_by}
    return cast(Files, {name: value for name, value in told.items() if value is not None})


def _measured(directories: TaskDirectories, stage: StageState, step: int) -> _Step:
    found = _Step()
    for task in _some_tasks(stage, step):
        found.tasks += 1
        with contextlib.suppress(OSError):  # a sample that has left nothing
            packed = directories.packed(task.name) is not None
            files = list(islice(directories.files(task.name), _MOST_FILES))
            found.files += 0 if packed else len(files) + 1
            found.bytes += sum(file.size for file in files)
    return found


def _some_tasks(stage: StageState, step: int) -> Iterator[TaskId]:
    """Return finished tasks of a step: the first ones, and some of the latest batch that has
    any.
    """
    begun = [batch for batch in [*stage.batches] if batch.steps[step].done]
    if not begun:
        return iter(())
    first = islice(_finished(stage, begun[0].index, step), _FIRST)
    last = islice(_finished(stage, begun[-1].index, step, backwards=True), _LAST)
    return iter(dict.fromkeys(chain(first, last)))


def _finished(
    stage: StageState, batch: int, step: int, *, backwards: bool = False
) -> Iterator[TaskId]:
    # a copy: they are looked through beside the loop, which may take away what is at the end
    outcomes = bytes(stage.batches[batch].steps[step].outcomes)
    samples = range(len(outcomes))
    for sample in reversed(samples) if backwards else samples:
        if outcomes[sample] != NOT_RUN:
            yield TaskId(stage.depth, batch, sample, step)


def words(files: Files) -> str:
    """Say it in a line: ``3 files and 1.2 kB a sample, 3,000 files and 1.2 MB at the end; room for
    970,000 files and 1.1 TB (lfs quota)``. Empty if nothing is known.
    """
    parts = []
    if "files" in files:
        parts.append(
            f"{files['files']:.3g} files and {size(files['bytes'])} a sample,"
            f" {files['at_end']:,} files and {size(files['bytes_at_end'])} at the end"
        )
    room = [f"{files['room']:,} files"] if "room" in files else []
    room += [size(files["bytes_room"])] if "bytes_room" in files else []
    if room:
        parts.append(f"room for {' and '.join(room)} ({files.get('said_by', 'df')})")
    return "; ".join(parts)


def warning(files: Files) -> str:
    """Say that the samples to come do not fit; empty if they do, or nobody knows."""
    missing = files.get("at_end", 0) - files.get("now", 0)
    room = files.get("room")
    if room is None or missing <= room:
        return ""
    return (
        f"the samples to come make about {missing:,} files more, and {files.get('said_by', 'df')}"
        f" leaves {room:,}: keep fewer (supervisor.save_files), or have the quota raised"
    )
