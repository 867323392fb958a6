"""Connections that break: noticed in time, said honestly, found again, and jobs and files none the
worse.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from enchanted_tui.executors.slurm.ssh.connection_errors import (
    ConnectionFailed,
    ConnectionLost,
    LogInFailed,
)
from enchanted_tui.executors.slurm.ssh.framing import Exchange
from enchanted_tui.executors.slurm.ssh.keeping import Kept, _Pause
from enchanted_tui.executors.slurm.ssh.ssh_transport import SshTransport
from helpers.ssh.interactive_server import InteractiveServer
from helpers.ssh.people import Person, settings_for
from helpers.ssh.proxy import Network
from helpers.ssh.sshd import Sshd, is_sshd

Connect = Callable[..., SshConnection]


def through(network: Network, server: Sshd) -> Any:
    """Reach a server through a network."""
    server.known_hosts.write_text(
        server.known_hosts_line().replace(f":{server.port}", f":{network.port}")
    )
    return SimpleNamespace(
        port=network.port, user_key=server.user_key, known_hosts=server.known_hosts
    )


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_command_in_flight(sshd: Sshd, connect: Connect, tmp_path: Path, how: str) -> None:
    """Protects against running twice: what was under way may have run, and it did; nobody waits for
    it.
    """
    with Network(sshd.port) as network:
        connection = connect(through(network, sshd))
        started, ended = tmp_path / "started", tmp_path / "ended"

        def once_started() -> None:
            _until(started.exists)
            (sshd.cut if how == "cut" else network.reset)()

        cut = threading.Thread(target=once_started)
        cut.start()
        with pytest.raises(ConnectionLost) as lost:
            connection.run(["sh", "-c", f"touch {started}; sleep 2; touch {ended}"], timeout=30)
        cut.join()
        assert lost.value.may_have_run and not ended.exists()
        assert connection.kept.wait(40), str(connection.state)
        assert connection.run(["echo", "again"])[1] == b"again\n"
        assert sshd.log_ins == 2
        _until(ended.exists)


def test_idle_connection(sshd: Sshd, connect: Connect) -> None:
    """Protects against running twice: a command that found the connection gone certainly did not
    run.
    """
    connection = connect(sshd)
    sshd.cut()
    time.sleep(0.3)
    with pytest.raises(ConnectionLost) as lost:
        connection.run(["true"])
    assert not lost.value.may_have_run
    assert connection.kept.wait(20) and sshd.log_ins == 2


def test_half_a_command_does_not_run(sshd: Sshd, connect: Connect, tmp_path: Path) -> None:
    """Protects against running something else: a command line of which only a part arrived is not
    run.
    """
    mark = tmp_path / "mark"
    connection = connect(sshd)
    exchange = Exchange(f"touch {mark}; true " + "x" * 1000, [], lambda piece: None)
    link = connection.kept._link
    assert link is not None
    channel = link._transport.open_session()  # type: ignore[attr-defined]
    from enchanted_tui.executors.slurm.ssh.framing import LOGIN_COMMAND

    channel.exec_command(LOGIN_COMMAND)
    channel.sendall(exchange.first_line[:-500])
    channel.shutdown_write()
    assert channel.recv_exit_status() != 0
    assert not mark.exists()


@pytest.mark.parametrize("how", ["frozen server", "silent network"])
def test_silence_is_noticed(sshd: Sshd, connect: Connect, how: str) -> None:
    """Protects against waiting for ever: packets that vanish close nothing, only keep-alives find
    out.
    """
    with Network(sshd.port) as network:
        connection = connect(through(network, sshd), keep_alive=0.5, connect_timeout=2.0)
        go_silent(sshd, network, how, True)
        begun = time.monotonic()
        with pytest.raises(ConnectionLost):
            connection.run(["sleep", "60"], timeout=60)
        assert time.monotonic() - begun < 5
        go_silent(sshd, network, how, False)
        assert connection.kept.wait(40), str(connection.state)
        assert connection.run(["echo", "again"])[1] == b"again\n"


def go_silent(sshd: Sshd, network: Network, how: str, silent: bool) -> None:
    if how == "frozen server":
        sshd.freeze(silent)
    else:
        network.silent = silent
        if not silent:
            network.reset()


def test_server_is_down_for_a_while(sshd: Sshd, connect: Connect) -> None:
    """Protects campaigns from maintenance: commands are refused at once, people see when the next
    try is, then all goes on.
    """
    connection = connect(sshd)
    connection.kept._first_pause = 0.3
    sshd.stop()
    with pytest.raises(ConnectionLost):
        connection.run(["true"])
    _until(lambda: "refused the connection" in connection.state.reason)
    begun = time.monotonic()
    with pytest.raises(
        ConnectionLost,
        match=r"connection lost \d+ s ago, (next try in \d+ s: .*refused|connecting again now)",
    ) as lost:
        connection.run(["true"])
    assert time.monotonic() - begun < 0.5 and not lost.value.may_have_run
    sshd.start()
    assert connection.kept.wait(40), str(connection.state)
    assert str(connection.state) == "connected" and sshd.log_ins == 2


def test_notices(sshd: Sshd) -> None:
    """Protects the person's trust: a loss and a return are said once each."""
    transport = SshTransport(settings_for(sshd))
    try:
        assert transport.notices() == []
        sshd.stop()
        with pytest.raises(ConnectionLost):
            transport.run(["true"])
        (lost,) = transport.notices()
        assert "connection lost" in lost and "nothing is submitted or collected meanwhile" in lost
        sshd.start()
        transport.retry_now()
        assert transport.wait(30)
        assert transport.notices()[-1] == "connected to 127.0.0.1 again"
        assert transport.notices() == []
    finally:
        transport.close()


def test_refused_log_in_is_not_hammered(tmp_path: Path, connect: Connect) -> None:
    """Protects the user's account from bans: a code that nobody gives is not asked for again and
    again, but a person can hurry it.
    """
    with InteractiveServer(
        tmp_path / "server", ["publickey", "keyboard-interactive"], codes=["1", "2"]
    ) as server:
        person = Person("1")
        connection = connect(server, person)
        server.cut()
        with pytest.raises(ConnectionLost):
            connection.run(["true"])
        _until(lambda: bool(connection.state.reason))
        asked = server.questions
        time.sleep(2)
        assert server.questions == asked
        assert (connection.state.next_try or 0) - time.time() > 200
        person.answers = ["2"]
        connection.kept.retry_now()
        assert connection.kept.wait(20) and connection.state.connected
        assert server.log_ins == 2


def test_pauses_grow_are_bounded_and_differ() -> None:
    """Protects login nodes: less and less often, and not all clients at the same instant."""
    failed = ConnectionFailed("no")
    pause = _Pause(2.0)
    assert pause.after(None) == 0
    seconds = [pause.after(failed) for _ in range(12)]
    assert 1.6 <= seconds[0] <= 2.4 and seconds[3] > 8
    assert all(90 <= each <= 150 for each in seconds[-3:]) and len(set(seconds)) == len(seconds)
    refused = [pause.after(LogInFailed("no")) for _ in range(8)]
    assert 240 <= refused[0] <= 360 and max(refused) <= 2200


def test_close_ends_what_runs(sshd: Sshd, connect: Connect) -> None:
    """Protects the end of a campaign: closing does not wait for a command, and nothing connects
    again.
    """
    connection = connect(sshd)
    threading.Timer(0.6, connection.close).start()
    with pytest.raises(ConnectionLost):
        connection.run(["sleep", "30"], timeout=30)
    time.sleep(0.5)
    assert sshd.log_ins == 1
    assert not connection.kept.wait(0.1)


def test_close_while_connecting_again(sshd: Sshd, connect: Connect) -> None:
    """Protects the end of a campaign: a connection that comes back after closing is hung up."""
    connection = connect(sshd)
    sshd.cut()
    with pytest.raises(ConnectionLost):
        connection.run(["true"])
    connection.close()
    time.sleep(1.5)
    _until(lambda: not any(map(is_sshd, sshd.sessions())))


def test_threads_end(sshd: Sshd) -> None:
    """Protects long campaigns: every connection takes its threads with it."""
    before = threading.active_count()
    for _ in range(3):
        connection = SshConnection(settings_for(sshd, keep_alive=0.2), Person())
        connection.run(["true"])
        connection.close()
    _until(lambda: threading.active_count() <= before)


def test_one_reconnection_for_many_commands(sshd: Sshd, connect: Connect) -> None:
    """Protects the account: several commands that lose the connection together make one new
    log-in.
    """
    connection = connect(sshd)
    lost: list[ConnectionLost] = []

    def command() -> None:
        try:
            connection.run(["sleep", "20"], timeout=20)
        except ConnectionLost as error:
            lost.append(error)

    threads = [threading.Thread(target=command) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    sshd.cut()
    for thread in threads:
        thread.join()
    assert connection.kept.wait(40), str(connection.state)
    time.sleep(0.3)
    assert len(lost) == 4 and all(error.may_have_run for error in lost) and sshd.log_ins == 2


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_an_unforeseen_error_is_no_end_of_trying() -> None:
    """Protects a campaign that is left alone for weeks: whatever goes wrong while it connects
    again, it is tried again.
    """
    made: list[SimpleNamespace] = []

    def lost(exchange: Exchange, stdin: Any, timeout: float | None) -> tuple[int, bytes]:
        made[-1].alive = False
        raise ConnectionLost("gone", may_have_run=False)

    def make() -> Any:
        made.append(SimpleNamespace(alive=True, execute=lost, close=lambda: None))
        if len(made) == 2:
            raise RuntimeError("nobody thought of this")
        return made[-1]

    kept = Kept(make, first_pause=0.01)
    with pytest.raises(ConnectionLost):
        kept.execute(Exchange("true", [], lambda data: None), [], 1.0)
    assert kept.wait(10)
    assert kept.state.log_ins == 2
    kept.close()
