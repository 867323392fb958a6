"""Where a campaign's files lie, here and on the cluster."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, replace

from enchanted_tui.executors.slurm.transport import FarSideProblem, Transport


@dataclass(frozen=True)
class Places:
    """Directories of one campaign. With a file system that both sides share, they are the same."""

    home: str  #: of the run directories, here
    far: str  #: of the run directories, where jobs see them
    jobs: str  #: of the files of this executor's jobs, on the far side
    campaign: str  #: the campaign's name, for people
    #: of everything on the far side that is this executor's alone; nothing where the file system is
    #: shared
    root: str = ""

    @classmethod
    def of(cls, data_dir: str, remote_dir: str | None, campaign: str, executor: str) -> Places:
        """Give the places of the campaign with this unique id whose run directories are in
        `data_dir` (absolute).
        """
        own = re.sub("[^A-Za-z0-9_.-]", "_", executor)
        base = os.path.dirname(data_dir)
        name = os.path.basename(base)
        if remote_dir is None:
            return cls(data_dir, data_dir, os.path.join(base, "state", "jobs", own), name)
        root = posixpath.join(
            remote_dir, f"{re.sub('[^A-Za-z0-9_.-]', '_', name)}-{campaign[:8]}-{own}"
        )
        return cls(data_dir, posixpath.join(root, "data"), posixpath.join(root, "jobs"), name, root)

    @property
    def shared(self) -> bool:
        return not self.root

    @property
    def all(self) -> str:
        """The directory that holds whatever the executor makes on the far side, apart from run
        directories that are kept.
        """
        return self.root or self.jobs


def places_there(places: Places, transport: Transport) -> Places:
    """Give the places with ``~`` for the home directory of the far side resolved."""
    if "\\" in places.jobs:
        key = "base_run_dir" if places.shared else "remote_dir"
        raise FarSideProblem(
            f"SLURM writes no output below {places.jobs}, because of the backslash; choose another"
            f" {key}"
        )
    if not places.root.startswith("~"):
        return places
    home = transport.run(["printenv", "HOME"]).text.strip()
    if not home.startswith("/"):
        raise FarSideProblem(
            "the cluster does not tell your home directory; give remote_dir as a path that begins"
            " with /"
        )
    root = home + places.root[1:]
    return replace(
        places, root=root, far=posixpath.join(root, "data"), jobs=posixpath.join(root, "jobs")
    )
