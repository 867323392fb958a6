"""Where everything lies in a run directory."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.task_paths import PACKED, TaskPaths

#: what the older program's next version calls them
_NEXT_NAME = re.compile(r"dn(\d+)_ds(\d+)_b(\d+)_s(\d+)\Z")


def task_of_directory(name: str) -> TaskId | None:
    """Return the task whose directory has that name, in either naming; None if it is no such
    name.
    """
    if match := _NEXT_NAME.match(name):
        depth, step, batch, sample = map(int, match.groups())
        return TaskId(depth, batch, sample, step)
    return TaskId.named(name)


class CampaignDirectory(Struct, frozen=True):
    """The paths of a campaign's files, all below `root`."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def packed(self) -> Path:
        """Shards of packed run directories."""
        return self.root / PACKED

    def tasks(self, spread: bool | None = None) -> TaskPaths:
        """Return where tasks have their directories: in groups if `spread`; where nobody has said
        so, both are looked for.
        """
        return TaskPaths(str(self.data), spread)

    def task(self, name: str, spread: bool | None = None) -> Path:
        """Return the directory of a task, or the one that the older program's next version has made
        for it if only that is there; `spread`: see `tasks`.
        """
        task, path = task_of_directory(name), Path(self.tasks(spread).of(name))
        if task is not None and not path.exists():
            other = self.data / f"dn{task.depth}_ds{task.step}_b{task.batch}_s{task.sample}"
            if other.is_dir():
                return other
        return path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def main_log(self) -> Path:
        return self.logs / "main.log"

    @property
    def current_progress(self) -> Path:
        return self.logs / "current_progress.txt"

    @property
    def all_progress(self) -> Path:
        return self.logs / "all_progress.txt"

    @property
    def pipeline_progress(self) -> Path:
        return self.logs / "pipeline_progress.txt"

    @property
    def dataset(self) -> Path:
        return self.root / "enchanted_dataset.csv"

    @property
    def last_complete_dataset(self) -> Path:
        return self.root / "last_complete_enchanted_dataset.csv"

    @property
    def parquet(self) -> Path:
        return self.root / "enchanted_dataset.parquet"

    @property
    def failures(self) -> Path:
        return self.root / "enchanted_failures.csv"

    @property
    def surrogate(self) -> Path:
        """The model that ``--fit`` writes."""
        return self.root / "enchanted_surrogate.npz"

    @property
    def run_state(self) -> Path:
        return self.root / "enchanted_run.yaml"

    @property
    def hdf5(self) -> Path:
        return self.root / "runs.h5"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def journal(self) -> Path:
        return self.state / "journal.jsonl"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    @property
    def checkpoint(self) -> Path:
        return self.state / "fold.bin"

    @property
    def live(self) -> Path:
        return self.state / "live.json"

    @property
    def labels(self) -> Path:
        """What people call the run: tags and a note."""
        return self.state / "labels.json"

    @property
    def jobs(self) -> Path:
        """Files of jobs that a scheduler runs."""
        return self.state / "jobs"

    @property
    def control(self) -> Path:
        return self.state / "control"

    @property
    def tables(self) -> tuple[Path, ...]:
        """The files that are made from the journal alone."""
        return (
            self.dataset,
            self.last_complete_dataset,
            self.failures,
            self.hdf5,
            self.parquet,
        )

    @property
    def results(self) -> tuple[Path, ...]:
        """What is written into the directory itself: by a campaign, and from its results."""
        return (*self.tables, self.run_state, self.surrogate)

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that a campaign writes, but for those in directories of their own."""
        reports = (self.current_progress, self.all_progress, self.pipeline_progress, self.main_log)
        return (self.journal, self.checkpoint, self.lock, self.live, *self.results, *reports)

    @property
    def directories(self) -> tuple[Path, ...]:
        return (self.config, self.data, self.packed, self.logs, self.state)


def campaign_that_owns(path: Path) -> Path | None:
    """Return the run directory among whose own files `path` is or would be, if there is one."""
    path = path.resolve()
    for root in path.parents:
        run_dir = CampaignDirectory(root)
        if run_dir.journal.is_file() and (
            path in run_dir.results
            or not set(run_dir.directories).isdisjoint((path, *path.parents))
        ):
            return root
    return None
