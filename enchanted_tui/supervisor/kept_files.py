"""When the files of finished samples are removed or packed, as `save_files` says."""

from __future__ import annotations

import logging
import math
from array import array
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from enchanted_tui.config.models import CampaignConfig, ComponentSpec
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.output_files import Tell
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.runners.kept_directory import STATE, begins_anew
from enchanted_tui.supervisor.session import Session
from enchanted_tui.supervisor.streaming import read_by_children
from enchanted_tui.supervisor.unread import KeptPlan

if TYPE_CHECKING:
    from enchanted_tui.supervisor.file_packing import FilePacking
    from enchanted_tui.supervisor.finished_files import FinishedFiles

log = logging.getLogger(__name__)


class KeptFiles:
    """The files of the samples of one session."""

    def __init__(self, session: Session) -> None:
        config = session.config
        self._options = options = config.supervisor
        self._state, self._run_dir, self._paths = session.state, session.run_dir, session.paths
        self._sync: Callable[[], None] = session.journal.sync
        self._unclean = session.state.previous_end is None
        self._checksum_at = session.journal.checksum_at
        self._last = len(config.stages) - 1
        self._waiting: list[TaskId] = []  #: samples whose results may not be on the disk yet
        self._kept = KeptPlan(config, session.samplers)
        self._packing: FilePacking | None = None
        self._files: FinishedFiles | None = None
        #: stages whose files stay until they have ended, since samples of theirs may need them
        self._at_end = {
            depth for depth in range(len(config.stages)) if stay_to_the_end(config, depth)
        }
        #: stages whose files go when no child needs them any more, and how many children of each
        #: parent have ended, by the children's depth
        self._read_on = {
            depth
            for depth in read_by_children(config)
            if (depth, len(config.stages[depth].steps) - 1) not in self._kept.unread
        }
        self._children = dict[int, "array[int]"]()
        # most campaigns leave all files where they are
        if options.save_files == "packed":
            from enchanted_tui.supervisor.file_packing import FilePacking
            from enchanted_tui.supervisor.recorded_datapoints import RecordedDatapoints

            recorded = RecordedDatapoints(self._kept.unread, self._state, session.journal)
            self._packing = self._files = FilePacking(
                self._run_dir, self._state, options.pack, recorded
            )
        elif self._kept.keep is not None:
            from enchanted_tui.supervisor.file_removal import FileRemoval

            begun_at = math.inf if self._last in self._at_end else session.journal.size
            self._files = FileRemoval(self._run_dir, self._kept, self._state, begun_at)

    def recover(self, *, given_up: bool) -> None:
        """Put in order what an earlier session has left, and pack what it has left loose, unless
        its jobs may still read that; `given_up`: whether some tasks are run again. Raises OSError.
        """
        if self._state.sessions < 2 or not (self._packing or self._run_dir.packed.is_dir()):
            return
        from enchanted_tui.supervisor.file_packing import FilePacking

        packing = self._packing or FilePacking(self._run_dir, self._state, {})
        if self._unclean or given_up:
            packing.forget_given_up()
        if not self._state.jobs.holders:
            packing.take_over(self._record_of)
            packing.remove_left_overs()
            if self._packing is not None:
                packing.pack_all()
                if self._unclean:
                    packing.pack_recorded()
        packing.close()

    def finished(self, task: TaskId) -> None:
        """Take a sample, given by its last step, that has been through all steps."""
        now = self._packing is not None or task.depth == self._last
        if self._files is None or not now:
            return
        if self._packing is not None and task.depth - 1 in self._read_on - self._at_end:
            self._child_ended(task)
        if task.depth in self._at_end | self._read_on:
            return
        if self._packing is not None or self._kept.left_to_clean(task):
            self._waiting.append(task)

    def _child_ended(self, task: TaskId) -> None:
        """Take a parent if all its children have ended."""
        stage, before = self._state.stages[task.depth], self._state.stages[task.depth - 1]
        ended = self._children.get(task.depth)
        if ended is None:
            ended = self._children[task.depth] = _ended_by_parent(stage)
        else:
            ended.extend([0] * (stage.n_parents - len(ended)))
            ended[task.sample // stage.batches[task.batch].size] += 1
        place = task.sample // stage.batches[task.batch].size
        if ended[place] == stage.target:
            batch, sample = stage.parent(place)
            self._waiting.append(TaskId(before.depth, batch, sample, before.n_steps - 1))

    def more_children(self, depth: int) -> None:
        """The parents of a stage get more children: nobody may pack what these read."""
        if self._packing is not None:
            self._waiting = [task for task in self._waiting if task.depth != depth - 1]
            self._packing.wait()

    def tidy(self) -> None:
        """Have the files of finished samples treated, now that their results are on the disk."""
        if self._files is not None and self._waiting:
            self._sync()
            self._files.put(self._waiting)
            self._waiting = []

    def stage_ended(self, depth: int) -> None:
        """A stage is complete: nobody may pack what the samples of the next one read meanwhile.
        Raises OSError.
        """
        self.tidy()
        if self._packing is None or depth in self._read_on:
            return
        self._packing.take_over(self._record_of)
        for ended in sorted({*self._read_on, *(self._at_end & {depth})}):
            if ended <= depth:
                self._packing.pack_all(ended)
        if depth < self._last:
            self._packing.wait()

    def close(self, *, complete: bool, tell: Tell) -> None:
        """Treat what there is, at the end of the session. Raises OSError."""
        if self._files is None:
            return
        what = "packing" if self._packing is not None else "removing"
        tell(f"{what} files of finished samples (save_files)")
        self.tidy()
        if self._packing is not None:
            self._packing.take_over(self._record_of)
        if complete:
            self._sync()
            self._files.finish()
        elif self._packing is not None:
            self._packing.pack_failed()
        self._files.close()
        if complete:
            from enchanted_tui.packing.door import TaskDirectories
            from enchanted_tui.supervisor.unmatched_patterns import unmatched_patterns

            self._paths.remove_empty_groups()
            packing = self._packing
            where = packing.directories if packing is not None else TaskDirectories(*self._paths)
            said = unmatched_patterns(self._options, where, self._state)
            if said:
                log.warning(said)

    def _record_of(self, task: TaskId) -> str:
        """Return the checksum of a task's record; "" if it has no result."""
        from enchanted_tui.supervisor.file_packing import has_result

        if not has_result(self._state, task):
            return ""
        tasks = self._state.stages[task.depth].batches[task.batch].steps[task.step]
        return self._checksum_at(tasks.offsets[task.sample])

    def abandon(self) -> None:
        """Touch nothing any more."""
        if self._files is not None:
            self._files.abandon()


def _ended_by_parent(stage: StageState) -> array[int]:
    """Return how many samples have a row, by the place of the parent that they are combined
    with.
    """
    ended = array("q", bytes(8 * stage.n_parents))
    for batch in stage.batches:
        for sample, offset in enumerate(batch.steps[-1].offsets):
            ended[sample // batch.size] += offset >= 0
    return ended


def begin_again(session: Session, tasks: Collection[TaskId]) -> None:
    """Have samples that have failed begin anew, or go on from their checkpoints, packed or not."""
    if not tasks:
        return
    from enchanted_tui.packing.door import TaskDirectories

    directories = TaskDirectories(*session.paths)
    some_packed = session.run_dir.packed.is_dir()
    for task in tasks:
        packed = directories.packed(task.name) if some_packed else None
        if packed is not None and any(file.name == STATE for file in directories.files(task.name)):
            directories.bring_back(packed)
        begins_anew(directories.loose(task.name))


def stay_to_the_end(config: CampaignConfig, depth: int) -> bool:
    """Tell whether the files of a stage stay until it has ended, since samples of it may start from
    them, or its sampler may read them.
    """
    stage = config.stages[depth]
    sampler = config.samplers[stage.sampler]
    return (
        stage.continuation is not None
        or bool(sampler.options.get("parser"))
        or (config.supervisor.save_files == "packed" and _learns_by_itself(sampler))
    )


def _learns_by_itself(sampler: ComponentSpec) -> bool:
    """Tell whether a plugin is told of results: it may look for more in the run directories."""
    return not sampler.builtin and hasattr(sampler.cls, "register_future")
