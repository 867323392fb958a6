"""The directory in which a task runs: where it is, how it begins, and its way home.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import Any

from enchanted_tui.executors import continued
from enchanted_tui.whole_files import make_writable, remove_directory


def run_dir_of(message: dict[str, Any], context: dict[str, Any]) -> str:
    """Return the directory in which a task runs."""
    local = local_storage_of(message, context)
    if local:
        os.makedirs(local, exist_ok=True)  # on this node there may have been no task yet
    return os.path.join(local or context["data_dir"], message["name"])


def local_storage_of(message: dict[str, Any], context: dict[str, Any]) -> str | None:
    """Return the node-local directory in which a task runs, if it does: checkpoints would be lost
    there.
    """
    local: str | None = context["local_storage"]
    return local if continued.restart_of_task(message, context) is None else None


def take_run_dir(
    work_dir: str, message: dict[str, Any], context: dict[str, Any], restart: Any
) -> None:
    """Make the task's directory, or take the one in which it was interrupted."""
    before = None if restart is None else continued.interrupted(work_dir, restart)
    if before is None:
        make_run_dir(work_dir)
    if restart is not None:
        continued.begin(work_dir, restart, before, message, context)


def make_run_dir(path: str) -> None:
    """Make the task's directory, empty: what an attempt that was cut short left there is removed."""
    try:
        os.mkdir(path)
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
