"""Executors that reach a cluster in the same way share a connection."""

from __future__ import annotations

import threading

import pytest

from enchanted_tui.executors.slurm.ssh.connection_errors import ConnectionLost, HostKeyRejected
from enchanted_tui.executors.slurm.ssh.ssh_transport import SshTransport
from helpers.ssh.people import settings_for
from helpers.ssh.sshd import Sshd


def test_one_log_in_for_all_with_the_same_settings(sshd: Sshd) -> None:
    """Protects the person, who would be asked for a code by each, and the account; who goes does
    not hang up for the others.
    """
    made: list[SshTransport] = []
    threads = [
        threading.Thread(target=lambda: made.append(SshTransport(settings_for(sshd), shared=True)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second, third = made
    assert first.way is second.way is third.way
    assert sshd.log_ins == 1
    first.close()
    first.close()
    assert second.run(["echo", "there"]).text == "there\n"
    second.close()
    third.close()
    with pytest.raises(ConnectionLost):
        third.run(["true"])
    assert sshd.log_ins == 1


def test_other_settings_are_another_connection(sshd: Sshd) -> None:
    """Protects against commands that run with somebody else's settings, such as another
    prologue.
    """
    plain = SshTransport(settings_for(sshd), shared=True)
    other = SshTransport(settings_for(sshd, prologue=["export HERE=1"]), shared=True)
    assert plain.way is not other.way
    assert other.run(["printenv", "HERE"]).text == "1\n"
    assert plain.run(["printenv", "HERE"]).code == 1
    plain.close()
    other.close()


def test_a_failure_is_not_kept(sshd: Sshd) -> None:
    """Protects the next campaign of the same app: once the cause is removed, a new try connects."""
    known = sshd.known_hosts.read_text()
    sshd.known_hosts.write_text("")
    for _ in range(2):
        with pytest.raises(HostKeyRejected):
            SshTransport(settings_for(sshd), shared=True)
    sshd.known_hosts.write_text(known)
    transport = SshTransport(settings_for(sshd), shared=True)
    assert transport.run(["true"]).code == 0
    transport.close()
