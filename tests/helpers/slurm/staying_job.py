"""What a job that stays runs, run here without a job: it is given shares as the executor gives
them, and what it says is read as the executor reads it.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from enchanted_tui.executors.base import TaskContext
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.element import AssignedTask, Element
from enchanted_tui.executors.slurm.far.share import recall_file, share_file, write_share
from enchanted_tui.executors.slurm.worker_archive import archive
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.whole_files import write_atomically
from helpers.processes import TESTS


class StayingJob:
    """One job of samples that take `seconds`, in a directory."""

    def __init__(self, root: Path, *, idle_timeout: float = 30.0, seconds: float = 0.1) -> None:
        self.root, self.directory = root, root / "jobs"
        self.directory.mkdir()
        self.log = root / "log"
        self._worker = root / "worker.pyz"
        self._worker.write_bytes(archive()[1])
        self._idle_timeout, self._seconds = idle_timeout, seconds
        self.options: dict[str, Any] = {}  #: of the samples, besides those
        self._samples = 0
        self.process: subprocess.Popen[bytes] | None = None
        submission = Submission("e" + "0" * 12, "cluster", "job", str(self.directory), [[]])
        submission.stays = "as now"
        self.element = Element(submission, 0, {}, 0)
        self.results: Counter[TaskId] = Counter()
        self.returned: Counter[TaskId] = Counter()

    # -- the job -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it, for the first time or again."""
        self.process = subprocess.Popen(
            [sys.executable, str(self._worker), str(self.directory), "0"], cwd=self.root
        )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def begun(self) -> Counter[str]:
        """Return how often each sample has begun, by its name."""
        return Counter(self.log.read_text().split()) if self.log.exists() else Counter()

    # -- the executor ------------------------------------------------------------------------------

    def give(self, count: int, number: int, **terms: Any) -> list[TaskId]:
        """Give it a share of so many new samples."""
        tasks = [TaskId(0, 0, self._samples + place, 0) for place in range(count)]
        self._samples += count
        self.write(tasks, number, **terms)
        return tasks

    def write(self, tasks: list[TaskId], number: int, **terms: Any) -> None:
        """Give it a share."""
        for task in tasks:
            self.element.unfinished[task] = AssignedTask(0, share=number)
        self.element.shares = max(self.element.shares, number)
        messages = [
            {"task": list(task), "name": task.name, "attempt": 0, "runner": "r", "params": {}}
            for task in tasks
        ]
        path = Path(share_file(str(self.directory), 0, number))
        write_atomically(path, write_share({**self._header(), **terms}, messages))

    def recall(self, number: int) -> None:
        """Take back what it has not begun of a share."""
        Path(recall_file(str(self.directory), 0, number)).touch()

    def read(self) -> None:
        """Take what it has said since."""
        path = Path(self.element.results)
        if not path.exists():
            return
        with path.open("rb") as file:
            file.seek(self.element.offset)
            results, notes = self.element.take(file.read())
        for task, _, _ in results:
            self.results[task] += 1
            self.element.unfinished.pop(task, None)
        for note in notes:
            if note["op"] == "returned":
                self._take_back(note)

    def _take_back(self, note: dict[str, Any]) -> None:
        tasks = [TaskId(*task) for task in note.get("tasks") or ()]
        for task, assigned in list(self.element.unfinished.items()):
            if assigned.share == note["share"] and ("tasks" not in note or task in tasks):
                del self.element.unfinished[task]
                self.returned[task] += 1

    def _header(self) -> dict[str, Any]:
        context = TaskContext(
            data_dir=str(self.root / "data"),
            shown_data_dir="data",
            runners={
                "r": {
                    "class": "slurm_probe:Probe",
                    "options": {"seconds": self._seconds, "log": str(self.log), **self.options},
                }
            },
            seed=1,
            campaign="campaign",
            session="session",
            python_path=[str(TESTS), str(TESTS / "helpers" / "slurm")],
            working_dir=str(self.root),
        )
        return {
            "context": dataclasses.asdict(context),
            "timeout": None,
            "processes": 1,
            "beat": 0.5,
            "walltime": None,
            "idle_timeout": self._idle_timeout,
        }
