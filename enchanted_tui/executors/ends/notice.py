"""Tell a sample that its job ends soon, by a signal that its code knows.

Whoever does not catch a signal dies by it: a shell in which a code runs would, and leave the code
without its checkpoint. So only processes are told that catch it or wait for it, by what the kernel
says of them, and of each branch the topmost alone: launchers (srun, mpirun) and scripts with a trap
pass it on.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import signal
from collections import defaultdict

from enchanted_tui.executors.ends.launchers import is_launcher
from enchanted_tui.executors.ends.processes import Process, all_processes, look_at, send

#: Shells catch these while a program of theirs runs, and do not pass them on.
_KEYBOARD = (signal.SIGINT, signal.SIGQUIT)
_SHELLS = ("sh", "bash", "dash", "ksh", "zsh")


def tell(worker: int, number: int) -> bool:
    """Send the signal to what runs in the sample of the worker with this process id; tell whether
    there was anybody who hears it. The worker itself is one if its runner catches the signal.
    """
    children: dict[int, list[Process]] = defaultdict(list)
    for process in all_processes().values():
        children[process.parent].append(process)
    first = look_at(worker)
    todo, told = [] if first is None else [first], False
    while todo:
        process = todo.pop()
        if _hears(process, number):
            send(process.pid, number)
            told = True
        else:
            todo += children[process.pid]
    return told


def _hears(process: Process, number: int) -> bool:
    """Tell whether a process does something of its own with a signal; srun blocks it and waits."""
    if number in _KEYBOARD and process.name in _SHELLS:
        return False
    caught, blocked = _masks(process.pid)
    return bool((caught | (blocked if is_launcher(process) else 0)) >> (number - 1) & 1)


def _masks(pid: int) -> tuple[int, int]:
    """Return the signals that a process catches and those that it blocks, as the kernel has
    them.
    """
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            fields = dict(line.split(b":", 1) for line in file.read().splitlines() if b":" in line)
        return int(fields[b"SigCgt"], 16), int(fields[b"SigBlk"], 16)
    except (OSError, KeyError, ValueError):
        return 0, 0
