"""A real SLURM cluster with a real SSH server on this machine, private to a test and gone after it.

Everything lies in one directory, every port is free-chosen and bound to 127.0.0.1 (but slurmdbd's,
which has no such setting), so several beds live side by side. It works as root and as an ordinary
user. Outside its directory there are only a short directory for Unix sockets, whose paths are
limited to 107 bytes, and, as root, the empty ``/run/sshd`` that sshd insists on.

    with Bed(tmp_path / "bed") as bed:
        bed.slurm("sbatch", ...)
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpers.slurm.bed_files import (
    CGROUP_CONF,
    Options,
    Places,
    gpu_files,
    gres_conf,
    slurm_conf,
    slurmdbd_conf,
    ssh_config,
    sshd_config,
)
from helpers.slurm.bed_processes import (
    alive,
    all_pids,
    ancestors,
    descendants,
    environment_of,
    free_ports,
    listening,
    name_of,
    processes_of_bed,
    reap,
    send,
    stat_of,
    step_daemons,
    wait_for,
)

_SBIN = ":/usr/sbin:/sbin:/usr/local/sbin"

#: The Debian package of each program.
PACKAGES = {
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "sbatch": "slurm-client",
    "munged": "munge",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
}
ACCOUNTING_PACKAGES = {"slurmdbd": "slurmdbd", "mariadbd": "mariadb-server-core"}


#: Where the kernel's control groups for memory are, of version 1.
MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")


def limits_memory() -> bool:
    """Tell whether a bed can have the kernel enforce the memory of jobs here."""
    return os.access(MEMORY_GROUPS, os.W_OK) and (MEMORY_GROUPS / "memory.limit_in_bytes").exists()


def program(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + _SBIN)


def missing_packages(*, accounting: bool = False) -> list[str]:
    """Name the Debian packages that a bed needs and this machine lacks."""
    needed = {**PACKAGES, **(ACCOUNTING_PACKAGES if accounting else {})}
    return [package for name, package in needed.items() if program(name) is None]


def what_is_missing(*, accounting: bool = False) -> str:
    """Say what to install, or nothing if everything is there."""
    missing = missing_packages(accounting=accounting)
    if not missing:
        return ""
    return (
        "tested against a real SLURM and sshd: apt-get install --no-install-recommends"
        f" {' '.join(missing)} (.ci/run does it)"
    )


class Bed:
    """A cluster that can be started, damaged and ended."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.root = root.resolve()
        self.options = replace(Options(), **options)
        self.mark = uuid.uuid4().hex
        self._guard: subprocess.Popen[bytes] | None = None
        self._daemons: dict[str, tuple[int, int]] = {}  #: by name: process id and start time
        self._short = Path(tempfile.mkdtemp(prefix="bed-", dir="/tmp"))
        self._short.chmod(0o755)
        names = [f"{self.options.prefix}{number}" for number in range(1, self.options.nodes + 1)]
        ports = free_ports(4 + len(names))
        self.places = Places(
            root=str(self.root),
            short=str(self._short),
            user=pwd.getpwuid(os.getuid()).pw_name,
            host=socket.gethostname().split(".")[0],
            controller_port=ports[0],
            database_port=ports[1],
            accounting_port=ports[2],
            ssh_port=ports[3],
            node_ports=dict(zip(names, ports[4:], strict=True)),
        )

    # -- what tests need to know -------------------------------------------------------------------

    def is_quiet_on_ssh(self) -> bool:
        """Tell whether somebody is logged in and runs nothing."""
        below = [name_of(pid) for pid in descendants([self._daemons["sshd"][0]])]
        return bool(below) and all(name.startswith("sshd") for name in below)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to talk to this cluster."""
        return {"SLURM_CONF": self.places.slurm_conf}

    @property
    def work(self) -> Path:
        """A directory for files of jobs."""
        return self.root / "work"

    @property
    def ssh_port(self) -> int:
        return self.places.ssh_port

    @property
    def user(self) -> str:
        return self.places.user

    @property
    def key_file(self) -> Path:
        return self.root / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.root / "ssh" / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        """A configuration of ssh in which the host is called ``bed``."""
        return self.root / "ssh" / "config"

    def slurm(self, *command: str, check: bool = True, timeout: float = 60) -> str:
        """Run one of SLURM's commands and give what it prints."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            command, env=environment, text=True, capture_output=True, timeout=timeout
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def states(self) -> dict[str, str]:
        """Give the state of each node."""
        out = self.slurm("sinfo", "-h", "-N", "-o", "%N %T", check=False)
        return dict(line.split()[:2] for line in out.splitlines())

    # -- up and down -------------------------------------------------------------------------------

    def __enter__(self) -> Bed:
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.down()

    def up(self) -> None:
        """Start everything and wait until the nodes are idle."""
        missing = what_is_missing(accounting=self.options.accounting)
        if missing:
            raise RuntimeError(missing)
        self._write_files()
        self._start_guard()
        self.start("munged")
        if self.options.accounting:
            self._make_database()
            self.start("mariadbd")
            self.start("slurmdbd")
        self.start("slurmctld")
        for node in self.places.node_ports:
            self._spawn(node)
        if self.options.sshd:
            self.start("sshd")
        self.wait_idle()

    def wait_idle(self, timeout: float = 60.0) -> None:
        """Wait until every node can take jobs."""
        usable = {"idle", "mixed", "allocated"}
        nodes = set(self.places.node_ports)
        wait_for(
            "nodes to be idle",
            lambda: {name for name, state in self.states().items() if state in usable} >= nodes,
            timeout,
            0.1,
        )

    def down(self) -> None:
        """End everything that the bed has started, jobs and SSH sessions included, and remove its
        files.
        """
        for name in (
            "slurmctld",
            "sshd",
            *self.places.node_ports,
            "slurmdbd",
            "mariadbd",
            "munged",
        ):
            if name in self._daemons and alive(*self._daemons[name]):
                send(self._daemons[name][0], signal.SIGCONT)
                send(self._daemons[name][0], signal.SIGKILL)

        def kill_rest() -> bool:
            rest = processes_of_bed(self.mark, self.places.slurm_conf, str(self.root))
            for pid in rest:
                send(pid)
            for pid, _ in self._daemons.values():
                reap(pid)
            return not rest

        wait_for("the bed's processes to end", kill_rest)
        if self._guard is not None:
            self._guard.communicate(timeout=60)
        self._remove_control_groups()
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self._short, ignore_errors=True)

    # -- faults ------------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """Kill a daemon: munged, slurmctld, slurmdbd, sshd or a node's name."""
        pid, started = self._daemons[name]
        send(pid, signal.SIGKILL)

        def is_dead() -> bool:
            reap(pid)
            return not alive(pid, started)

        wait_for(f"{name} to die", is_dead)

    def pid(self, name: str) -> int:
        """Give a daemon's process id."""
        return self._daemons[name][0]

    def stop(self, name: str) -> None:
        """Make a daemon hang."""
        send(self._daemons[name][0], signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """End the hang of a daemon."""
        send(self._daemons[name][0], signal.SIGCONT)

    def start(self, name: str) -> None:
        """Start a daemon, unless it runs."""
        if name in self._daemons and alive(*self._daemons[name]):
            return
        self._spawn(name)
        places: dict[str, int | str] = {
            "munged": self.places.munge,
            "slurmctld": self.places.controller_port,
            "sshd": self.places.ssh_port,
            "mariadbd": self.places.database_port,
            "slurmdbd": self.places.accounting_port,
            **self.places.node_ports,
        }
        where = places[name]
        wait_for(f"{name} to listen", lambda: self._is_ready(name, where), 60)

    def crash_node(self, node: str) -> None:
        """Let a node vanish: slurmd first, then the steps, then the jobs; otherwise one would live
        to report the death of another.
        """
        doomed = self._processes_on(node)
        self.kill(node)
        for pid in self._steps([node]):
            send(pid)
        for pid in doomed | self._processes_on(node):
            send(pid)

    def drop_ssh(self) -> None:
        """Cut every open SSH connection; the listener stays, and so do commands that were running
        over it.
        """
        for pid in descendants([self._daemons["sshd"][0]]):
            if name_of(pid).startswith("sshd"):
                send(pid)

    def kill_sshd(self) -> None:
        """Let the SSH server vanish with all its connections."""
        sessions = descendants([self._daemons["sshd"][0]])
        self.kill("sshd")
        for pid in sessions:
            if name_of(pid).startswith("sshd"):
                send(pid)

    # -- inside ------------------------------------------------------------------------------------

    def _start_guard(self) -> None:
        """Have the bed ended also if this process is killed."""
        guard = [
            sys.executable,
            str(Path(__file__).with_name("bed_guard.py")),
            self.mark,
            self.places.slurm_conf,
            str(self.root),
        ]
        self._guard = subprocess.Popen(
            [*guard, str(self._short)], stdin=subprocess.PIPE, start_new_session=True
        )

    def _remove_control_groups(self) -> None:
        for node in self.places.node_ports if self.options.memory_limits else ():
            for directory, _, _ in os.walk(MEMORY_GROUPS / f"slurm_{node}", topdown=False):
                with contextlib.suppress(OSError):
                    Path(directory).rmdir()

    def _write_files(self) -> None:
        root = self.root
        for name in ("etc", "run", "controller", "log", "ssh", "work"):
            (root / name).mkdir(parents=True)
            (root / name).chmod(0o755)
        self.work.chmod(0o1777)
        for node in self.places.node_ports:
            (self._short / "nodes" / node).mkdir(parents=True)
        (root / "etc" / "slurm.conf").write_text(slurm_conf(self.places, self.options))
        for node in self.places.node_ports:
            (self._short / "tmp" / node).mkdir(parents=True)
            (self._short / "tmp" / node).chmod(0o1777)
        names = " ".join([self.places.host, *self.places.node_ports])
        (root / "etc" / "hosts").write_text(f"127.0.0.1 localhost {names}\n")
        if self.options.gpus:
            (root / "gpu").mkdir()
            (root / "etc" / "gres.conf").write_text(gres_conf(self.places, self.options))
            # slurmd wants a character device: another /dev/null
            for path in gpu_files(self.places, self.options):
                os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        if self.options.memory_limits:
            (root / "etc" / "cgroup.conf").write_text(CGROUP_CONF)
        _write_secret(root / "etc" / "slurmdbd.conf", slurmdbd_conf(self.places).encode(), 0o600)
        _write_secret(root / "etc" / "munge.key", os.urandom(128), 0o400)
        if self.options.sshd:
            self._write_ssh_files()

    def _write_ssh_files(self) -> None:
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        directory = self.root / "ssh"
        for name in ("host_ed25519", "id_ed25519"):
            subprocess.run(
                [
                    "ssh-keygen",
                    "-q",
                    "-t",
                    "ed25519",
                    "-N",
                    "",
                    "-C",
                    "bed",
                    "-f",
                    str(directory / name),
                ],
                check=True,
            )
        shutil.copy(directory / "id_ed25519.pub", directory / "authorized_keys")
        host_key = " ".join((directory / "host_ed25519.pub").read_text().split()[:2])
        self.known_hosts.write_text(f"[127.0.0.1]:{self.ssh_port} {host_key}\n")
        (directory / "sshd_config").write_text(sshd_config(self.places, self.options, self.mark))
        self.ssh_config.write_text(ssh_config(self.places))

    def _command(self, name: str) -> list[str]:
        root, short, places = self.root, self._short, self.places
        if name in places.node_ports:
            command = ["slurmd", "-D", "-N", name]
            return self._with_host_name(name, command) if self.options.hostnames else command
        if name == "munged":
            return [
                "munged",
                "--foreground",
                f"--key-file={root}/etc/munge.key",
                f"--socket={places.munge}",
                f"--pid-file={root}/run/munged.pid",
                f"--log-file={root}/log/munged.log",
                f"--seed-file={root}/run/munge.seed",
            ]
        if name == "sshd":
            return ["sshd", "-D", "-e", "-f", f"{root}/ssh/sshd_config"]
        if name == "mariadbd":
            return [
                *(
                    "mariadbd",
                    "--no-defaults",
                    f"--user={places.user}",
                    f"--datadir={root}/sql",
                    f"--socket={short}/sql.s",
                ),
                *(
                    f"--pid-file={root}/run/mariadbd.pid",
                    "--bind-address=127.0.0.1",
                    f"--port={places.database_port}",
                ),
                *(
                    f"--init-file={root}/etc/init.sql",
                    "--innodb-flush-log-at-trx-commit=2",
                    "--skip-log-bin",
                ),
                *(
                    "--innodb-buffer-pool-size=32M",
                    "--innodb-log-file-size=8M",
                    "--innodb-lock-wait-timeout=900",
                ),
                *("--performance-schema=off", "--skip-name-resolve"),
            ]
        return [name, "-D"]

    def _with_host_name(self, node: str, command: list[str]) -> list[str]:
        """Have a command and all it starts see the node's name as host name."""
        script = 'mount --bind "$1" /etc/hosts && hostname "$0" && shift && exec "$@"'
        return [
            "unshare",
            "--uts",
            "--mount",
            "sh",
            "-c",
            script,
            node,
            f"{self.root}/etc/hosts",
            *command,
        ]

    def _spawn(self, name: str) -> None:
        foreign = ("SLURM_", "SBATCH_", "SQUEUE_", "SSH_")
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(foreign)
        }
        environment.update(self.environment, BED_MARK=self.mark)
        command = self._command(name)
        with open(self.root / "log" / f"{name}.out", "ab") as log:
            process = subprocess.Popen(
                [program(command[0]) or command[0], *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.root,
                start_new_session=True,
            )
        process.returncode = 0  # reaped by `reap`; without this, collecting the object warns
        found = stat_of(process.pid)
        self._daemons[name] = process.pid, found[2] if found else 0

    def _is_ready(self, name: str, where: int | str) -> bool:
        pid, started = self._daemons[name]
        reap(pid)
        if not alive(pid, started):
            tail = (self.root / "log" / f"{name}.out").read_text(errors="replace")[-1500:]
            raise RuntimeError(f"{name} died at its start:\n{tail}")
        return listening(where)

    def _make_database(self) -> None:
        """Do what mariadb-install-db does, which needs programs of larger packages."""
        (self.root / "etc" / "init.sql").write_text(
            "CREATE DATABASE IF NOT EXISTS slurm_acct_db;\n"
            "CREATE OR REPLACE USER slurm@'127.0.0.1' IDENTIFIED BY 'slurm';\n"
            "GRANT ALL ON slurm_acct_db.* TO slurm@'127.0.0.1';\n"
        )
        tables = ("system_tables", "performance_tables", "system_tables_data")
        statements = b"CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
        statements += b"".join(
            Path(f"/usr/share/mysql/mysql_{name}.sql").read_bytes() for name in tables
        )
        (self.root / "sql").mkdir(mode=0o700)
        name, *arguments = self._command("mariadbd")
        command = [
            program(name) or name,
            *(argument for argument in arguments if not argument.startswith("--init-file")),
        ]
        with open(self.root / "log" / "bootstrap.out", "wb") as log:
            subprocess.run(
                [*command, "--bootstrap", "--enforce-storage-engine="],
                input=statements,
                check=True,
                stdout=log,
                stderr=log,
                cwd=self.root,
            )

    def _steps(self, nodes: list[str]) -> set[int]:
        return step_daemons({f"{self.root}/log/slurmd.{node}.log" for node in nodes})

    def _processes_on(self, node: str) -> set[int]:
        """Give slurmd's children, steps and job processes of one node."""
        conf, on = (
            f"SLURM_CONF={self.places.slurm_conf}".encode(),
            f"SLURMD_NODENAME={node}".encode(),
        )
        found = self._steps([node]) | descendants([self._daemons[node][0]])
        for pid in all_pids():
            environment = environment_of(pid)
            if conf in environment and on in environment:
                found.add(pid)
        return (found | descendants(found)) - ancestors()


def _write_secret(path: Path, content: bytes, mode: int) -> None:
    path.touch(0o600)
    path.write_bytes(content)
    with contextlib.suppress(PermissionError):
        path.chmod(mode)
