"""The one door to the files of tasks: says what there is, opens it and brings it back, whether a
task's directory is loose, below ``data``, or packed. What is packed counts before what is loose,
which is being removed then.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from enchanted_tui.packing.shards import Packed, Shards
from enchanted_tui.packing.tar_blocks import copy_member, members, unpack_directory
from enchanted_tui.task_paths import PACKED, TaskPaths, make_group, paths_around
from enchanted_tui.whole_files import remove_directory


class FileEntry(NamedTuple):
    """A file of a task, which may be a symbolic link."""

    name: str  #: its path below the task's directory
    size: int
    mtime: float


class TaskDirectories:
    """The directories of a campaign's tasks; the loose ones lie below `data_dir`, in groups if
    `spread` says so, see `task_paths.TaskPaths`.
    """

    def __init__(self, data_dir: str, spread: bool | None = None) -> None:
        self.paths = TaskPaths(data_dir, spread)
        self.shards = Shards(os.path.join(os.path.dirname(data_dir), PACKED))

    def packed(self, name: str) -> Packed | None:
        """Return where the task `name` is packed; None if it is not."""
        return self.shards.find(name)

    def loose(self, name: str) -> str:
        """Return the path of a task's directory, packed or not there as it may be."""
        return self.paths.of(name)

    def names(self) -> set[str]:
        """Return the names of all tasks that have a directory."""
        loose = {entry.name for entry in self.paths.entries() if entry.is_dir()}
        return loose.union(self.shards.names())

    def missing(self, name: str, files: Iterable[str]) -> str | None:
        """Return the first of `files` that a task's directory lacks, "" if there is no directory;
        None if nothing is missing.
        """
        directory = self.loose(name)
        if os.path.isdir(directory):
            return next(
                (file for file in files if not os.path.exists(os.path.join(directory, file))), None
            )
        if self.shards.find_known(name) is None:
            return ""
        there = {part for file in self.files(name) for part in _above(file.name)} if files else ()
        return next((file for file in files if os.path.normpath(file) not in there), None)

    def exists(self, name: str) -> bool:
        """Tell whether there are files of a task."""
        return os.path.isdir(self.loose(name)) or self.shards.find_known(name) is not None

    def files(self, name: str) -> list[FileEntry]:
        """Return the files of a task, as they are found. Raises FileNotFoundError if there is no
        directory of it.
        """
        packed = self.packed(name)
        if packed is None:
            return list(_loose_files(self.loose(name), ""))
        with open(packed.archive, "rb") as archive:
            return [
                FileEntry(inside, member.size, member.mtime)
                for inside, member in members(archive, packed.extent.offset, packed.extent.length)
                if not member.isdir()
            ]

    def copy(self, name: str, inside: str, target: str) -> None:
        """Copy a file of a task to the path `target`. Raises FileNotFoundError if there is none."""
        packed = self.packed(name)
        if packed is None:
            shutil.copy2(os.path.join(self.loose(name), inside), target)
            return
        offset = packed.extent.offset
        with open(packed.archive, "rb") as archive:
            for found, member in members(archive, offset, packed.extent.length):
                if found == inside and member.isfile():
                    copy_member(archive, offset, member, target)
                    return
        raise FileNotFoundError(2, "there is no such file", os.path.join(self.loose(name), inside))

    @contextlib.contextmanager
    def opened(self, name: str, inside: str) -> Iterator[IO[bytes]]:
        """Open a file of a task for reading."""
        if self.packed(name) is None:
            with open(os.path.join(self.loose(name), inside), "rb") as file:
                yield file
            return
        with tempfile.TemporaryDirectory(prefix="enchanted-") as scratch:
            path = os.path.join(scratch, "file")
            self.copy(name, inside, path)
            with open(path, "rb") as file:
                yield file

    def restore(self, packed: Packed, target: str) -> None:
        """Make the directory `target` of a packed one: whole or not at all."""
        partial = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.partial")
        for path in (partial, target):
            if os.path.lexists(path):
                remove_directory(path)
        try:
            with open(packed.archive, "rb") as archive:
                unpack_directory(archive, packed.extent.offset, packed.extent.length, partial)
            os.rename(partial, target)
        except BaseException:
            with contextlib.suppress(OSError):
                remove_directory(partial)
            raise

    def bring_back(self, packed: Packed) -> None:
        """Make a packed directory anew where it was before."""
        target = self.loose(packed.extent.name)
        make_group(target)
        self.restore(packed, target)

    @contextlib.contextmanager
    def at_hand(self, name: str) -> Iterator[str]:
        """Return the path of a task's directory, of one that is packed in a place for temporary
        files, from which it goes with the block.
        """
        packed = self.shards.find_known(name)
        if packed is None:
            yield self.loose(name)
            return
        with tempfile.TemporaryDirectory(prefix="enchanted-") as scratch:
            target = os.path.join(scratch, name)
            self.restore(packed, target)
            yield target


@contextlib.contextmanager
def readable(run_dir: str) -> Iterator[str]:
    """Return the path of a task's directory, given by where it is if it is loose; see
    `TaskDirectories.at_hand`.
    """
    if os.path.isdir(run_dir):
        yield run_dir
        return
    with TaskDirectories(*paths_around(run_dir)).at_hand(os.path.basename(run_dir)) as path:
        yield path


def _above(path: str) -> Iterator[str]:
    """Return a path and those of the directories it is in."""
    while path:
        yield path
        path = os.path.dirname(path)


def _loose_files(path: str, inside: str) -> Iterator[FileEntry]:
    with os.scandir(path) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        below = f"{inside}/{entry.name}" if inside else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _loose_files(entry.path, below)
            continue
        with contextlib.suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                yield FileEntry(below, status.st_size, status.st_mtime)
