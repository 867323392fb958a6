"""Processes of our own that run Python: they import what this process does, and never by accident a
file of the working directory.

Python looks for modules in the working directory first when it is told to run code or a module. A
file there that is called `types.py` or `queue.py`, with which a campaign has nothing to do, would
come before the module of that name.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterable
from typing import IO

_SET_PATH = "import sys, json; sys.path[:] = json.loads(sys.argv.pop(1)); "
_SHOWN = 2_000  #: bytes of what a process has printed last


def python_command(code: str, *arguments: str, also: Iterable[str] = ()) -> list[str]:
    """Return the command that runs `code` with `arguments`; modules come from where this process
    has them from, then from `also`.
    """
    return [sys.executable, "-P", "-c", _SET_PATH + code, json.dumps(search_path(also)), *arguments]


def search_path(also: Iterable[str] = ()) -> list[str]:
    """Return where this process looks for modules, then `also`; the working directory comes last,
    if it is one of these places.
    """
    before = [*sys.path, *also]
    here = {""}
    with contextlib.suppress(OSError):  # the working directory has been removed
        here.add(os.getcwd())
    return list(
        dict.fromkeys(
            [
                *(place for place in before if place not in here),
                *(place for place in before if place in here),
            ]
        )
    )


def ending_of(code: int) -> str:
    """Return how a process with this return code has ended."""
    if code >= 0:
        return f"ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"


def last_words(printed: IO[bytes]) -> str:
    """Return the last line that a process has printed into an open file, in brackets after a space;
    nothing if there is none.
    """
    with contextlib.suppress(OSError, ValueError):
        printed.seek(max(0, printed.seek(0, os.SEEK_END) - _SHOWN))
        lines = printed.read().decode(errors="replace").strip().splitlines()
        return f" ({lines[-1].strip()})" if lines else ""
    return ""
