"""The processes of this machine, by what /proc says of them.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MARK_VARIABLE = (  #: in the environment of a worker process and of everything it starts
    "ENCHANTED_WORKER"
)
_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36


class Process(NamedTuple):
    """A process as it was when it was looked at; number and start time together name it for
    good.
    """

    pid: int
    name: str  #: of its program, at most 15 characters
    state: str
    parent: int
    session: int
    started: int  #: in clock ticks since the machine started


def adopt_orphans() -> None:
    """Make this process the parent of whatever its descendants leave behind (Linux)."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have this process sent a signal when its parent dies (Linux)."""
    _prctl(_SET_PARENT_DEATH_SIGNAL, number)


def look_at(pid: int) -> Process | None:
    """Return what is known of a process; None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            content = file.read()
    except OSError:
        return None
    head, _, tail = content.rpartition(b")")
    fields = tail.split()
    name = head.partition(b"(")[2].decode("utf-8", "replace")
    return Process(pid, name, fields[0].decode(), int(fields[1]), int(fields[3]), int(fields[19]))


def lives(process: Process) -> bool:
    """Tell whether a process, and no other one of its number, is still at work."""
    now = look_at(process.pid)
    return now is not None and now.started == process.started and now.state not in "ZX"


def all_processes() -> dict[int, Process]:
    """Return the processes of this machine by their numbers."""
    found = (look_at(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return {process.pid: process for process in found if process is not None}


def descendants(roots: Iterable[int], among: Mapping[int, Process]) -> set[int]:
    """Return the numbers of all processes that descend from `roots`, without these."""
    children: dict[int, list[int]] = {}
    for process in among.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    todo = list(roots)
    while todo:
        for child in children.get(todo.pop(), ()):
            if child not in found:
                found.add(child)
                todo.append(child)
    return found


def ancestors() -> set[int]:
    """Return the number of this process and those above it."""
    found: set[int] = set()
    process = look_at(os.getpid())
    while process is not None and process.pid not in found:
        found.add(process.pid)
        process = look_at(process.parent)
    return found


def marked(mark: str, among: Iterable[int]) -> set[int]:
    """Return the numbers of those processes whose mark begins with `mark`."""
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    return {pid for pid in among if any(entry.startswith(wanted) for entry in environment_of(pid))}


def environment_of(pid: int) -> list[bytes]:
    """Return the entries of the environment that a process was started with; none if it is not ours
    to read.
    """
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return file.read().split(b"\0")
    return []


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _prctl(what: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(what, value, 0, 0, 0)
