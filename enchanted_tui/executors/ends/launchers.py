"""Programs whose work lives outside of the tree of processes that they head: on other nodes, or as
children of a daemon.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from enchanted_tui.executors.ends.processes import Process, environment_of

#: How the names of such programs begin, as the kernel shows them.
_NAMES = (
    *(
        "srun",
        "salloc",
        "sbatch",
        "mpirun",
        "mpiexec",
        "orterun",
        "prterun",
        "prun",
        "orted",
        "prted",
        "hydra",
    ),
    *("aprun", "jsrun", "lrun", "flux", "ssh", "rsh", "docker", "podman"),
)
_SERVERS = ("ssh-agent", "sshd", "sshfs", "ssh-add", "ssh-keygen", "dockerd")


class Launcher(NamedTuple):
    """A launcher as it was when it was seen first: later nobody can ask it."""

    process: Process
    argv: tuple[str, ...]
    environment: dict[str, str]
    directory: str
    ports: tuple[int, int] | None  #: of its one connection, here and there

    @property
    def job(self) -> str:
        """The job of SLURM that its work is a step of; nothing if it is none, or a job of its
        own.
        """
        for index, argument in enumerate(self.argv):
            if argument.startswith("--jobid="):
                return argument.partition("=")[2]
            if argument == "--jobid" and index + 1 < len(self.argv):
                return self.argv[index + 1]
        return self.environment.get("SLURM_JOB_ID") or self.environment.get("SLURM_JOBID", "")


def is_launcher(process: Process) -> bool:
    """Tell whether work of this process may live where nobody sees that it descends from it."""
    return process.name.startswith(_NAMES) and not process.name.startswith(_SERVERS)


def look_closely(process: Process) -> Launcher:
    """Return what has to be known of a launcher once it has gone."""
    argv: tuple[str, ...] = ()
    directory = "/"
    with contextlib.suppress(OSError), open(f"/proc/{process.pid}/cmdline", "rb") as file:
        argv = tuple(map(os.fsdecode, file.read().split(b"\0")[:-1]))
    with contextlib.suppress(OSError):
        directory = os.readlink(f"/proc/{process.pid}/cwd")
    entries = (entry.partition(b"=") for entry in environment_of(process.pid) if b"=" in entry)
    environment = {os.fsdecode(name): os.fsdecode(value) for name, _, value in entries}
    environment = environment or dict(os.environ)  # it is just ending, and had what we have
    ports = _ports(process.pid) if process.name == "ssh" else None
    return Launcher(process, argv, environment, directory, ports)


def _ports(pid: int) -> tuple[int, int] | None:
    """Return the local and the remote port of the first TCP connection of a process; None if it has
    none.
    """
    inodes = set()
    with contextlib.suppress(OSError):
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
                if target.startswith("socket:["):
                    inodes.add(target[len("socket:[") : -1])
    for table in ("tcp", "tcp6"):
        with (
            contextlib.suppress(OSError),
            open(f"/proc/{pid}/net/{table}", encoding="ascii") as file,
        ):
            for line in file:
                cells = line.split()
                if len(cells) > 9 and cells[9] in inodes and cells[3] == "01":  # established
                    return int(cells[1].rpartition(":")[2], 16), int(
                        cells[2].rpartition(":")[2], 16
                    )
    return None
