"""The files of a campaign's tasks, packed or not: list, show and extract them; pack what is loose,
and bring back what is packed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.operations.actions import nearest_tasks
from enchanted_tui.packing.door import FileEntry, TaskDirectories
from enchanted_tui.packing.shards import index_files, live, read_index
from enchanted_tui.packing.writer import archive_of, remove_shard
from enchanted_tui.record.folding import fold
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock
from enchanted_tui.supervisor.file_packing import FilePacking
from enchanted_tui.supervisor.free_directory import check_files


def tasks_with_files(root: Path) -> list[tuple[str, bool]]:
    """Return the tasks that have a directory, in their order, and whether it is packed."""
    door = _door(root)
    packed = set(door.shards.names())
    names = {name for name in door.names() if TaskId.named(name)} | packed
    return [(name, name in packed) for name in sorted(names, key=_place)]


def files_of(root: Path, task: str) -> list[FileEntry]:
    """Return the files of a task. Raises EnvironmentProblem if it has no directory."""
    with _of_task(root, task) as door:
        return door.files(task)


def show(root: Path, task: str, name: str, out: BinaryIO) -> None:
    """Write a file of a task to `out`. Raises EnvironmentProblem if there is none."""
    with _of_task(root, task) as door, door.opened(task, name) as file:
        shutil.copyfileobj(file, out)


def extract(root: Path, task: str, name: str | None, target: Path) -> Path:
    """Copy the directory of a task, or a file of it, into the directory `target`, made if need be;
    return where it is now. Raises EnvironmentProblem, also where something is in its place.
    """
    with _of_task(root, task) as door:
        made = target / (task if name is None else os.path.basename(name))
        if os.path.lexists(made):
            raise EnvironmentProblem(f"{made} is there already; choose another directory.")
        target.mkdir(parents=True, exist_ok=True)
        packed = door.packed(task)
        if name is not None:
            door.copy(task, name, str(made))
        elif packed is not None:
            door.restore(packed, str(made))
        else:
            shutil.copytree(door.loose(task), made, symlinks=True)
        return made


def pack(root: Path) -> int:
    """Pack the loose directories of all finished samples; return how many these were. Raises
    EnvironmentProblem, DirectoryInUseError.
    """
    with _locked(root) as run_dir:
        state = fold(run_dir.journal)[0]
        if state.jobs.holders:
            raise EnvironmentProblem(
                f"Jobs may still read run directories of {root}; resume the campaign, or abort its"
                " jobs, before it is packed."
            )
        packing = FilePacking(run_dir, state, {})
        packing.forget_given_up()
        packing.remove_left_overs()
        count = packing.pack_all()
        packing.close()
        packing.directories.paths.remove_empty_groups()
        return count


def unpack(root: Path) -> int:
    """Bring all packed directories back to where they were, and remove the shards; return how many
    these were. Raises EnvironmentProblem, DirectoryInUseError.
    """
    count = 0
    with _locked(root) as run_dir:
        run_dir.data.mkdir(exist_ok=True)
        door = TaskDirectories(*run_dir.tasks(fold(run_dir.journal)[0].spread))
        for index in index_files(str(run_dir.packed)):
            for name in live(read_index(index)[0]):
                packed = door.packed(name)
                if packed is not None:
                    door.bring_back(packed)
                    count += 1
            os.sync()
            remove_shard(archive_of(index))
    return count


def _door(root: Path) -> TaskDirectories:
    return TaskDirectories(str(CampaignDirectory(root.resolve()).data))


@contextmanager
def _of_task(root: Path, task: str) -> Iterator[TaskDirectories]:
    door = _door(root)
    if not door.exists(task):
        raise EnvironmentProblem(_no_files(root, task))
    try:
        yield door
    except (FileNotFoundError, IsADirectoryError) as error:
        raise EnvironmentProblem(
            f"{task} has no file {error.filename}; enchanted-tui --files {root} {task} lists what"
            " there is."
        ) from error


def _no_files(root: Path, task: str) -> str:
    wanted = TaskId.named(task)
    if wanted is None:
        return f"{task!r} is no name of a task; names are like d0_b2_s14_r0."
    there = [found for name, _ in tasks_with_files(root) if (found := TaskId.named(name))]
    if not there:
        return f"No task has files in {root}."
    near = ", ".join(found.name for found in nearest_tasks(wanted, there))
    return f"{task} has no files in {root}; nearest to it: {near}."


def _place(name: str) -> tuple[int, ...]:
    return TaskId.named(name) or (1 << 60,)


@contextmanager
def _locked(root: Path) -> Iterator[CampaignDirectory]:
    run_dir = CampaignDirectory(root.resolve())
    check_files(run_dir.journal, run_dir.lock)
    if not run_dir.journal.is_file():
        raise EnvironmentProblem(f"{root} holds no campaign with a journal.")
    lock = Lock.acquire(run_dir.lock, lambda: None)
    try:
        yield run_dir
    finally:
        lock.release()
