"""Reach every process that a task has started, with nothing but /proc.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

MARK_VARIABLE = "ENCHANTED_WORKER"  #: in the environment of a worker process and of everything it starts
_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36


def adopt_orphans() -> None:
    """Make this process the parent of whatever its descendants leave behind (Linux)."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Have this process killed when its parent dies (Linux)."""
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def kill_tree(root: int) -> None:
    """Kill a process and everything that descends from it, however it has arranged its groups and sessions."""
    _kill(root, signal.SIGSTOP)  # it must not start more while we look
    doomed = _descendants({root})
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(root, signal.SIGKILL)
    for pid in (root, *doomed):
        _kill(pid, signal.SIGKILL)


def kill_leftovers(mark: str, keep: set[int]) -> None:
    """Kill the children of this process that bear a mark, with what descends from them, but for those to `keep`."""
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    for pid in _children().get(os.getpid(), []):
        if pid not in keep and wanted in _environment(pid):
            kill_tree(pid)


def _descendants(roots: set[int]) -> list[int]:
    children = _children()
    found: list[int] = []
    todo = list(roots)
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
                parent = int(stat.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    return children


def _environment(pid: int) -> list[bytes]:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environment:
        return environment.read().split(b"\0")
    return []


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _prctl(what: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(what, value, 0, 0, 0)
