"""The directory in which a task runs: where it is, whether there is one, what is left of it when
the task has ended, and its way home.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from enchanted_tui.executors import continued
from enchanted_tui.executors.datapoint import DATAPOINT, store_datapoint
from enchanted_tui.file_patterns import FilePatterns
from enchanted_tui.task_paths import make_directory, paths_of
from enchanted_tui.whole_files import make_writable, remove_directory


class RunDirectory:
    """The directory of one task: made when something is to lie in it, and left with what is kept of
    it. Nothing else makes one, or cleans it when its task ends.

    What is kept says ``save_files`` of the task's context, see `executors.base.TaskContext`.
    """

    def __init__(self, message: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        self._local = local_storage_of(message, context)
        self._home: str = paths_of(context).of(message["name"])
        self.path: str = self._home
        if self._local:
            self.path = os.path.join(self._local, message["name"])
        if message.get("pack"):  # and so removed, where it has run
            self._home = self.path
        #: which files stay when the task has ended; None for all
        self._kept: FilePatterns | None = None
        #: whether nothing makes use of the directory but the runner, if that does
        self.may_be_missing = False
        said = context.get("save_files")
        if said and [message["task"][0], message["task"][3]] in said["unread"]:
            if said["keep"] is not None:
                self._kept = _patterns(tuple(said["keep"]))
            self.may_be_missing = True
        self._made = False

    def begin(self) -> None:
        """Make it, empty: what an attempt that was cut short left there is removed."""
        if self._local:
            os.makedirs(self._local, exist_ok=True)  # on this node there may have been no task yet
        make_run_dir(self.path)
        self._made = True

    def go_on(
        self, restart: dict[str, Any], message: dict[str, Any], context: dict[str, Any]
    ) -> None:
        """Take the one in which the task was interrupted, or make it, where samples are continued.
        Raises SampleFailed where this one is not, any more.
        """
        before = continued.interrupted(self.path, restart)
        if before is None:
            self.begin()
        self._made = True
        continued.begin(self.path, restart, before, message, context)

    def find(self) -> None:
        """Take what there is of a task that could not end by itself."""
        self._made = os.path.isdir(self.path)

    def finish(self, row: Mapping[str, Any], *, clean: bool = True) -> None:
        """Store the datapoint, remove what is not kept, unless `clean` says that this comes later,
        and move the rest home. Raises OSError.
        """
        if self._keeps_datapoint():
            if not self._made:
                self.begin()
            store_datapoint(self.path, row, self.begin)
        if clean:
            self.clean()
        if (
            self._home != self.path
            and self._made
            and (self._kept is None or os.path.isdir(self.path))
        ):
            move_home(self.path, self._home)

    def _keeps_datapoint(self) -> bool:
        if self._kept is None:  # what has no directory is packed from its record
            return self._made or not self.may_be_missing
        return self._kept.include(DATAPOINT)

    def clean(self) -> None:
        """Remove what is not kept. What cannot be removed now is removed when the campaign ends."""
        if self._made and self._kept is not None:
            with contextlib.suppress(OSError):
                self._kept.clean(self.path)

    def home_of(self, name: str) -> str | None:
        """Return where a file of that name can be put now that the task has ended; None if it would
        not stay.
        """
        if self._kept is not None and not self._kept.include(name):
            return None
        if self.may_be_missing:
            with contextlib.suppress(FileExistsError):
                make_directory(self._home)
        elif not os.path.isdir(self._home):
            return None
        return os.path.join(self._home, name)


@lru_cache(maxsize=64)
def _patterns(patterns: tuple[str, ...]) -> FilePatterns:
    return FilePatterns(patterns)


def local_storage_of(message: Mapping[str, Any], context: Mapping[str, Any]) -> str | None:
    """Return the node-local directory in which a task runs, if it does: checkpoints would be lost
    there.
    """
    local: str | None = context["local_storage"]
    return local if continued.restart_of_task(message, context) is None else None


def make_run_dir(path: str) -> None:
    """Make the task's directory, empty: what an attempt that was cut short left there is
    removed.
    """
    try:
        make_directory(path)
    except FileExistsError:
        remove_run_dir(path)
        os.mkdir(path)


def remove_run_dir(path: str) -> None:
    """Remove one task's directory; a symbolic link is removed, never followed."""
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
        return
    remove_directory(path)


def move_home(work_dir: str, home: str) -> None:
    """Move a finished task's files from node-local storage to the campaign's directory, whole or
    not at all.
    """
    partial = os.path.join(os.path.dirname(home), "." + os.path.basename(home) + ".partial")
    for path in (partial, home):
        if os.path.lexists(path):
            remove_run_dir(path)
    try:
        shutil.copytree(work_dir, partial, symlinks=True, ignore=_special_files)
    except (shutil.Error, PermissionError):  # perhaps what the sample has protected, even from us
        make_writable(work_dir, files=True)
        if os.path.lexists(partial):
            remove_run_dir(partial)
        shutil.copytree(work_dir, partial, symlinks=True, ignore=_special_files)
    os.rename(partial, home)
    with contextlib.suppress(OSError):
        remove_directory(work_dir)


def _special_files(directory: str, names: list[str]) -> list[str]:
    """Name the pipes, sockets and devices in a directory: they cannot be copied."""
    modes = ((name, os.lstat(os.path.join(directory, name)).st_mode) for name in names)
    return [
        name
        for name, mode in modes
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
    ]


def disk_is_full(path: str) -> bool:
    """Tell whether the file system that holds `path` has no room or is gone: a failure then says
    nothing about the sample.
    """
    try:
        status = os.statvfs(path)
    except OSError:
        return True
    return status.f_bavail == 0 and status.f_blocks > 0
