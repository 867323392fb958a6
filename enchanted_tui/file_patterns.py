"""Which files of a run directory are kept, and the removal of all others.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

# The older program spares these below a task's directory whatever `save_files` says.
_SPARED_FILES = ("enchanted_dataset.csv", "runs.h5")
_SPARED_PARENT = "logs"

#: errors that say nothing about the file system
CANNOT_BE_REMOVED = (
    errno.EACCES,
    errno.EPERM,
    errno.EBUSY,
    errno.ENOTEMPTY,
)


class FilePatterns:
    """The files that patterns name. One without a slash is matched with a file's name, one with
    slashes with its path below the task's directory; ``*``, ``?`` and ``[...]`` match within one
    part of a path, ``**`` matches any number of parts.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [pattern.removeprefix("./").split("/") for pattern in patterns]

    def include(self, *parts: str) -> bool:
        """Tell whether the file of this name, below these directories, is kept."""
        if parts[-1] in _SPARED_FILES or (len(parts) > 1 and parts[-2] == _SPARED_PARENT):
            return True
        return self.match(parts)

    def match(self, parts: Sequence[str]) -> bool:
        """Tell whether a pattern names the file whose path below the task's directory has these
        parts.
        """
        return any(
            _matches(parts[-1:] if len(pattern) == 1 else parts, pattern)
            for pattern in self._patterns
        )

    def clean(self, directory: str) -> list[str]:
        """Remove all other files of a task's directory, and the directories that become empty; a
        symbolic link is removed, not what it leads to. Return the paths that could not be removed.

        Raises OSError where the file system itself fails.
        """
        cleaner = _Cleaner(self)
        cleaner.clean(directory, ())
        return cleaner.stuck


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    if not parts or not (parts[0] == pattern[0] or fnmatchcase(parts[0], pattern[0])):
        return False
    return _matches(parts[1:], pattern[1:])


class _Cleaner:
    """Cleans one task's directory."""

    def __init__(self, kept: FilePatterns) -> None:
        self._kept = kept
        self.stuck: list[str] = []  #: what could not be removed

    def clean(self, path: str, parts: tuple[str, ...]) -> bool:
        """Clean the directory at `path`, which has `parts` below the task's, and tell whether it is
        gone.
        """
        try:
            entries = _entries(path)
        except FileNotFoundError:
            return True
        except NotADirectoryError:  # a link, or a file, in the place of a task's directory
            return self._remove(os.unlink, path)
        except PermissionError:
            self.stuck.append(path)
            return False
        gone = True
        for name, is_directory in entries:
            inside, below = f"{path}/{name}", (*parts, name)
            if is_directory:
                gone &= self.clean(inside, below)
            else:
                gone &= not self._kept.include(*below) and self._remove(os.unlink, inside)
        return gone and self._remove(os.rmdir, path)

    def _remove(self, remove: Callable[[str], None], path: str) -> bool:
        try:
            _in_writable(os.path.dirname(path), lambda: remove(path))
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno not in CANNOT_BE_REMOVED:
                raise
            self.stuck.append(path)
            return False
        return True


def _entries(path: str) -> list[tuple[str, bool]]:
    """Return what is in a directory: names, and whether each is a directory. Raises
    NotADirectoryError for a symbolic link to one.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = _in_writable(path, lambda: os.open(path, flags))
    try:
        with os.scandir(descriptor) as listing:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing]
    finally:
        os.close(descriptor)


def _in_writable(directory: str, action: Callable[[], Any]) -> Any:
    """Return what `action` gives; where its owner must not change a directory, as the copy of a
    write-protected case is, he may then.
    """
    try:
        return action()
    except PermissionError:
        with contextlib.suppress(OSError):
            os.chmod(directory, os.stat(directory).st_mode | 0o700)
        return action()
