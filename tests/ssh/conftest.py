"""Servers for the tests of SSH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from helpers.ssh.people import Person, settings_for
from helpers.ssh.sshd import SSHD, Sshd

_NEEDED = {"sshd": SSHD, "ssh": shutil.which("ssh")}


@pytest.fixture(scope="session", autouse=True)
def openssh() -> None:
    """Say which Debian packages to install where they are missing."""
    missing = [name for name, path in _NEEDED.items() if path is None]
    if missing:
        reason = (
            f"tested against a real {' and '.join(missing)}: apt-get install openssh-server"
            " openssh-client (.ci/run does it)"
        )
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A server of the test's own that lets its key in."""
    with Sshd(tmp_path / "server") as server:
        yield server


@pytest.fixture
def connect() -> Iterator[Callable[..., SshConnection]]:
    """Opens connections that are closed at the end of the test."""
    opened: list[SshConnection] = []

    def connect(server: Any, ask: Any = None, **options: Any) -> SshConnection:
        opened.append(SshConnection(settings_for(server, **options), ask or Person()))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
