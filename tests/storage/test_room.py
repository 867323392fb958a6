"""What quotas and file systems leave: answers of programs as clusters print them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enchanted_tui.storage.room import (
    Room,
    lfs_quota,
    measure,
    mounted_from,
    project_of,
    quota,
    room_of,
)

LFS = """\
Disk quotas for usr jane (uid 6215):
     Filesystem  kbytes   quota   limit   grace   files   quota   limit   grace
        /lustre  1050332 8000000 10000000       -   12302 3000000 36000000       -
uid 6215 is using default block quota setting
uid 6215 is using default file quota setting
"""
#: over the soft limit of files; a name that is too long, values that the client has cached
LFS_LONG = """\
Disk quotas for grp plasma (gid 2001):
     Filesystem  kbytes   quota   limit   grace   files   quota   limit   grace
/lustre/projects/magnetohydrodynamics
                [982177580]       0 1000000000       - 443208230*     443208000 450000000 6d23h59m59s
"""
LFS_NO_GRACE = """\
Disk quotas for usr username (uid 1000):
 Filesystem  kbytes   quota   limit   grace   files   quota   limit   grace
   ./    1840       0  1000000000     -      23       0       0
"""
LFS_UNLIMITED = """\
Disk quotas for usr account (uid 1):
     Filesystem  kbytes quota limit grace files quota limit grace
/lus/lustre1 51 0 0 - 17 0 0 -
"""
QUOTA = """\
Disk quotas for user jane (uid 6215): 
     Filesystem   blocks   quota   limit   grace   files   quota   limit   grace
/dev/sda3  1400  2000  4000       0     160     200     300       0
server:/export/home  5243*   5120   7168 1732890000     352       0       0       0
"""  # noqa: W291 - as it is printed


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (LFS, [Room(3_000_000 - 12_302, 1024 * (8_000_000 - 1_050_332), "lfs quota")]),
        (LFS_LONG, [Room(0, 1024 * (1_000_000_000 - 982_177_580), "lfs quota")]),
        (LFS_NO_GRACE, [Room(None, 1024 * (1_000_000_000 - 1_840), "lfs quota")]),
        (LFS_UNLIMITED, []),
        ("", []),
        ("lfs quota: '/home/jane' not on a mounted Lustre filesystem\n", []),
    ],
)
def test_lustre(said: str, left: list[Room]) -> None:
    """The soft limit counts, a missing one does not."""
    assert lfs_quota(said) == left


def test_quota() -> None:
    """Of several file systems, the one that the directory is on."""
    assert quota(QUOTA, "/dev/sda3") == [Room(40, 1024 * 600, "quota")]
    assert quota(QUOTA, "server:/export/home") == [Room(None, 0, "quota")]
    assert quota(QUOTA, "tmpfs") == []
    assert quota("Disk quotas for user jane (uid 6215): none\n", "/dev/sda3") == []


def test_project() -> None:
    assert project_of(" 6215 P /lustre/run\n") == ["6215"]
    assert project_of("    0 - /lustre/run\n") == []
    assert project_of("") == []


def test_mount() -> None:
    mounts = "/dev/vda / ext4 rw 0 0\nserver:/a\\040b /home/my\\040data nfs4 rw 0 0\n"
    assert mounted_from(Path("/home/my data/run"), mounts) == "server:/a\\040b"
    assert mounted_from(Path("/home/my database"), mounts) == "/dev/vda"


def test_file_system(tmp_path: Path) -> None:
    """What statvfs says holds where no quota says less; a directory to come counts as its
    parent.
    """
    found, room = os.statvfs(tmp_path), room_of(tmp_path / "to" / "come")
    assert room.bytes is not None
    assert 0 < room.bytes <= 1.01 * found.f_bavail * found.f_frsize
    assert "df" in room.said_by


def test_asked_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs are found and asked; one that hangs or fails is done without."""
    script = tmp_path / "lfs"
    script.write_text(f"#!/bin/sh\n[ $1 = project ] && exit 1\ncat <<'END'\n{LFS}END\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    room = room_of(tmp_path)
    assert "lfs quota" in room.said_by
    assert room.files is not None
    assert room.files <= 3_000_000 - 12_302


def test_measure(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(bytes(100))
    assert measure(tmp_path) == (2, 200, True)
    assert not measure(tmp_path, 1)[2]
