"""Run directories of a cluster without a shared file system come home whole, in bulk, and leave nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ssh_people import settings_for
from sshd import Sshd

from enchanted_tui.executors.slurm.remote_files import RemoteFiles
from enchanted_tui.executors.slurm.ssh.errors import ConnectionLost
from enchanted_tui.executors.slurm.ssh.transport import SshTransport
from enchanted_tui.executors.slurm.transport import FarSideProblem


@pytest.fixture
def transport(sshd: Sshd) -> Iterator[SshTransport]:
    opened = SshTransport(settings_for(sshd), python=sys.executable)
    yield opened
    opened.close()


def finish(far: Path, *names: str) -> None:
    """Do what jobs do."""
    for name in names:
        (far / name).mkdir()
        (far / name / "out").write_text(name)


def test_results_wait_for_their_directories(transport: SshTransport, tmp_path: Path) -> None:
    """Protects the local layout: results count when their directories are home; the far side is emptied of ours, and only of ours."""
    far, home = tmp_path / "scratch" / "campaign" / "data", tmp_path / "run" / "data"
    files = RemoteFiles[int](transport, str(far), home)
    files.prepare()
    finish(far, "a", "b", "c")
    files.add("a", 1)
    files.add("b", 2)
    files.add("gone", 3)
    before = transport.round_trips
    assert files.bring_home() == [1, 2, 3]
    assert transport.round_trips == before + 1
    assert sorted(os.listdir(home)) == ["a", "b"] and (home / "a" / "out").read_text() == "a"
    files.clean(kept=["b"])
    assert transport.round_trips == before + 2
    assert sorted(os.listdir(far)) == ["b", "c"]
    files.leave()
    assert os.listdir(far) == ["c"]
    (far / "c" / "out").unlink()
    (far / "c").rmdir()
    files.leave()
    assert os.listdir(tmp_path / "scratch") == []


def test_lost_connection_forgets_nothing(transport: SshTransport, sshd: Sshd, tmp_path: Path) -> None:
    """Protects results: what waited for its directory when the connection broke is given later."""
    far, home = tmp_path / "scratch" / "campaign" / "data", tmp_path / "run" / "data"
    files = RemoteFiles[str](transport, str(far), home)
    files.prepare()
    finish(far, "a")
    files.add("a", "result")
    sshd.cut()
    with pytest.raises(ConnectionLost):
        files.bring_home()
    assert files.waiting == 1
    assert transport.wait(20)
    assert files.bring_home() == ["result"] and files.waiting == 0


def test_unwritable_remote_dir(transport: SshTransport, tmp_path: Path) -> None:
    """Protects the user's time: known before anything is submitted."""
    with pytest.raises(FarSideProblem, match=r"/proc/none/data cannot be made: .*; set remote_dir to a directory of yours"):
        RemoteFiles[int](transport, "/proc/none/data", tmp_path).prepare()
