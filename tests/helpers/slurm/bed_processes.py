"""Find and end the processes of a test bed, by what /proc says of them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def stat_of(pid: int) -> tuple[str, int, int] | None:
    """Give (state, parent, start time) of a process, or None."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1]), int(fields[19])


def alive(pid: int, started: int | None = None) -> bool:
    found = stat_of(pid)
    return found is not None and found[0] not in "ZX" and started in (None, found[2])


def all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def name_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def environment_of(pid: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    return ""


def open_files(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            found.add(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
    return found


def descendants(roots: Iterable[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid in all_pids():
        found = stat_of(pid)
        if found is not None:
            children.setdefault(found[1], []).append(pid)
    below: set[int] = set()
    todo = list(roots)
    while todo:
        for child in children.get(todo.pop(), []):
            if child not in below:
                below.add(child)
                todo.append(child)
    return below


def ancestors() -> set[int]:
    """This process and those above it, which must never be killed."""
    above = set()
    pid = os.getpid()
    while pid > 1:
        above.add(pid)
        found = stat_of(pid)
        pid = found[1] if found else 0
    return above


def step_daemons(logs: set[str]) -> set[int]:
    """Give the slurmstepd processes that hold one of these logs open: they have neither parent nor
    environment to be known by.
    """
    return {
        pid
        for pid in all_pids()
        if name_of(pid).startswith("slurmstepd") and logs & open_files(pid)
    }


def processes_of_bed(mark: str, slurm_conf: str, root: str) -> set[int]:
    """Give everything that a bed has started: daemons, their children, steps, jobs, SSH sessions.

    The SSH server writes its title over its environment and has to be known by its command line.
    """
    marked, conf = f"BED_MARK={mark}".encode(), f"SLURM_CONF={slurm_conf}".encode()
    found = set()
    for pid in all_pids():
        environment = environment_of(pid)
        in_a_job = conf in environment and any(
            item.startswith(b"SLURMD_NODENAME=") for item in environment
        )
        if in_a_job or marked in environment or f"{root}/ssh/sshd_config" in command_of(pid):
            found.add(pid)
    found |= step_daemons({str(path) for path in Path(root).glob("log/slurmd.*.log")})
    found |= descendants(found)
    return {pid for pid in found - ancestors() if alive(pid)}


def send(pid: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def wait_for(what: str, test: Callable[[], T], timeout: float = 30.0, step: float = 0.02) -> T:
    """Wait until `test` gives something true, and give that."""
    end = time.monotonic() + timeout
    while True:
        found = test()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"timed out after {timeout:g} s, waiting for {what}")
        time.sleep(step)


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def listening(where: int | str) -> bool:
    """Tell whether somebody listens at a port of this machine or a Unix socket."""
    with socket.socket(socket.AF_INET if isinstance(where, int) else socket.AF_UNIX) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", where) if isinstance(where, int) else where) == 0
