"""What is written under ``ssh:`` and who is asked: errors with remedies, no secrets in files,
questions on the terminal.
"""

from __future__ import annotations

import os
import pickle
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui.config.loading import parse_config
from enchanted_tui.executors.slurm.ssh.authentication import Secrets
from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from enchanted_tui.executors.slurm.ssh.connection_errors import ConnectionLost, LogInFailed
from enchanted_tui.executors.slurm.ssh.host_config import look_up
from enchanted_tui.executors.slurm.ssh.questions import set_asker
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings
from helpers.ssh.interactive_server import InteractiveServer
from helpers.ssh.people import Person, settings_for
from helpers.ssh.sshd import Sshd, make_key


def problems_in(written: Any) -> list[tuple[str, str]]:
    """Give (key below ``ssh``, sentence) of what is said of a configuration with these settings."""
    executor = {"type": "SlurmExecutor", "ssh": written}
    _, found = parse_config(yaml.safe_dump({"executors": {"e": executor}}), "c.yaml")
    at = "executors.e.ssh"
    assert all(problem.line for problem in found)
    return [
        (problem.key.removeprefix(at).removeprefix("."), problem.message)
        for problem in found
        if problem.key.startswith(at)
    ]


@pytest.mark.parametrize(
    ("written", "key", "sentence"),
    [
        ({}, "host", "is required"),
        ([7], "", "expected text or a mapping, found a list of 1 value"),
        ("me@a", "", "write the user under `user`"),
        ({"host": "a", "prot": 22}, "prot", "did you mean 'port'"),
        ({"host": "a", "password": "hunter2"}, "password", "secrets do not belong into a file"),
        ({"host": "a", "port": "22"}, "port", "expected an integer"),
        ({"host": "a", "port": 0}, "port", "expected an integer >= 1 and <= 65535, found 0"),
        ({"host": "a", "port": 65536}, "port", "found 65536"),
        ({"host": "a", "port": True}, "port", "expected an integer"),
        ({"host": "a", "keep_alive": 0}, "keep_alive", "expected a number > 0, found 0"),
        ({"host": "a", "keep_alive": float("nan")}, "keep_alive", "expected a number"),
        ({"host": "a", "user": 12}, "user", "expected text"),
        ({"host": "a", "key_filename": "id_rsa"}, "key_filename", "expected an absolute path"),
        (
            {"host": "a", "transport": "telnet"},
            "transport",
            "expected one of 'paramiko', 'openssh'",
        ),
        ({"host": "-oProxyCommand=evil"}, "host", "is no host name"),
        ({"host": "me@a"}, "host", "write the user under `user`"),
        ({"host": "a", "user": "-l"}, "user", "is no account name"),
        ({"host": "a", "proxy_jump": "-oX=y"}, "proxy_jump", "expected [user@]host"),
        ({"host": "a", "prologue": ["a", 3]}, "prologue[1]", "expected text"),
    ],
)
def test_what_is_wrong_is_said(written: Any, key: str, sentence: str) -> None:
    """Protects the user's time, and ``ssh`` from being given options in the guise of values."""
    found = problems_in(written)
    assert [place for place, _ in found] == [key] and sentence in found[0][1]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    "written",
    [
        "lumi",
        "lumi.csc.fi",
        "192.0.2.7",
        "::1",
        {"host": "lumi", "port": 2222, "proxy_jump": "me@gate:22,b", "user": None},
    ],
)
def test_what_is_right(written: Any) -> None:
    """Protects the short forms: a host alone is enough."""
    assert not problems_in(written)
    assert SshSettings.of(written).host == (written if isinstance(written, str) else "lumi")


def test_paths_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects configurations that several people share."""
    monkeypatch.setenv("KEYS", "/keys")
    settings = SshSettings.of(
        {
            "host": "a",
            "key_filename": ["~/k", "$KEYS/k"],
            "known_hosts": "~/kh",
            "prologue": ". /etc/profile\nml slurm",
        }
    )
    assert settings.key_filenames == [os.path.expanduser("~/k"), "/keys/k"]
    assert settings.known_hosts == os.path.expanduser("~/kh")
    assert settings.prologue == [". /etc/profile", "ml slurm"]


def test_several_jump_hosts(tmp_path: Path) -> None:
    """Protects the order of hosts to go through, and what is said of each elsewhere."""
    config = tmp_path / "config"
    config.write_text(
        "Host gate\n  HostName gate.example\n  ProxyJump outer\nHost inner\n  Port 2200\n  User"
        " me\n"
    )
    target = look_up(
        SshSettings(host="inner", proxy_jump="gate,you@second:99", config_file=str(config))
    )
    assert (target.host, target.port, target.user) == ("inner", 2200, "me")
    assert [(jump.host, jump.port) for jump in target.jumps] == [
        ("outer", 22),
        ("gate.example", 22),
        ("second", 99),
    ]
    assert target.jumps[2].user == "you" and target.known_name == "[inner]:2200"


def test_no_ssh_program(sshd: Sshd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Protects laptops without OpenSSH: the configuration is read all the same."""
    config = tmp_path / "config"
    config.write_text(
        f"Host cluster\n  HostName 127.0.0.1\n  Port {sshd.port}\n  IdentityFile {sshd.user_key}\n "
        " HostKeyAlias c\n"
    )
    sshd.known_hosts.write_text(sshd.known_hosts_line().replace(f"[127.0.0.1]:{sshd.port}", "c"))
    monkeypatch.setattr("shutil.which", lambda name: None)
    settings = SshSettings(
        host="cluster",
        config_file=str(config),
        known_hosts=str(sshd.known_hosts),
        identity_agent="none",
    )
    connection = SshConnection(settings, Person())
    assert connection.run(["echo", "in"])[1] == b"in\n"
    connection.close()


# -- questions -------------------------------------------------------------------------------------


def test_the_app_is_asked_where_there_is_one(tmp_path: Path) -> None:
    """Protects the app's place: it names itself once, and every connection asks it."""
    person = Person("42")
    before = set_asker(person)
    try:
        with InteractiveServer(
            tmp_path / "server", ["publickey", "keyboard-interactive"], codes=["42"]
        ) as server:
            connection = SshConnection(settings_for(server))
            assert connection.run(["echo", "in"])[1] == b"in\n"
            connection.close()
    finally:
        assert set_asker(before) is person
    assert len(person.asked) == 1


SCRIPT = """\
from enchanted_tui.executors.slurm.ssh.questions import Question, ask
print("got", repr(ask(Question("code", "Code:", "h"))), repr(ask(Question("host key", "Trust?", "h", echo=True))))
"""


def test_headless_asks_on_the_terminal(tmp_path: Path) -> None:
    """Protects headless campaigns in a terminal: codes are typed unseen, even with both ends of a
    pipe elsewhere.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(
            sys.executable,
            [
                sys.executable,
                "-c",
                f"import sys; sys.stdout = open({str(tmp_path / 'out')!r}, 'w')\n{SCRIPT}",
            ],
        )
    shown = _read_until(terminal, b"Code:")
    os.write(terminal, b"s3cret\n")
    shown += _read_until(terminal, b"Trust?")
    os.write(terminal, b"yes\n")
    os.waitpid(pid, 0)
    assert (tmp_path / "out").read_text() == "got 's3cret' 'yes'\n"
    assert b"s3cret" not in shown


def _read_until(terminal: int, text: bytes) -> bytes:
    shown, end = b"", time.monotonic() + 20
    while text not in shown:
        assert time.monotonic() < end
        shown += os.read(terminal, 1024)
    return shown


def test_nobody_is_there() -> None:
    """Protects batch jobs: without a terminal nothing is read from standard input, and nothing
    waits.
    """
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input="not an answer\n",
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("got None None\n", "")


# -- secrets ---------------------------------------------------------------------------------------


def test_secrets_stay_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Protects secrets: in no file, message, log, notice or process list, whether a log-in succeeds
    or fails.
    """
    caplog.set_level("DEBUG")
    secret, code, phrase = "Sw0rdf1sh-pass", "914-code-914", "Sw0rdf1sh-phrase"
    texts: list[str] = []
    with InteractiveServer(
        tmp_path / "server", ["password", "keyboard-interactive"], password=secret, codes=[code]
    ) as server:
        for answers in (
            [secret, "wrong-Sw0rdf1sh", "wrong-Sw0rdf1sh", "wrong-Sw0rdf1sh"],
            [secret, None],
        ):
            with pytest.raises(LogInFailed) as failed:
                SshConnection(settings_for(server, key_filename=None), Person(*answers))
            texts.append(f"{failed.value} {failed.value!r} {failed.value.__cause__!r}")
        connection = SshConnection(settings_for(server, key_filename=None), Person(secret, code))
        connection.run(["env"])
        server.cut()
        with pytest.raises(ConnectionLost) as lost:
            connection.run(["true"])
        texts += [
            repr(lost.value),
            str(connection.state),
            repr(vars(connection)),
            repr(vars(connection.settings)),
        ]
        connection.close()
        texts.append(" ".join(server.commands))
    key = make_key(tmp_path / "locked", passphrase=phrase)
    with Sshd(tmp_path / "sshd") as sshd, pytest.raises(LogInFailed) as failed:
        SshConnection(settings_for(sshd, key_filename=str(key)), Person(phrase))
    texts += [str(failed.value), caplog.text, *capfd.readouterr()]
    said = "\n".join(texts) + "\n".join(
        path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()
    )
    for hidden in (secret, "914", phrase, "wrong-Sw0rdf1sh"):
        assert hidden not in said


def test_secrets_cannot_be_written_down() -> None:
    """Protects secrets from being sent to a worker or stored by accident."""
    secrets = Secrets(passwords={("me", "host"): "hunter2"})
    assert "hunter2" not in repr(secrets)
    with pytest.raises(TypeError):
        pickle.dumps(secrets)


def test_paramiko_is_imported_when_a_connection_is_made() -> None:
    """Protects start-up: checking a configuration with ``ssh`` does not import the library."""
    modules = ", ".join(
        f"enchanted_tui.executors.slurm.ssh.{name}"
        for name in ("ssh_transport", "paramiko_link", "openssh_link", "ssh_options")
    )
    code = f"import sys, {modules}\nassert not {{'paramiko', 'cryptography'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
