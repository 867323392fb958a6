"""The system's ``ssh``: the user's own shared connection, or one of ours that leaves nothing
behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from enchanted_tui.executors.slurm.ssh.connection_errors import (
    ConnectionFailed,
    ConnectionLost,
    HostKeyRejected,
    LogInFailed,
)
from helpers.ssh.people import Person
from helpers.ssh.sshd import Sshd, make_key

Connect = Callable[..., SshConnection]


def test_own_shared_connection(sshd: Sshd, connect: Connect) -> None:
    """Protects the user's account: one log-in for all commands, and no process or file left at the
    end.
    """
    connection = connect(sshd, transport="openssh")
    for number in range(5):
        assert connection.run(["sh", "-c", f"cat; echo e{number} >&2; exit {number}"], b"in") == (
            number,
            b"in",
            f"e{number}\n".encode(),
        )
    assert sshd.log_ins == 1
    (master,) = [
        process for process in psutil.Process().children(recursive=True) if process.name() == "ssh"
    ]
    directory = Path(next(part for part in master.cmdline() if part.endswith("/m"))).parent
    assert directory.stat().st_mode & 0o777 == 0o700
    connection.close()
    assert not directory.exists() and not psutil.pid_exists(master.pid)


def test_connection_that_the_user_opened_is_shared(
    sshd: Sshd, connect: Connect, tmp_path: Path
) -> None:
    """Protects users with a ControlMaster: no log-in of our own, and theirs stays open."""
    path = Path(f"/tmp/etui-test-{os.getpid()}")
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n  ControlPath {path}\n  UserKnownHostsFile {sshd.known_hosts}\n  IdentityFile"
        f" {sshd.user_key}\n"
    )
    base = ["ssh", "-F", str(config), "-p", str(sshd.port), "127.0.0.1"]
    subprocess.run([*base, "-M", "-f", "-N"], check=True, stdin=subprocess.DEVNULL)
    try:
        connection = connect(sshd, transport="openssh", config_file=str(config))
        assert connection.run(["echo", "shared"])[1] == b"shared\n"
        connection.close()
        assert sshd.log_ins == 1
        subprocess.run([*base, "-O", "check"], check=True, capture_output=True)
    finally:
        subprocess.run([*base, "-O", "exit"], check=False, capture_output=True)


def test_refused_session_is_no_second_log_in(tmp_path: Path, connect: Connect) -> None:
    """Protects against bans: where the server allows one command at a time, others wait instead of
    logging in once more.
    """
    with Sshd(tmp_path / "server", MaxSessions="1") as server:
        connection = connect(server, transport="openssh")
        codes: list[int] = []
        threads = [
            threading.Thread(target=lambda: codes.append(connection.run(["sleep", "0.5"])[0]))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [0, 0, 0, 0] and server.log_ins == 1


@pytest.mark.parametrize("jump", [False, True])
def test_what_refused_commands_were_given(tmp_path: Path, connect: Connect, jump: bool) -> None:
    """Protects transfers and users with a jump host: a command that has to wait for a session gets
    its whole input once it has one, without another log-in anywhere.
    """
    with (
        Sshd(tmp_path / "server", MaxSessions="1") as server,
        Sshd(tmp_path / "gateway") as gateway,
    ):
        settings = {}
        if jump:
            config = tmp_path / "config"
            config.write_text(
                f"Host gateway\n  HostName 127.0.0.1\n  Port {gateway.port}\n  IdentityFile"
                f" {gateway.user_key}\n  UserKnownHostsFile {gateway.known_hosts}\n"
                f"Host 127.0.0.1\n  UserKnownHostsFile {server.known_hosts}\n"
            )
            settings = {"proxy_jump": "gateway", "config_file": str(config)}
        connection = connect(server, transport="openssh", **settings)
        busy = threading.Thread(target=lambda: connection.run(["sleep", "2"]))
        busy.start()
        time.sleep(0.5)
        found = bytearray()
        chunks = (bytes([65 + number]) * 30_000 for number in range(20))
        assert connection.stream(["cat"], chunks, found.extend, None)[0] == 0
        busy.join()
        assert bytes(found) == b"".join(bytes([65 + number]) * 30_000 for number in range(20))
        assert (server.log_ins, gateway.log_ins) == (1, int(jump))


def test_users_remote_command_is_not_run(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects users whose configuration says what `ssh cluster` runs."""
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n  RemoteCommand echo hi\n  UserKnownHostsFile {sshd.known_hosts}\n"
        f"  IdentityFile {sshd.user_key}\n"
    )
    connection = connect(sshd, transport="openssh", config_file=str(config))
    assert connection.run(["echo", "ours"])[1] == b"ours\n"


def test_dead_supervisor_leaves_no_connection(sshd: Sshd, tmp_path: Path) -> None:
    """Protects login nodes: the shared connection ends with a supervisor that was killed."""
    script = tmp_path / "hold.py"
    script.write_text(
        f"import time\nfrom"
        " enchanted_tui.executors.slurm.ssh.connection import SshConnection\nfrom"
        " enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings\nconnection ="
        f" SshConnection(SshSettings(host='127.0.0.1', port={sshd.port},"
        f" key_filename={str(sshd.user_key)!r}, known_hosts={str(sshd.known_hosts)!r},"
        " config_file='/dev/null', transport='openssh'))\nprint('ready',"
        " flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    masters = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if child.name() == "ssh"
    ]
    (directory,) = {
        Path(part).parent for master in masters for part in master.cmdline() if part.endswith("/m")
    }
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not psutil.wait_procs(masters, timeout=5)[1]
    end = time.monotonic() + 5
    while directory.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_passphrase_is_asked_through_us(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects keys with a passphrase: the question comes to the app, not to a terminal that nobody
    sees.
    """
    key = make_key(tmp_path / "locked", passphrase='open sesame\'s "door"')
    sshd.authorized_keys.write_text(Path(f"{key}.pub").read_text())
    person = Person("wrong", 'open sesame\'s "door"')
    assert (
        connect(sshd, person, transport="openssh", key_filename=str(key)).run(["echo", "in"])[1]
        == b"in\n"
    )
    assert [question.kind for question in person.asked] == ["passphrase", "passphrase"]


def test_unknown_host_key_is_asked_through_us(sshd: Sshd, connect: Connect) -> None:
    """Protects the first use, as with paramiko."""
    sshd.known_hosts.write_text("")
    with pytest.raises(HostKeyRejected, match="is not known; compare it"):
        connect(sshd, Person(), transport="openssh")
    person = Person("yes")
    connect(sshd, person, transport="openssh").run(["true"])
    assert [question.kind for question in person.asked] == [
        "host key"
    ] and "SHA256:" in person.asked[0].prompt


def test_changed_host_key(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects against somebody in the middle."""
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text().split()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {other[0]} {other[1]}\n")
    with pytest.raises(HostKeyRejected, match=r"is not the known one in \S+known_hosts"):
        connect(sshd, Person("yes"), transport="openssh")


def test_failures_are_one_sentence(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects the user's time."""
    with pytest.raises(LogInFailed, match=r"Permission denied .*set user and key_filename"):
        connect(sshd, transport="openssh", key_filename=str(make_key(tmp_path / "other")))
    with pytest.raises(ConnectionFailed, match="Could not resolve hostname"):
        connect(sshd, transport="openssh", host="nowhere.invalid")
    sshd.stop()
    with pytest.raises(ConnectionFailed, match=r"Connection refused.*check host, port"):
        connect(sshd, transport="openssh")


def test_lost_connection(sshd: Sshd, connect: Connect) -> None:
    """Protects campaigns from networks: a command in flight has an unknown outcome, then the
    connection comes back by itself.
    """
    connection = connect(sshd, transport="openssh")
    threading.Timer(0.7, sshd.cut).start()
    with pytest.raises(ConnectionLost) as lost:
        connection.run(["sleep", "30"], timeout=20)
    assert lost.value.may_have_run
    assert connection.kept.wait(20)
    assert connection.run(["echo", "again"])[1] == b"again\n"
    assert sshd.log_ins == 2
