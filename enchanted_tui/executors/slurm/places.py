"""Where a campaign's files lie, here and on the cluster."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Places:
    """Directories of one campaign. With a file system that both sides share, they are the same."""

    home: str  #: of the run directories, here
    far: str  #: of the run directories, where jobs see them
    jobs: str  #: of the files of this executor's jobs, on the far side
    campaign: str  #: the campaign's name, for people

    @classmethod
    def of(cls, data_dir: str, remote_dir: str | None, campaign: str, executor: str) -> Places:
        """Give the places of the campaign with this unique id whose run directories are in `data_dir` (absolute)."""
        own = re.sub("[^A-Za-z0-9_.-]", "_", executor)
        base = os.path.dirname(data_dir)
        name = os.path.basename(base)
        if remote_dir is None:
            return cls(data_dir, data_dir, os.path.join(base, "state", "jobs", own), name)
        root = posixpath.join(remote_dir, f"{re.sub('[^A-Za-z0-9_.-]', '_', name)}-{campaign[:8]}")
        return cls(data_dir, posixpath.join(root, "data"), posixpath.join(root, "jobs", own), name)

    @property
    def shared(self) -> bool:
        return self.home == self.far
