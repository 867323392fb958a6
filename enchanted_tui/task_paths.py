"""Where the directories of tasks lie below a campaign's ``data``: all in it, or spread over groups;
and where they lie once they are packed.

The one place that says so. Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

PACKED = "packed"  #: the directory of a campaign's shards, beside ``data``
GROUPS = 1_000  #: there are at most so many
GROUP = re.compile(r"[0-9]{3}\Z")  #: the name of a group
#: the name of a task's directory, or of what is made beside it for a while
_TASK = re.compile(r"\.?d\d+_b(\d+)_s(\d+)_r\d+(?:\.(?:\d+\.)?(?:partial|given))?\Z")


def group_of(name: str) -> str:
    """Return the group of a task by its name: the last three digits of batch and sample together,
    so that samples which run at the same time lie apart, and the steps of one lie together. Empty
    if it is no task's name.
    """
    found = _TASK.match(name)
    return f"{(int(found[1]) + int(found[2])) % GROUPS:03d}" if found else ""


class TaskPaths(NamedTuple):
    """The directories of a campaign's tasks."""

    data_dir: str
    #: whether they lie in groups; None where nobody has said so: then it is looked for
    spread: bool | None = False

    def of(self, name: str) -> str:
        """Return the path of a task's directory, which need not be there."""
        if self.spread is False:
            ends = self.data_dir[-1:] in ("", "/")
            return f"{self.data_dir}{name}" if ends else f"{self.data_dir}/{name}"
        path = os.path.join(self.data_dir, group_of(name), name)
        if self.spread is None and not os.path.isdir(path):
            return os.path.join(self.data_dir, name)
        return path

    def moved(self, run_dir: str) -> str:
        """Return the path here of the task's directory that is at another path elsewhere."""
        return self.of(os.path.basename(run_dir))

    def below(self, name: str) -> str:
        """Return the path of a task's directory, from `data_dir` on."""
        return os.path.relpath(self.of(name), self.data_dir)

    def task_at(self, path: str) -> str | None:
        """Return the name of the directory in which a path is; None if that is not below
        `data_dir`.
        """
        if not path.startswith(self.data_dir + "/"):
            return None
        first, *rest = path[len(self.data_dir) + 1 :].split("/")
        in_group = rest and self.spread is not False and group_of(rest[0]) == first
        return rest[0] if in_group else first

    def groups(self) -> list[str]:
        """Return the paths of the groups that there are. Raises OSError."""
        if self.spread is False:
            return []
        with os.scandir(self.data_dir) as listing:
            return [entry.path for entry in listing if _is_group(entry)]

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield what lies where the directories of tasks do, and these. Raises OSError."""
        with os.scandir(self.data_dir) as listing:
            flat = list(listing)
        for entry in flat:
            grouped = [] if self.spread is False else _in_group(entry)
            yield from grouped
            if not grouped and not self.spread:
                yield entry

    def remove_empty_groups(self) -> None:
        """Remove the groups in which nothing is left."""
        with contextlib.suppress(OSError):
            for group in self.groups():
                with contextlib.suppress(OSError):  # not empty
                    os.rmdir(group)


def _is_group(entry: os.DirEntry[str]) -> bool:
    return bool(GROUP.match(entry.name)) and entry.is_dir(follow_symlinks=False)


def _in_group(entry: os.DirEntry[str]) -> list[os.DirEntry[str]]:
    """Return what is in a group of tasks' directories; nothing of any other directory."""
    if not _is_group(entry):
        return []
    with contextlib.suppress(FileNotFoundError), os.scandir(entry.path) as listing:
        return [found for found in listing if group_of(found.name) == entry.name]
    return []


def paths_of(context: Mapping[str, Any]) -> TaskPaths:
    """Return where tasks have their directories, by the fields of an
    `executors.base.TaskContext`.
    """
    return TaskPaths(context["data_dir"], context.get("spread", False))


def shown_path(context: Mapping[str, Any], name: str) -> str:
    """Return the path of a task's directory as the user wrote its beginning."""
    return TaskPaths(context["shown_data_dir"], context.get("spread", False)).of(name)


def paths_around(run_dir: str) -> TaskPaths:
    """Return where the tasks of a campaign have their directories, of which `run_dir` is one."""
    above, name = os.path.split(run_dir)
    data_dir, group = os.path.split(above)
    if group and group == group_of(name):
        return TaskPaths(data_dir, True)
    return TaskPaths(above)


def make_directory(path: str) -> None:
    """Make the directory of a task, and its group where that is not there yet: to find that out
    costs nothing but at its first task. Raises OSError.
    """
    try:
        os.mkdir(path)
    except FileNotFoundError:
        if not make_group(path):
            raise
        os.mkdir(path)


def make_group(path: str) -> bool:
    """Make the group in which a task's directory is to lie; tell whether it lies in one. Raises
    OSError.
    """
    group, name = os.path.split(path)
    if os.path.basename(group) != group_of(name):
        return False
    with contextlib.suppress(FileExistsError):
        os.mkdir(group)
    return True
