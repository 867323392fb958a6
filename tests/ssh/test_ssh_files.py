"""Files in bulk: one round trip whatever their number, whole or not at all, and nothing outside the
place they belong to.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from enchanted_tui.executors.slurm.ssh import far_side
from enchanted_tui.executors.slurm.ssh.archive import Unpacking, UnsafeArchive
from enchanted_tui.executors.slurm.ssh.ssh_transport import SshTransport
from enchanted_tui.executors.slurm.transport import READ_LIMIT, FarSideProblem
from helpers.marks import rounds
from helpers.ssh.people import settings_for
from helpers.ssh.sshd import Sshd


@pytest.fixture(params=["paramiko", "openssh"])
def transport(sshd: Sshd, request: pytest.FixtureRequest) -> Iterator[SshTransport]:
    opened = SshTransport(settings_for(sshd, transport=request.param), python=sys.executable)
    yield opened
    opened.close()


def test_a_thousand_files_are_one_round_trip_each_way(
    transport: SshTransport, sshd: Sshd, tmp_path: Path
) -> None:
    """Protects login nodes: the number of commands does not grow with the number of samples; every
    day there are 300.
    """
    count = rounds(300, 1000)
    far = tmp_path / "far"
    files = {
        str(far / f"s{number}" / "in put.txt"): bytes([number % 256]) * number
        for number in range(count)
    }
    transport.put(files)
    assert transport.round_trips == 1
    assert transport.read(dict.fromkeys(files, 0)) == files
    assert transport.round_trips == 2
    names = [f"s{number}" for number in range(count)]
    assert sorted(transport.fetch(str(far), names, tmp_path / "home")) == sorted(names)
    assert transport.round_trips == 3
    assert {
        str(far / path.parent.name / path.name): path.read_bytes()
        for path in tmp_path.glob("home/*/*")
    } == files
    transport.remove([str(far / name) for name in names])
    assert transport.round_trips == 4 and sshd.log_ins == 1
    assert os.listdir(far) == []


def test_reading_goes_on_where_it_ended(transport: SshTransport, tmp_path: Path) -> None:
    """Protects results: no byte twice, none lost, nothing of files that are not there, a bounded
    piece of large ones.
    """
    growing, missing, large = tmp_path / "growing", tmp_path / "missing", tmp_path / "large"
    growing.write_bytes(b"one\n")
    large.write_bytes(b"x" * (READ_LIMIT + 5))
    assert transport.read({str(growing): 0, str(missing): 0, str(growing / "below"): 0}) == {
        str(growing): b"one\n"
    }
    with growing.open("ab") as file:
        file.write(b"10 20\ntwo")
    assert transport.read({str(growing): 4, str(large): 3}) == {
        str(growing): b"10 20\ntwo",
        str(large): b"x" * READ_LIMIT,
    }
    assert transport.read({str(growing): 13, str(large): READ_LIMIT + 3}) == {
        str(growing): b"",
        str(large): b"xx",
    }
    assert transport.read({str(growing): -3, str(large): -(READ_LIMIT * 2)})[str(growing)] == b"two"


def test_fetched_directories_are_as_they_were(transport: SshTransport, tmp_path: Path) -> None:
    """Protects run directories: modes, times, links inside, empty directories, odd names; what is
    older there is replaced.
    """
    run = tmp_path / "far" / "d0_b0_s0_r0"
    (run / "sub" / "empty").mkdir(parents=True)
    (run / "sub" / "ünï\nname").write_bytes(b"x" * 300_000)
    (run / "tool").write_text("#!/bin/sh\n")
    (run / "tool").chmod(0o755)
    os.utime(run / "tool", (1_000_000, 1_000_000))
    os.link(run / "tool", run / "second name")
    (run / "link").symlink_to("sub/ünï\nname")
    (run / "up").symlink_to("../d0_b0_s0_r0/tool")
    (run / "out").symlink_to("/etc/passwd")
    (run / "out2").symlink_to("../../far")
    os.mkfifo(run / "pipe")
    old = tmp_path / "home" / "d0_b0_s0_r0"
    old.mkdir(parents=True)
    (old / "older").write_text("")
    assert transport.fetch(
        str(tmp_path / "far"), ["d0_b0_s0_r0", "d0_b0_s1_r0"], tmp_path / "home"
    ) == ["d0_b0_s0_r0"]
    assert sorted(os.listdir(old)) == ["link", "second name", "sub", "tool", "up"]
    assert (old / "tool").stat().st_mode & 0o777 == 0o755 and (
        old / "tool"
    ).stat().st_mtime == 1_000_000
    assert (old / "link").read_bytes() == b"x" * 300_000 and (
        old / "second name"
    ).read_text() == "#!/bin/sh\n"
    assert (old / "sub" / "empty").is_dir()
    assert os.listdir(tmp_path / "home") == ["d0_b0_s0_r0"]
    assert transport.notices() == [
        "2 links that point out of their run directories were not brought home"
    ]


def test_remove_takes_links_not_what_they_point_to(transport: SshTransport, tmp_path: Path) -> None:
    """Protects the user's files: only what was named goes, and never a home directory or a whole
    disk.
    """
    kept, run = tmp_path / "kept", tmp_path / "run"
    kept.mkdir()
    (kept / "precious").write_text("")
    run.mkdir()
    (run / "link").symlink_to(kept)
    (tmp_path / "link").symlink_to(kept)
    transport.remove([str(run), str(tmp_path / "link"), str(tmp_path / "never was")])
    assert (kept / "precious").exists() and sorted(os.listdir(tmp_path)) == ["kept", "server"]
    for path in ("/", str(Path.home()), str(Path.home().parent)):
        with pytest.raises(FarSideProblem, match="no directory that a campaign made"):
            transport.remove([path])


def test_unwritable_directory(transport: SshTransport) -> None:
    """Protects the user's time: which directory, why, and what to set."""
    with pytest.raises(
        FarSideProblem,
        match=(
            r"/proc/none/file on 127\.0\.0\.1 cannot be written: .*; set remote_dir to a directory"
            r" of yours"
        ),
    ):
        transport.put({"/proc/none/file": b"x"})


def test_full_disk(transport: SshTransport, tmp_path: Path) -> None:
    """Protects campaigns from a full disk: one sentence, and no half file under the real name."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        with pytest.raises(
            FarSideProblem,
            match=r"b on 127\.0\.0\.1 cannot be written: No space left on device; make room there",
        ):
            transport.put(
                {
                    str(disk / "a"): b"x" * 1000,
                    str(disk / "b"): bytes(5_000_000),
                    str(disk / "c"): b"x",
                }
            )
        assert os.listdir(disk) == ["a"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_missing_python(sshd: Sshd, tmp_path: Path) -> None:
    """Protects the user's time: the login node needs an interpreter, and the remedy in the message
    provides one.
    """
    transport = SshTransport(settings_for(sshd), python="python3-of-a-module")
    with pytest.raises(
        FarSideProblem,
        match=r"there is no python3-of-a-module on 127\.0\.0\.1, .* a line of `prologue` under ssh",
    ):
        transport.read({"/etc/passwd": 0})
    transport.close()
    (tmp_path / "python3-of-a-module").symlink_to(sys.executable)
    transport = SshTransport(
        settings_for(sshd, prologue=[f"PATH={tmp_path}:$PATH"]), python="python3-of-a-module"
    )
    assert transport.read({"/etc/passwd": 0})
    transport.close()


def test_lost_while_fetching_leaves_nothing_half(sshd: Sshd, tmp_path: Path) -> None:
    """Protects run directories: what did not come whole does not come."""
    from enchanted_tui.executors.slurm.ssh.connection_errors import ConnectionLost

    run = tmp_path / "far" / "run"
    run.mkdir(parents=True)
    os.mkfifo(tmp_path / "gate")
    (run / "a").write_bytes(b"x" * 20_000_000)
    transport = SshTransport(settings_for(sshd), python=sys.executable)
    taken = 0
    stream = transport._connection.stream

    def cutting(argv: object, stdin: object, sink: object, timeout: object) -> object:
        def counted(data: bytes) -> None:
            nonlocal taken
            taken += len(data)
            if taken > 1_000_000:
                sshd.cut()
            sink(data)  # type: ignore[operator]

        return stream(argv, stdin, counted, timeout)  # type: ignore[arg-type]

    transport._connection.stream = cutting  # type: ignore[assignment,method-assign]
    with pytest.raises(ConnectionLost):
        transport.fetch(str(tmp_path / "far"), ["run"], tmp_path / "home")
    assert taken > 1_000_000 and os.listdir(tmp_path / "home") == []
    transport.close()


def archive_of(*members: tuple[str, Mapping[str, object]]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, fields in members:
            member = tarfile.TarInfo(name)
            for field, value in fields.items():
                setattr(member, field, value)
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    stream.seek(0)
    return stream


SYM, DIR = {"type": tarfile.SYMTYPE}, {"type": tarfile.DIRTYPE}


@pytest.mark.parametrize(
    "name",
    ["../evil", "/tmp/evil", "run/../../evil", "other/evil", "run/./x", "run//x", ".", "run/.."],
    ids=lambda name: name.replace("/", "|"),
)
def test_archive_that_reaches_outside(tmp_path: Path, name: str) -> None:
    """Protects this machine from a far side that lies."""
    with Unpacking(tmp_path / "home", ["run"]) as unpacking, pytest.raises(UnsafeArchive):
        unpacking.unpack(archive_of(("run", DIR), (name, {"size": 1})))
    assert os.listdir(tmp_path) == ["home"] and os.listdir(tmp_path / "home") == []


@pytest.mark.parametrize(
    "kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE]
)
def test_archive_of_devices(tmp_path: Path, kind: bytes) -> None:
    """Protects this machine: no devices, pipes, or second names of files."""
    with Unpacking(tmp_path / "home", ["run"]) as unpacking, pytest.raises(UnsafeArchive):
        unpacking.unpack(
            archive_of(("run", DIR), ("run/x", {"type": kind, "linkname": "/etc/passwd"}))
        )


def test_archive_that_writes_through_links(tmp_path: Path) -> None:
    """Protects this machine: neither a link, nor a chain of links that are each harmless, leads a
    file or a link outside.
    """
    outside = tmp_path / "outside"
    outside.mkdir()
    with Unpacking(tmp_path / "home", ["run"]) as unpacking, pytest.raises(OSError, match="exists"):
        unpacking.unpack(archive_of(("run", DIR), ("run/x", {"size": 1}), ("run/x", {"size": 1})))
    chain = archive_of(
        ("run", DIR), ("run/d", DIR), ("run/d/e", DIR),
        ("run/here", {**SYM, "linkname": "."}), ("run/d/up", {**SYM, "linkname": "here/../.."}),
        ("run/z", {**SYM, "linkname": "here/.."}), ("run/abs", {**SYM, "linkname": str(outside)}),
        ("run/abs2", {**SYM, "linkname": "../../outside"}), ("run/ok", {**SYM, "linkname": "d/e"}),
    )  # fmt: skip
    with Unpacking(tmp_path / "home", ["run"]) as unpacking:
        unpacking.unpack(chain)
        unpacking.into_place()
    top = os.path.realpath(tmp_path / "home" / "run")
    links = [path for path in Path(top).rglob("*") if path.is_symlink()]
    assert {link.name for link in links} >= {"here", "ok"}
    assert all(os.path.commonpath([os.path.realpath(link), top]) == top for link in links)
    assert {"run/abs", "run/abs2", "run/z"} <= set(unpacking.left_out)


def test_far_side_runs_on_old_pythons() -> None:
    """Protects old login nodes: no syntax and no function that is newer than Python 3.6, and
    nothing but the standard library.
    """
    import ast

    source = Path(far_side.__file__).read_text()
    ast.parse(source, feature_version=(3, 6))
    imported = {
        name.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert imported <= {"json", "os", "shutil", "stat", "sys", "tarfile"}
