"""How a log-in goes, and how it fails: in seconds, in one sentence, with the remedy."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from enchanted_tui.executors.slurm.ssh.connection_errors import (
    ConnectionFailed,
    ConnectionLost,
    HostKeyRejected,
    LogInFailed,
)
from helpers.marks import in_full
from helpers.ssh.interactive_server import InteractiveServer
from helpers.ssh.people import Person
from helpers.ssh.sshd import USER, Sshd, make_key

Connect = Callable[..., SshConnection]

_PROXY = """\
import os, socket, sys, threading
there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
threading.Thread(target=lambda: [there.sendall(data) for data in iter(lambda: os.read(0, 65536), b"")], daemon=True).start()
for data in iter(lambda: there.recv(65536), b""):
    os.write(1, data)
"""


def test_commands_share_one_log_in(sshd: Sshd, connect: Connect) -> None:
    """Protects the user's account: sites ban workstations that log in for every command."""
    connection = connect(sshd)
    for number in range(5):
        assert connection.run(["echo", str(number)]) == (0, f"{number}\n".encode(), b"")
    assert sshd.log_ins == 1
    assert connection.round_trips == 5


# -- host keys -------------------------------------------------------------------------------------


def test_unknown_host_key_says_what_to_compare(sshd: Sshd, connect: Connect) -> None:
    """Protects against somebody in the middle: nothing is sent to a host that nobody vouches
    for.
    """
    sshd.known_hosts.write_text("")
    with pytest.raises(
        HostKeyRejected,
        match=(
            r"not known; compare the fingerprint SHA256:\S+ .* with the one that the site publishes"
        ),
    ):
        connect(sshd)
    assert sshd.log_ins == 0


def test_host_key_is_trusted_when_a_person_says_so(sshd: Sshd, connect: Connect) -> None:
    """Protects the first use: the question shows the real fingerprint, a yes is kept for the next
    time, a no is not.
    """
    sshd.known_hosts.write_text("# mine, without an end of line")
    refusing, agreeing = Person("no"), Person("yes")
    with pytest.raises(HostKeyRejected):
        connect(sshd, refusing)
    connect(sshd, agreeing).run(["true"])
    shown = subprocess.run(
        ["ssh-keygen", "-lf", f"{sshd.host_key}.pub"], capture_output=True, text=True, check=True
    ).stdout
    (question,) = agreeing.asked
    assert (question.kind, question.echo) == ("host key", True)
    assert shown.split()[1] in question.prompt
    assert (
        sshd.known_hosts.read_text() == "# mine, without an end of line\n" + sshd.known_hosts_line()
    )
    never_asked = Person()
    connect(sshd, never_asked).run(["true"])
    assert not never_asked.asked


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_changed_host_key_is_refused(
    sshd: Sshd, connect: Connect, tmp_path: Path, kind: str
) -> None:
    """Protects against somebody in the middle: a host with another key, of the same kind or
    another, is never asked about nor let in.
    """
    other = Path(f"{make_key(tmp_path / 'other', kind)}.pub").read_text().split()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {other[0]} {other[1]}\n")
    person = Person("yes")
    with pytest.raises(
        HostKeyRejected,
        match=(
            r"is not the known one.*line 1 of .*known_hosts.*ssh-keygen -f \S+known_hosts -R '\[127"
        ),
    ):
        connect(sshd, person)
    assert not person.asked


def test_remedy_for_a_changed_key_works(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects the user's time: the command in the message forgets the old key."""
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text().split()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {other[0]} {other[1]}\n")
    with pytest.raises(HostKeyRejected) as refused:
        connect(sshd)
    subprocess.run(
        ["sh", "-c", str(refused.value).rpartition(": ")[2]], check=True, capture_output=True
    )
    connect(sshd, Person("yes")).run(["true"])


@pytest.mark.parametrize("transport", ["paramiko", "openssh"])
@pytest.mark.parametrize("alias", ["", "  HostKeyAlias the-cluster\n"], ids=["", "alias"])
def test_remedy_for_an_unknown_key_works(
    sshd: Sshd, connect: Connect, tmp_path: Path, transport: str, alias: str
) -> None:
    """Protects the user's time: the command in the message makes the key known where it is looked
    for, under the name it is looked for.
    """
    config, known = tmp_path / "my config", tmp_path / "my known hosts"
    config.write_text(f"Host cluster\n  HostName 127.0.0.1\n  Port {sshd.port}\n{alias}")
    options = {
        "host": "cluster",
        "port": None,
        "config_file": str(config),
        "known_hosts": str(known),
        "transport": transport,
    }
    with pytest.raises(HostKeyRejected, match="is not known") as refused:
        connect(sshd, **options)
    command = str(refused.value).rpartition("log in once: ")[2]
    by_hand = f"{command} -o StrictHostKeyChecking=accept-new -o BatchMode=yes true"
    subprocess.run(["sh", "-c", by_hand], check=True, capture_output=True, timeout=20)
    connect(sshd, **options).run(["true"])


@pytest.mark.parametrize("line", ["@revoked * {key}\n{host} {key}\n", "@revoked {host} {key}\n"])
def test_revoked_host_key_is_refused(sshd: Sshd, connect: Connect, line: str) -> None:
    """Protects against a stolen host key."""
    host, key = sshd.known_hosts_line().split(" ", 1)
    sshd.known_hosts.write_text(line.format(host=host, key=key.strip()))
    with pytest.raises(HostKeyRejected, match="revoked"):
        connect(sshd, Person("yes"))


@pytest.mark.parametrize(
    "pattern", ["[127.0.0.*]:*", "[127.0.0.?]:{port}", "elsewhere,[127.0.0.1]:{port}"]
)
def test_patterns_of_known_hosts_are_understood(sshd: Sshd, connect: Connect, pattern: str) -> None:
    """Protects sites that publish one line for all their login nodes."""
    key = sshd.known_hosts_line().split(" ", 1)[1]
    sshd.known_hosts.write_text(f"{pattern.format(port=sshd.port)} {key}")
    connect(sshd).run(["true"])


def test_excluded_hosts_are_not_known(sshd: Sshd, connect: Connect) -> None:
    """Protects what ``!`` means in a file of known hosts."""
    host, key = sshd.known_hosts_line().split(" ", 1)
    sshd.known_hosts.write_text(f"*,!{host} {key}")
    with pytest.raises(HostKeyRejected, match="not known"):
        connect(sshd)


def test_hashed_known_hosts_are_understood(sshd: Sshd, connect: Connect) -> None:
    """Protects users of Debian and others, where the names in known_hosts are hashed."""
    subprocess.run(
        ["ssh-keygen", "-q", "-H", "-f", str(sshd.known_hosts)], check=True, capture_output=True
    )
    assert "127.0.0.1" not in sshd.known_hosts.read_text()
    connect(sshd).run(["true"])


def test_key_of_the_known_kind_is_asked_for(tmp_path: Path, connect: Connect) -> None:
    """Protects users of hosts with several keys: the one that is known is compared, whichever the
    server would rather show.
    """
    rsa = make_key(tmp_path / "rsa", "rsa")
    server = Sshd(tmp_path / "server", HostKey=f"{tmp_path / 'server' / 'host_key'}\nHostKey {rsa}")
    kind, key, *_ = Path(f"{rsa}.pub").read_text().split()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {kind} {key}\n")
    with server:
        connect(server).run(["true"])


# -- the network -----------------------------------------------------------------------------------


def test_refused_port(sshd: Sshd, connect: Connect) -> None:
    """Protects the user's time: a wrong port, or a server that is down."""
    sshd.stop()
    with pytest.raises(
        ConnectionFailed, match=r"port \d+ refused the connection; check host and port"
    ):
        connect(sshd)


def test_wrong_host(sshd: Sshd, connect: Connect) -> None:
    """Protects the user's time: a name that does not exist."""
    with pytest.raises(
        ConnectionFailed, match=r"no host is called 'nowhere\.invalid'; correct the host"
    ):
        connect(sshd, host="nowhere.invalid")


def test_silent_server(sshd: Sshd, connect: Connect, capfd: pytest.CaptureFixture[str]) -> None:
    """Protects the user's time: a server that accepts and says nothing is given up in time, without
    a traceback on the terminal.
    """
    sshd.freeze()
    begun = time.monotonic()
    with pytest.raises(ConnectionFailed, match="no SSH server answers"):
        connect(sshd, connect_timeout=1.0)
    assert time.monotonic() - begun < 5
    assert capfd.readouterr().err == ""


# -- keys ------------------------------------------------------------------------------------------


def test_refused_key_names_what_was_tried(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects the user's time: which keys were tried, and what the server takes."""
    other = make_key(tmp_path / "other")
    with pytest.raises(
        LogInFailed,
        match=(
            rf"permission denied for {USER} on .*tried {other}; the server accepts publickey. Set"
            r" user"
        ),
    ):
        connect(sshd, key_filename=str(other))


def test_encrypted_key_is_unlocked_by_a_person(
    sshd: Sshd, connect: Connect, tmp_path: Path
) -> None:
    """Protects keys with a passphrase: asked for, asked again when wrong, and not once more after
    the connection was lost.
    """
    key = make_key(tmp_path / "locked", passphrase="open sesame")
    sshd.authorized_keys.write_text(Path(f"{key}.pub").read_text())
    person = Person("wrong", "open sesame")
    connection = connect(sshd, person, key_filename=str(key))
    assert [question.kind for question in person.asked] == ["passphrase", "passphrase"]
    assert "Wrong passphrase" in person.asked[1].prompt and not person.asked[1].echo
    sshd.cut()
    _run_until_connected(connection)
    assert len(person.asked) == 2 and sshd.log_ins == 2


def test_encrypted_key_without_a_person(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects headless campaigns: a key that nobody unlocks is a clear stop."""
    key = make_key(tmp_path / "locked", passphrase="open sesame")
    with pytest.raises(LogInFailed, match=f"cannot be unlocked or read here: {key}"):
        connect(sshd, key_filename=str(key))


@pytest.mark.parametrize("kind", ["ecdsa", *in_full("rsa")])
def test_other_kinds_of_keys(sshd: Sshd, connect: Connect, tmp_path: Path, kind: str) -> None:
    """Protects users with older keys."""
    key = make_key(tmp_path / kind, kind, "secret")
    sshd.authorized_keys.write_text(Path(f"{key}.pub").read_text())
    assert connect(sshd, Person("secret"), key_filename=str(key)).run(["echo", "in"])[1] == b"in\n"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    """An agent of the test's own."""
    path = Path(f"/tmp/etui-agent-{os.getpid()}")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    while not path.exists():
        time.sleep(0.01)
    yield path
    process.terminate()
    process.wait()
    path.unlink(missing_ok=True)


def test_agent_key(sshd: Sshd, connect: Connect, agent: Path) -> None:
    """Protects users of agents: the key never leaves it."""
    subprocess.run(
        ["ssh-add", "-q", str(sshd.user_key)],
        env={**os.environ, "SSH_AUTH_SOCK": str(agent)},
        check=True,
    )
    sshd.user_key.unlink()
    assert (
        connect(sshd, key_filename=None, identity_agent=str(agent)).run(["echo", "in"])[1]
        == b"in\n"
    )


def test_too_many_keys_of_the_agent(
    sshd: Sshd, connect: Connect, agent: Path, tmp_path: Path
) -> None:
    """Protects users with many keys: the one that is named comes first, and without a name the
    message says what to do.
    """
    for number in range(8):
        subprocess.run(
            ["ssh-add", "-q", str(make_key(tmp_path / f"k{number}"))],
            env={**os.environ, "SSH_AUTH_SOCK": str(agent)},
            check=True,
        )
    connect(sshd, identity_agent=str(agent)).run(["true"])
    with pytest.raises(
        LogInFailed, match=r"after too many keys .*; name the right one as key_filename"
    ):
        connect(sshd, key_filename=None, identity_agent=str(agent))


# -- jump hosts and configuration ------------------------------------------------------------------


def test_jump_host(tmp_path: Path, connect: Connect) -> None:
    """Protects users outside the site's network: through a gateway, each host with its own key and
    its own check of host keys.
    """
    person = Person("yes")
    with Sshd(tmp_path / "gateway") as gateway, Sshd(tmp_path / "server") as server:
        config = tmp_path / "config"
        config.write_text(
            f"Host gateway\n  HostName 127.0.0.1\n  Port {gateway.port}\n  IdentityFile"
            f" {gateway.user_key}\n  UserKnownHostsFile {tmp_path / 'empty'}\nHost 127.0.0.1\n "
            f" UserKnownHostsFile {server.known_hosts}\n"
        )
        connection = connect(
            server, person, proxy_jump="gateway", config_file=str(config), known_hosts=None
        )
        assert connection.run(["echo", "in"])[1] == b"in\n"
        assert (gateway.log_ins, server.log_ins) == (1, 1)
        (question,) = person.asked
        assert (
            "gateway" in question.prompt
            and (tmp_path / "empty").read_text() == gateway.known_hosts_line()
        )
        gateway.cut()
        _run_until_connected(connection)
        assert (gateway.log_ins, server.log_ins) == (2, 2)


def test_jump_host_that_does_not_reach_the_server(tmp_path: Path, connect: Connect) -> None:
    """Protects the user's time: which of the two hosts is the trouble."""
    with Sshd(tmp_path / "gateway") as gateway:
        config = tmp_path / "config"
        config.write_text(
            f"Host gateway\n  HostName 127.0.0.1\n  Port {gateway.port}\n  IdentityFile"
            f" {gateway.user_key}\n"
        )
        with pytest.raises(
            ConnectionFailed,
            match=(
                r"gateway \(127.0.0.1\), port \d+ cannot reach it: no connection to 127.0.0.1,"
                r" port 9;"
            ),
        ):
            connect(gateway, port=9, proxy_jump="gateway", config_file=str(config))


def test_configuration_of_openssh_is_used(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects what the user has already set up: a bare name, patterns, included files, aliases of
    host keys.
    """
    (tmp_path / "more").write_text(
        f"Host clus*\n  Port {sshd.port}\n  IdentityFile {sshd.user_key}\n"
    )
    sshd.known_hosts.write_text(
        sshd.known_hosts_line().replace(f"[127.0.0.1]:{sshd.port}", "cluster-alias")
    )
    config = tmp_path / "config"
    config.write_text(
        f"Include {tmp_path / 'more'}\nHost cluster\n  HostName 127.0.0.1\n  User {USER}\n "
        f" HostKeyAlias cluster-alias\n  UserKnownHostsFile {sshd.known_hosts}\nMatch host other\n "
        " User nobody\n"
    )
    connection = connect(
        sshd,
        host="cluster",
        port=None,
        key_filename=None,
        known_hosts=None,
        config_file=str(config),
    )
    assert connection.run(["echo", "in"])[1] == b"in\n"


def test_proxy_command(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects sites that are reached through a program."""
    config = tmp_path / "config"
    (tmp_path / "proxy.py").write_text(_PROXY)
    config.write_text(f"Host *\n  ProxyCommand python3 {tmp_path / 'proxy.py'} %h %p\n")
    assert connect(sshd, config_file=str(config)).run(["echo", "in"])[1] == b"in\n"
    config.write_text("Host *\n  ProxyCommand exit 1\n")
    with pytest.raises(ConnectionFailed, match="through the ProxyCommand 'exit 1'; try it by hand"):
        connect(sshd, config_file=str(config))


# -- questions -------------------------------------------------------------------------------------


def test_password(tmp_path: Path, connect: Connect) -> None:
    """Protects sites with passwords: asked for, asked again when wrong, kept in memory for the next
    log-in.
    """
    with InteractiveServer(tmp_path / "server", ["password"], password="s3cret") as server:
        person = Person("wrong", "s3cret")
        connection = connect(server, person, key_filename=None)
        assert [question.kind for question in person.asked] == ["password", "password"]
        server.cut()
        _run_until_connected(connection)
        assert server.log_ins == 2 and len(person.asked) == 2


def test_key_and_one_time_code(tmp_path: Path, connect: Connect) -> None:
    """Protects sites with two factors: the server's words reach the person, each log-in asks for a
    code of its own.
    """
    with InteractiveServer(
        tmp_path / "server", ["publickey", "keyboard-interactive"], codes=["111111", "222222"]
    ) as server:
        person = Person("000000", "111111", "222222")
        connection = connect(server, person)
        wrong, right = person.asked
        assert (wrong.kind, wrong.echo) == ("code", False)
        assert "Look at your token.\nOne-time code:" in wrong.prompt
        assert "not accepted" in right.prompt
        server.cut()
        _run_until_connected(connection)
        assert server.log_ins == 2 and len(person.asked) == 3


def test_code_that_nobody_gives(tmp_path: Path, connect: Connect) -> None:
    """Protects headless campaigns at sites with two factors: a clear stop at once, not a log-in
    that is tried again and again.
    """
    with InteractiveServer(
        tmp_path / "server", ["publickey", "keyboard-interactive"], codes=["1"]
    ) as server:
        with pytest.raises(
            LogInFailed,
            match=(
                r"asks .* for a code or password and nobody answered; resume the campaign in a"
                r" terminal"
            ),
        ):
            connect(server)
        assert server.questions == 1


def test_password_then_code(tmp_path: Path, connect: Connect) -> None:
    """Protects sites that ask for a password first and for a code then."""
    with InteractiveServer(
        tmp_path / "server", ["password", "keyboard-interactive"], password="pw", codes=["1"]
    ) as server:
        person = Person("pw", "1")
        assert connect(server, person, key_filename=None).run(["echo", "in"])[1] == b"in\n"
        assert [question.kind for question in person.asked] == ["password", "code"]


def _run_until_connected(connection: SshConnection) -> None:
    """Notice that the connection is gone, and wait until it is back."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            assert connection.run(["echo", "again"], timeout=5)[1] == b"again\n"
            if connection.state.log_ins > 1:
                return
        except ConnectionLost:
            connection.kept.wait(10)
    raise AssertionError(f"not connected again: {connection.state}")
