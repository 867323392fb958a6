"""Where a campaign's files lie, here and on the cluster."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, replace

from enchanted_tui.executors.slurm.transport import FarSideProblem, Transport
from enchanted_tui.task_paths import TaskPaths


@dataclass(frozen=True)
class Directories:
    """Directories of one campaign. With a file system that both sides share, they are the same."""

    local_data: str  #: of the run directories, here
    remote_data: str  #: of the run directories, where jobs see them
    jobs: str  #: of the files of this executor's jobs, on the far side
    campaign: str  #: the campaign's name, for people
    #: of everything on the far side that is this executor's alone; nothing where the file system is
    #: shared
    root: str = ""
    spread: bool = False  #: whether run directories lie in groups, on either side

    @classmethod
    def of(
        cls,
        data_dir: str,
        remote_dir: str | None,
        campaign: str,
        executor: str,
        *,
        spread: bool = False,
    ) -> Directories:
        """Return the directories of the campaign with this unique id whose run directories are in
        `data_dir` (absolute), in groups if `spread`.
        """
        own = re.sub("[^A-Za-z0-9_.-]", "_", executor)
        base = os.path.dirname(data_dir)
        name = os.path.basename(base)
        if remote_dir is None:
            jobs = os.path.join(base, "state", "jobs", own)
            return cls(data_dir, data_dir, jobs, name, spread=spread)
        root = posixpath.join(
            remote_dir, f"{re.sub('[^A-Za-z0-9_.-]', '_', name)}-{campaign[:8]}-{own}"
        )
        there, jobs = posixpath.join(root, "data"), posixpath.join(root, "jobs")
        return cls(data_dir, there, jobs, name, root, spread)

    @property
    def here(self) -> TaskPaths:
        """The run directories here."""
        return TaskPaths(self.local_data, self.spread)

    @property
    def there(self) -> TaskPaths:
        """The run directories where jobs see them."""
        return TaskPaths(self.remote_data, self.spread)

    @property
    def shared(self) -> bool:
        return not self.root

    @property
    def all(self) -> str:
        """The directory that holds whatever the executor makes on the far side, apart from run
        directories that are kept.
        """
        return self.root or self.jobs


def with_remote_home(directories: Directories, transport: Transport) -> Directories:
    """Return the directories with ``~`` for the home directory of the far side resolved."""
    if "\\" in directories.jobs:
        key = "base_run_dir" if directories.shared else "remote_dir"
        raise FarSideProblem(
            f"SLURM writes no output below {directories.jobs}, because of the backslash; choose"
            f" another {key}"
        )
    if not directories.root.startswith("~"):
        return directories
    home = transport.run(["printenv", "HOME"]).text.strip()
    if not home.startswith("/"):
        raise FarSideProblem(
            "the cluster does not tell your home directory; give remote_dir as a path that begins"
            " with /"
        )
    root = home + directories.root[1:]
    return replace(
        directories,
        root=root,
        remote_data=posixpath.join(root, "data"),
        jobs=posixpath.join(root, "jobs"),
    )
