"""What a command is: its arguments and bytes arrive as they are, whatever shell and start-up files
the account has.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from enchanted_tui.executors.slurm.ssh.deadline import Deadline
from enchanted_tui.executors.slurm.ssh.session_limit import Refusals, SessionLimit
from enchanted_tui.executors.slurm.ssh.ssh_transport import SshTransport
from enchanted_tui.executors.slurm.transport import CommandTimeout, FarSideProblem
from helpers.ssh.interactive_server import InteractiveServer
from helpers.ssh.people import settings_for
from helpers.ssh.sshd import Sshd

Connect = Callable[..., SshConnection]

NASTY = [
    "", " ", "a b", "it's", '"', "$HOME", "`id`", "!!", "!x", "a\nb\n", "\\", "\\n", "%s%b", "\\c", "*", "~", ";rm", "&", "|", "#", "\t",
    "-n", "ü€", "\r", "{a,b}", "^x^y", "\x1b[0m", "x" * 20_000,
]  # fmt: skip
PRINT_ARGUMENTS = "import sys; sys.stdout.write(repr(sys.argv[1:]))"


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "tcsh", "csh", "zsh", "fish", "ksh"])
def test_arguments_arrive_under_every_login_shell(
    tmp_path: Path, connect: Connect, shell: str
) -> None:
    """Protects users of csh, fish and others: no login shell sees an argument, so none can misread
    it.
    """
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    with InteractiveServer(tmp_path / "server", ["publickey"], shell=path) as server:
        code, out, err = connect(server).run([sys.executable, "-c", PRINT_ARGUMENTS, *NASTY])
        assert (code, err) == (0, b"")
        assert out.decode() == repr(NASTY)


def test_any_text_arrives(sshd: Sshd, connect: Connect) -> None:
    """Protects against quoting that holds only for the cases somebody thought of."""
    connection = connect(sshd)
    text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(text, min_size=20, max_size=40), st.binary(max_size=3000))
    def check(arguments: list[str], data: bytes) -> None:
        code, out, err = connection.run(
            ["sh", "-c", 'printf "%s\\0" "$@"; cat', "sh", *arguments], data
        )
        assert (code, err) == (0, b"")
        assert out == b"".join(argument.encode() + b"\0" for argument in arguments) + data

    check()


def test_noise_of_start_up_files_is_not_data(tmp_path: Path, connect: Connect) -> None:
    """Protects results from a .bashrc that prints: neither output is touched, nor is the exit
    code.
    """
    forced = (
        'sh -c \'printf "welcome\\nno end of line"; echo stty: not a tty >&2; eval'
        ' "$SSH_ORIGINAL_COMMAND"; echo bye; exit 3\''
    )
    with Sshd(tmp_path / "server", ForceCommand=forced) as server:
        assert connect(server).run(["sh", "-c", "printf out; printf err >&2; exit 5"]) == (
            5,
            b"out",
            b"err",
        )


def test_account_that_runs_no_commands(tmp_path: Path, connect: Connect) -> None:
    """Protects the user's time: an expired password or a forced command is said in its own
    words.
    """
    with Sshd(tmp_path / "server", ForceCommand="echo Your password has expired; exit 1") as server:
        connection = connect(server)
        with pytest.raises(
            FarSideProblem,
            match=r"does not run commands; it said: Your password has expired\. Log in by hand",
        ):
            connection.run(["true"])


def test_bytes_go_both_ways_at_once(sshd: Sshd, connect: Connect) -> None:
    """Protects bulk transfers: more than any window or pipe holds, in both directions, with errors
    beside.
    """
    data = bytes(range(256)) * 40_000
    code, out, err = connect(sshd).run(
        ["sh", "-c", "head -c 300000 /dev/zero >&2; cat"], data, timeout=60
    )
    assert code == 0 and out == data
    assert len(err) > 60_000 and not err.strip(b"\0")  # the end of it is kept


def test_input_that_is_not_read(sshd: Sshd, connect: Connect) -> None:
    """Protects against hanging where the far side gives up early, as on a full disk."""
    assert connect(sshd).run(
        ["sh", "-c", "echo full >&2; exit 9"], bytes(8_000_000), timeout=20
    ) == (9, b"", b"full\n")


def test_signalled_command_has_a_code(sshd: Sshd, connect: Connect) -> None:
    """Protects the meaning of exit codes: a command that was killed is not a lost connection."""
    assert connect(sshd).run(["sh", "-c", "kill -9 $$"])[0] == 128 + 9


@pytest.mark.parametrize("transport", ["paramiko", "openssh"])
def test_slow_command_is_given_up(tmp_path: Path, connect: Connect, transport: str) -> None:
    """Protects the executor from a command that hangs: the connection goes on, and nothing stays on
    the login node or holds a session.
    """
    with Sshd(tmp_path / "server", MaxSessions="1") as server:
        connection = connect(server, transport=transport)
        begun = time.monotonic()
        with pytest.raises(CommandTimeout, match=r"did not end within 2 s"):
            connection.run(["sh", "-c", f"echo $$ > {tmp_path / 'pid'}; sleep 97"], timeout=2)
        assert time.monotonic() - begun < 60
        assert connection.run(["echo", "on"], timeout=20)[1] == b"on\n"
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
        assert server.log_ins == 1


def test_prologue(sshd: Sshd, connect: Connect) -> None:
    """Protects sites where commands need a module: it is loaded quietly, and eats no input."""
    connection = connect(
        sshd, prologue=["export PLACE='the site'", "echo loading; cat", "f() { echo called; }"]
    )
    assert connection.run(["sh", "-c", 'echo "$PLACE"; cat'], b"input") == (
        0,
        b"the site\ninput",
        b"",
    )


def test_missing_program(sshd: Sshd) -> None:
    """Protects the user's time: no sbatch on the host."""
    transport = SshTransport(settings_for(sshd))
    with pytest.raises(
        FarSideProblem, match=r"there is no sbatch-x on 127\.0\.0\.1: correct the host or.*prologue"
    ):
        transport.run(["sbatch-x", "--version"])
    transport.close()


def test_fewer_sessions_than_wanted(tmp_path: Path, connect: Connect) -> None:
    """Protects users of servers with a small MaxSessions: commands wait for each other, on the same
    log-in.
    """
    with Sshd(tmp_path / "server", MaxSessions="2") as server:
        connection = connect(server)
        codes: list[int] = []
        threads = [
            threading.Thread(target=lambda: codes.append(connection.run(["sleep", "0.5"])[0]))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [0] * 6 and server.log_ins == 1


def test_queueing_behind_others_is_no_refusal() -> None:
    """Protects commands that wait for longer than a log-in may take: only a sole command's refusal
    is final.
    """
    slots, released = SessionLimit(2), list[bool]()

    def hold() -> None:
        with slots.one():
            held.set()
            time.sleep(1.0)
            released.append(True)

    held = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    with slots.one():
        refusals = Refusals(slots, Deadline(None), patience=0.05)
        assert refusals.worth_another_try() and released and slots.limit == 1
        holder.join()
        while refusals.worth_another_try():
            pass  # alone and refused until the patience is over
        with pytest.raises(CommandTimeout):
            Refusals(slots, Deadline(0.0), patience=60.0).worth_another_try()


def test_commands_that_are_refused_together_do_not_wait_for_each_other() -> None:
    """Protects campaigns from standing still: the server had not noticed yet that a session was
    free, and refused all who asked; each then goes on as soon as nobody holds one.
    """
    slots, refused, done = SessionLimit(8), threading.Barrier(3), list[int]()

    def ask() -> None:
        with slots.one():
            refused.wait(20)
            if Refusals(slots, Deadline(20), patience=20.0).worth_another_try():
                done.append(slots.limit)

    _together([ask] * 3)
    assert done == [1, 1, 1]


def test_commands_that_are_all_refused_ask_seldom_and_not_for_ever() -> None:
    """Protects login nodes: commands that give their turns to each other neither hurry each other
    nor begin each other's patience anew.
    """
    slots, tries = SessionLimit(1), list[float]()

    def ask() -> None:
        with slots.one():
            refusals = Refusals(slots, Deadline(None), patience=2.0)
            while True:
                tries.append(time.monotonic())
                if not refusals.worth_another_try():
                    return

    _together([ask] * 2)
    assert 4 < len(tries) < 30


def test_whoever_gave_a_turn_away_has_its_patience_anew() -> None:
    """Protects commands behind a long one that was served in their turn."""
    slots, refused, tries = SessionLimit(1), threading.Event(), list[bool]()

    def ask() -> None:
        with slots.one():
            refused.set()
            tries.append(Refusals(slots, Deadline(None), patience=0.5).worth_another_try())

    def served() -> None:
        refused.wait(20)
        with slots.one():
            slots.served()
            time.sleep(1.5)

    _together([ask, served])
    assert tries == [True]


def _together(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_sessions_at_all(tmp_path: Path, connect: Connect) -> None:
    """Protects the user's time: a server that lets in and then opens nothing."""
    with Sshd(tmp_path / "server", MaxSessions="0") as server:
        connection = connect(server, connect_timeout=2.0)
        with pytest.raises(
            FarSideProblem,
            match="opens no session on the connection; ask its administrators about MaxSessions",
        ):
            connection.run(["true"])


def test_command_costs_no_delay(sshd: Sshd, connect: Connect) -> None:
    """Protects against 40 ms for every command: small packets are not held back."""
    import socket

    connection = connect(sshd)
    link = connection.kept._link
    assert link is not None
    assert link._transport.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)  # type: ignore[attr-defined]
