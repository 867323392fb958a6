"""Files that are replaced, and files that grow, on a disk with room and on a full one."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from enchanted_tui.storage.dataset import Dataset
from enchanted_tui.storage.growing import GrowingFile
from enchanted_tui.whole_files import open_replacement, write_atomically
from helpers.odd_rows import parse


def test_a_new_version_replaces_the_old_one(tmp_path: Path) -> None:
    """Text and bytes, undecodable ones included, and nothing else is left in the directory."""
    path = tmp_path / "file"
    write_atomically(path, "old\n")
    write_atomically(path, "né\udcff\n")
    assert path.read_bytes() == b"n\xc3\xa9\xff\n"
    write_atomically(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert os.listdir(tmp_path) == ["file"]


def test_a_failed_replacement_leaves_the_old_version(tmp_path: Path) -> None:
    """An error while the new version is put together must not cost the old one, nor leave
    litter.
    """
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError), open_replacement(path) as file:
        file.write(b"new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_the_mode_follows_the_umask(tmp_path: Path) -> None:
    """A group that shares a run directory can read what its umask says."""
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", "x")
        growing = GrowingFile(tmp_path / "grown")
        with growing.replacement() as file:
            file.write(b"x")
        growing.append(b"y")
    finally:
        os.umask(before)
    assert [os.stat(tmp_path / name).st_mode & 0o777 for name in ("file", "grown")] == [
        0o640,
        0o640,
    ]


def test_a_left_over_that_links_elsewhere_is_not_written_through(tmp_path: Path) -> None:
    """A killed process may leave a second name of the visible file, or someone a link: neither may
    receive the new version.
    """
    path, other = tmp_path / "file", tmp_path / "other"
    other.write_text("foreign")
    (tmp_path / ".file.partial").symlink_to(other)
    write_atomically(path, "new")
    assert (path.read_text(), other.read_text()) == ("new", "foreign")
    os.link(path, tmp_path / ".file.partial")
    os.link(path, tmp_path / ".file.spare")
    growing = GrowingFile(path)
    with growing.replacement() as file:
        file.write(b"newer")
    growing.append(b" still")
    assert path.read_text() == "newer still"


def test_a_full_disk_leaves_the_old_version(small_disk: Path) -> None:
    """The quota is used up while a new version is written: the old one stays whole and the half of
    the new one is removed.
    """
    path = small_disk / "file"
    write_atomically(path, b"o" * 40_000)
    with pytest.raises(OSError) as caught:
        write_atomically(path, b"n" * 40_000)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"o" * 40_000
    assert os.listdir(small_disk) == ["file"]


@pytest.mark.slow
def test_the_dataset_survives_a_full_disk_and_goes_on(small_disk: Path) -> None:
    """Whenever the disk fills up, the dataset stays whole; with room again, nothing that came
    meanwhile is missing.
    """
    journal = [((0, number), {"x": number, "run_dir": "o" * 90}) for number in range(1_000)]
    now = 0.0
    known = 0
    dataset = Dataset(
        small_disk / "enchanted_dataset.csv", lambda: iter(journal[:known]), clock=lambda: now
    )
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"b" * 20_000)
    refused = 0
    for known, (key, row) in enumerate(journal, start=1):
        if known == 300:
            ballast.unlink()
        dataset.add(key, row)
        now += 1
        try:
            dataset.tick()
        except OSError as error:
            assert error.errno == errno.ENOSPC
            refused += 1
        if known > 500:
            break
        header, rows = parse(dataset.path.read_bytes())
        assert header == ["x", "run_dir"]
        assert [row["x"] for row in rows] == [str(number) for number in range(len(rows))]
        if known < 100 or 300 <= known <= 310:
            assert len(rows) == known
    assert refused > 10


def test_a_file_size_limit_is_an_error_not_a_torn_file(tmp_path: Path) -> None:
    """The same without rights to mount: the kernel writes a part of the piece and refuses the
    rest.
    """
    script = (
        "import resource, signal, sys, pathlib\n"
        "from enchanted_tui.storage.growing import GrowingFile\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "file = GrowingFile(pathlib.Path(sys.argv[1]))\n"
        "with file.replacement() as new: new.write(b'head\\n')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "for _ in range(30):\n"
        "    try: file.append(b'x' * 99 + b'\\n')\n"
        "    except OSError as error: print(error.errno)\n"
    )
    path = tmp_path / "file"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(errno.EFBIG)] * 21
    assert path.read_bytes() == b"head\n" + (b"x" * 99 + b"\n") * 9
    assert os.listdir(tmp_path) == ["file"]
