"""The surroundings of this process, cheaply: its environment variables and its working directory.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os


def encoded_environment() -> dict[bytes, bytes]:
    """Return a copy of what `os.environ` holds. Going through it as text decodes every variable,
    which took half the time of a short task.
    """
    held: dict[bytes, bytes] | None = getattr(os.environ, "_data", None)
    return dict(os.environb if held is None else held)


def here() -> int:
    """Return a descriptor of the working directory: `os.fchdir` leads back even when somebody has
    moved or removed it.
    """
    return os.open(".", getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC)


_kept = ("", -1)  #: a working directory and a descriptor of it


def kept_here() -> int:
    """Return the same, to be used at once and not closed: it serves again while the working
    directory is the same.
    """
    global _kept
    try:
        path = os.getcwd()
    except FileNotFoundError:  # somebody has removed it
        path = ""
    if path != _kept[0] or not path:
        if _kept[1] >= 0:
            os.close(_kept[1])
        _kept = path, here()
    return _kept[1]
