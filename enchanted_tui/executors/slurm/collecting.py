"""Collect the results of jobs: what their results files have grown by, and the run directories."""

from __future__ import annotations

import logging
import os
import posixpath
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enchanted_tui.executors.base import Deliver, Trouble
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.core_time import CoreTime
from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.element import Element
from enchanted_tui.executors.slurm.submitting import Submitter
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.executors.slurm.transport import READ_LIMIT, Transport
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.packing.shards import job_prefix
from enchanted_tui.task_paths import PACKED

log = logging.getLogger(__name__)

#: run directories; more would be so long under way that a connection that breaks costs too much
_FETCHED_AT_ONCE = 1_000
_MOST_PRINTED = (
    5  #: different things that jobs print before their first samples and that are passed on
)
_COMPLAINT = re.compile(
    r"error|warning|not found|no such|unable|cannot|can't|fail|denied|unknown|invalid",
    re.IGNORECASE,
)


@dataclass
class Starts:
    """Whether jobs get as far as their first sample."""

    any: bool = False  #: whether one has
    fruitless: int = 0  #: jobs in a row that have ended before


class ResultCollector:
    """Reads what the jobs of one executor write."""

    def __init__(
        self,
        directories: Directories,
        transport: Transport,
        table: TaskTable,
        submitter: Submitter,
        core_time: CoreTime,
        deliver: Deliver,
    ) -> None:
        self._directories, self._transport, self._table = directories, transport, table
        self._submitter, self._core_time, self._deliver = submitter, core_time, deliver
        self.starts = Starts()
        self.packs = False  #: whether jobs pack the directories of their tasks
        #: results that are to be delivered
        self._arrived: list[tuple[Element, TaskId, bytes, float]] = []
        self._printed: set[str] = set()  #: what jobs printed before their first samples

    @property
    def pending(self) -> bool:
        """True while results are known whose run directories are not here yet."""
        return bool(self._arrived)

    def collect(self) -> int:
        """Take what all results files have grown by, in one go but for those that have grown by
        much; return how many results there were.
        """
        count, elements = 0, list(self._table.elements)
        self._bring_home()
        while elements:
            began = time.monotonic()
            found = self._transport.read({element.results: element.offset for element in elements})
            longer = []
            for element in elements:
                data = found.get(element.results, b"")
                count += self._take(element, data)
                if len(data) >= READ_LIMIT:
                    longer.append(element)
                else:
                    element.read_at = began
            self._bring_home()
            elements = longer
        return count

    def _bring_home(self) -> None:
        """Deliver results, once their run directories are here. After an error, those that are not
        yet here wait.
        """
        while self._arrived:
            batch = self._arrived[:_FETCHED_AT_ONCE]
            if not self._directories.shared:
                self._fetch([task.name for _, task, _, _ in batch])
            for element, task, line, runtime in batch:
                self._table.result(element, task, line, runtime)
            del self._arrived[: len(batch)]

    def _fetch(self, names: list[str]) -> None:
        self._transport.fetch(
            self._directories.remote_data,
            [self._directories.there.below(name) for name in names],
            Path(self._directories.local_data),
        )
        for name in names:
            assert self._submitter.inputs is not None
            self._submitter.inputs.arrived(name)

    def bring_shards(self, submission: Submission) -> None:
        """Bring home what the jobs of an array have packed, where they have files of their own."""
        packed = os.path.join(os.path.dirname(self._directories.local_data), PACKED)
        if self._directories.shared or not (self.packs or os.path.isdir(packed)):
            return
        os.makedirs(packed, exist_ok=True)
        names = [f"{job_prefix(submission.token, n)}000" for n in range(len(submission.elements))]
        there = posixpath.join(self._directories.root, PACKED)
        self._transport.fetch(there, names, Path(packed))

    def _take(self, element: Element, data: bytes) -> int:
        results, notes = element.take(data)
        if results:
            self._core_time.note_used(element)
        self._arrived += [
            (element, task, line, runtime)
            for task, line, runtime in results
            if task in element.unfinished
        ]
        if element.began_any or results:
            self.starts.any, self.starts.fruitless = True, 0
        for note in notes:
            # before this session, which was begun since
            if note["op"] == "trouble" and element.adopted and not element.read_at:
                log.warning(f"job {element.job} had stopped: {note['message']}")
            elif note["op"] == "trouble":
                self._deliver(Trouble(str(note["message"])))
            elif note["op"] == "hello":
                self._greet(element, note)
            elif note["op"] == "returned":
                tasks = note.get("tasks")
                only = None if tasks is None else [TaskId(*task) for task in tasks]
                self._table.unassign(element, note["share"], only)
        return len(results)

    def _greet(self, element: Element, note: dict[str, Any]) -> None:
        """A job has begun: pass on what it has to say, and what was printed before, the same thing
        once.
        """
        if note.get("remark"):
            log.warning(f"job {element.job}: {note['remark']}")
        printed = " ".join(str(note.get("printed", "")).split())
        if printed and printed not in self._printed and len(self._printed) < _MOST_PRINTED:
            self._printed.add(printed)
            level = logging.WARNING if _COMPLAINT.search(printed) else logging.INFO
            log.log(level, f"job {element.job} printed before its first sample: {printed}")
