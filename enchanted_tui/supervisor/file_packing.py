"""Pack the run directories of finished samples into shards (`save_files: packed`)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from enchanted_tui.executors.datapoint import DATAPOINT
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.packing.shard_limits import keeps_of, limits_of
from enchanted_tui.packing.shards import OF_JOB, Packed, index_files, live, read_index
from enchanted_tui.packing.writer import ShardWriter, archive_of, remove_shard, supersede
from enchanted_tui.record.stage_state import NOT_RUN
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.supervisor.finished_files import FinishedFiles, steps
from enchanted_tui.supervisor.recorded_datapoints import MadeFiles, RecordedDatapoints
from enchanted_tui.whole_files import remove_directory, write_atomically

#: so many directories are written, synced and removed together
_AT_ONCE = 128
#: directories that are listed before those of some tasks are looked for one by one
_FEW = 1_000
#: directories of packed parents that a killed worker has left
_BROUGHT = re.compile(r"\.(d\d+_b\d+_s\d+_r\d+)\.(given|partial)\Z")


class FilePacking(FinishedFiles):
    """Packs samples. `pack` is the option of the supervisor of that name, `recorded` what is packed
    of tasks that have had no directory.
    """

    thread_name = "file packing"
    failing = "files of finished samples cannot be packed"

    def __init__(
        self,
        run_dir: CampaignDirectory,
        state: CampaignState,
        pack: Mapping[str, Any],
        recorded: RecordedDatapoints | None = None,
    ) -> None:
        super().__init__()
        self._run_dir, self._state, self._recorded = run_dir, state, recorded
        self.directories = TaskDirectories(*run_dir.tasks(state.spread))
        self._writer = ShardWriter(str(run_dir.packed), limits_of(pack))
        self._keeps = keeps_of(pack)
        self._open = False

    def forget_given_up(self) -> None:
        """Have packed directories count no more whose tasks have no result on record. Raises
        OSError.
        """
        self.close()
        for name in list(self.directories.shards.names()):
            task = TaskId.named(name)
            packed = self.directories.packed(name)
            if packed is None or task is None or has_result(self._state, task):
                continue
            if not os.path.basename(packed.archive).startswith(OF_JOB):  # a job may write that one
                supersede(packed)

    def remove_left_overs(self) -> None:
        """Remove what is packed and was about to be removed. No task may run. Raises OSError."""
        for name, path in self._loose().items():
            task = TaskId.named(name)
            is_result = task is not None and has_result(self._state, task)
            if _BROUGHT.match(name) or (is_result and self.directories.packed(name) is not None):
                remove_directory(path)

    def take_over(self, record_of: Callable[[TaskId], str]) -> None:
        """Put what ended jobs have packed into the shards of the campaign, as far as it belongs to
        what is on record, and remove theirs. `record_of` gives the checksum of a task's record, ""
        where there is none. Raises OSError.
        """
        self.wait()
        for index in index_files(str(self._run_dir.packed)):
            name = os.path.basename(index)
            if not name.startswith(OF_JOB) or name.split("-")[1] in self._state.jobs.open:
                continue
            archive = archive_of(index)
            for extent in live(read_index(index)[0]).values():
                task = TaskId.named(extent.name)
                if task is not None and record_of(task) == extent.record:
                    self._take(Packed(archive, extent))
            self._writer.commit()
            remove_shard(archive)

    def _take(self, packed: Packed) -> None:
        there = self.directories.packed(packed.extent.name)
        if there is not None and not os.path.basename(there.archive).startswith(OF_JOB):
            return  # a session that was killed has got as far as this
        self._begin()
        self._writer.add_packed(packed)
        if self._writer.is_full:
            self._writer.commit()

    def finish(self) -> None:
        self.pack_all()
        self.pack_failed()
        self.close()

    def pack_failed(self) -> None:
        """Pack again what could not be packed. Raises OSError."""
        self.wait()
        failed = [step for task in self._failed for step in steps(task)]
        if failed:
            self._pack_missing(failed)
            self._failed.clear()

    def pack_recorded(self) -> None:
        """Pack what a killed session has not packed of tasks without a directory. Raises
        OSError.
        """
        if self._recorded is not None:
            self._pack_missing(list(self._recorded.finished()))

    def _pack_missing(self, tasks: Sequence[TaskId]) -> None:
        packed = set(self.directories.shards.names()) if tasks else set()
        self._pack_some_at_once([task for task in tasks if task.name not in packed])

    def _pack_some_at_once(self, tasks: Sequence[TaskId]) -> None:
        for start in range(0, len(tasks), _AT_ONCE):
            self._pack(tasks[start : start + _AT_ONCE])

    def pack_all(self, depth: int | None = None) -> int:
        """Pack whatever is loose of finished samples, of one stage or of all; return how many
        directories these were. Raises OSError.
        """
        self.wait()
        loose = self._loose()
        found = [task for name in loose if (task := TaskId.named(name)) is not None]
        chosen = [
            task
            for task in found
            if (depth is None or task.depth == depth) and is_finished(self._state, task)
        ]
        packed = set(self.directories.shards.names()) if chosen else set()
        for task in chosen:
            if task.name in packed:  # and could not be removed
                remove_directory(loose[task.name])
        chosen = [task for task in chosen if task.name not in packed]
        self._pack_some_at_once(chosen)
        for name, path in loose.items():
            if depth is None and _BROUGHT.match(name):
                remove_directory(path)
        return len(chosen)

    def close(self) -> None:
        super().close()
        self._close_writer()

    def _loose(self) -> dict[str, str]:
        """Return the paths of what is not packed, by name."""
        with suppress(FileNotFoundError):
            found = {entry.name: entry.path for entry in self.directories.paths.entries()}
            return dict(sorted(found.items()))
        return {}

    def _treat(self, tasks: Sequence[TaskId]) -> None:
        for start in range(0, len(tasks), _AT_ONCE):
            self._pack([step for task in tasks[start : start + _AT_ONCE] for step in steps(task)])

    def _pack(self, tasks: Sequence[TaskId]) -> None:
        """Pack the directories of tasks, and remove them."""
        paths: list[str] = []
        try:
            self._begin()
            may_be_there = self._may_be_there()
            for task in tasks:
                path = self.directories.loose(task.name)
                if may_be_there(task.name) and os.path.isdir(path) and not os.path.islink(path):
                    self._add(task, path)
                    paths.append(path)
                elif made := self._made_of(task):
                    self._writer.add_made(task.name, *made, self._keeps)
                if self._writer.is_full:
                    self._commit(paths)
            self._commit(paths)
        except OSError:
            self._close_writer()  # what does not count yet is written over
            raise

    def _may_be_there(self) -> Callable[[str], bool]:
        """Return what tells by a task's name whether to look for its directory: where a campaign
        makes few, one list of them does for many tasks.
        """
        paths = self.directories.paths
        if self._recorded is not None and not paths.spread:
            with suppress(FileNotFoundError), os.scandir(paths.data_dir) as listing:
                few = {entry.name for entry in islice(listing, _FEW)}
                if len(few) < _FEW:
                    return few.__contains__
        return lambda _: True

    def _add(self, task: TaskId, path: str) -> None:
        lacks = self._recorded is not None and not os.path.lexists(os.path.join(path, DATAPOINT))
        if lacks and (made := self._made_of(task)):  # the directory was made after the task's end
            for name, content in made.files.items():
                write_atomically(Path(path, name), content)
        self._writer.add(task.name, path, self._keeps)

    def _made_of(self, task: TaskId) -> MadeFiles | None:
        return self._recorded.files_of(task) if self._recorded is not None else None

    def _commit(self, paths: list[str]) -> None:
        self._writer.commit()
        for path in paths:
            remove_directory(path)
        paths.clear()

    def _begin(self) -> None:
        if not self._open:
            self._writer.open()
            self._open = True

    def _close_writer(self) -> None:
        self._writer.close()
        self._open = False


def has_result(state: CampaignState, task: TaskId) -> bool:
    """Tell whether a task has a result on record."""
    try:
        outcomes = state.stages[task.depth].batches[task.batch].steps[task.step].outcomes
        return outcomes[task.sample] != NOT_RUN
    except IndexError:
        return False


def is_finished(state: CampaignState, task: TaskId) -> bool:
    """Tell whether the sample of a task has been through all steps."""
    if task.depth >= len(state.stages):
        return False
    return has_result(state, task._replace(step=state.stages[task.depth].n_steps - 1))
