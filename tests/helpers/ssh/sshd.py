"""A real OpenSSH server for a test: own keys, own configuration, own port, stopped at the end."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")
USER = getpass.getuser()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def make_key(file: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    command = [
        "ssh-keygen",
        "-q",
        "-t",
        kind,
        "-N",
        passphrase,
        "-C",
        f"test-{file.name}",
        "-f",
        str(file),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return file


class Sshd:
    """One sshd below `directory`, listening on a port of 127.0.0.1."""

    def __init__(self, directory: Path, **options: str) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.host_key = make_key(directory / "host_key")
        self.user_key = make_key(directory / "user_key")
        self.authorized_keys = directory / "authorized_keys"
        shutil.copy(f"{self.user_key}.pub", self.authorized_keys)
        self.log = directory / "sshd.log"
        self.known_hosts = directory / "known_hosts"
        self.known_hosts.write_text(self.known_hosts_line())
        self.options = options
        self._process: subprocess.Popen[bytes] | None = None

    def known_hosts_line(self) -> str:
        kind, key, *_ = Path(f"{self.host_key}.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    def start(self) -> Sshd:
        if os.getuid() == 0:  # compiled into sshd as the directory it separates privileges in
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        options = {
            "Port": str(self.port),
            "ListenAddress": "127.0.0.1",
            "HostKey": str(self.host_key),
            "PidFile": "none",
            "AuthorizedKeysFile": str(self.authorized_keys),
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "yes",
            "LogLevel": "VERBOSE",
            "MaxStartups": "200",
            "UseDNS": "no",
            **self.options,
        }
        config = self.directory / "sshd_config"
        config.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(SSHD), "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stderr=log,
                stdout=log,
                start_new_session=True,
            )
        wait_until_listening(self.port, self._process, self.log)
        return self

    def stop(self) -> None:
        """End the server and every session of it."""
        if self._process is None:
            return
        sessions = self.sessions()
        # with what was just forked and still holds the port
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for session in sessions:
            _kill(session)
        self._process = None

    def sessions(self) -> list[psutil.Process]:
        """The processes that serve connections, and what they run."""
        if self._process is None:
            return []
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def cut(self) -> None:
        """Cut every connection; the server goes on listening, commands go on running."""
        for process in self.sessions():
            if is_sshd(process):
                _kill(process)

    def freeze(self, stopped: bool = True) -> None:
        """Stop all of it as a network that drops every packet would, or let it go on."""
        assert self._process is not None
        for process in [psutil.Process(self._process.pid), *self.sessions()]:
            with contextlib.suppress(psutil.NoSuchProcess):  # a session may end meanwhile
                if is_sshd(process):
                    process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)

    @property
    def log_ins(self) -> int:
        """How many log-ins there were, by the server's own log."""
        return len(re.findall(r"Accepted \S+ for ", self.log.read_text()))

    def __enter__(self) -> Sshd:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 10
    while True:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.02)


def is_sshd(process: psutil.Process) -> bool:
    try:
        return bool(process.name().startswith("sshd"))
    except psutil.NoSuchProcess:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGCONT)
        process.kill()
    except psutil.NoSuchProcess:
        pass
