"""Run directories in archives: what goes in comes out, standard tools read it, and no kill loses or
doubles any.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enchanted_tui.packing import writer as writing
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.packing.writer import ShardLimits, ShardWriter, supersede
from enchanted_tui.whole_files import remove_directory
from helpers.files import snapshot
from helpers.marks import examples, in_full
from helpers.packed import archives, listed_by_tar, loose, packed_tasks

_NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=60,
).filter(lambda name: name not in (".", "..") and len(name.encode()) < 200)
_TREES = st.recursive(
    st.binary(max_size=3000),
    lambda below: st.dictionaries(_NAMES, below, max_size=4),
    max_leaves=8,
).filter(lambda tree: isinstance(tree, dict))


def make(path: Path, tree: dict[str, object]) -> None:
    path.mkdir(parents=True)
    for name, below in tree.items():
        if isinstance(below, dict):
            make(path / name, below)
        else:
            assert isinstance(below, bytes)
            (path / name).write_bytes(below)


def pack(root: Path, *names: str, limits: ShardLimits = ShardLimits()) -> None:  # noqa: B008
    """Pack directories and remove them, as a campaign does."""
    shards = ShardWriter(str(root / "packed"), limits)
    shards.open()
    for name in names:
        shards.add(name, str(root / "data" / name))
    shards.commit()
    shards.close()
    for name in names:
        remove_directory(str(root / "data" / name))


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(trees=st.lists(_TREES, min_size=1, max_size=4))
def test_what_is_packed_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, trees: list[dict[str, object]]
) -> None:
    """Names and contents of any kind, empty files and directories; GNU tar gives the same."""
    root = tmp_path_factory.mktemp("any")
    names = [f"d0_b0_s{number}_r0" for number in range(len(trees))]
    for name, tree in zip(names, trees, strict=True):
        make(root / "data" / name, tree)
    before = snapshot(root / "data")
    for name in names:
        pack(root, name, limits=ShardLimits(tasks=2))
    door = TaskDirectories(str(root / "data"))
    for name in names:
        packed = door.packed(name)
        assert packed is not None
        door.restore(packed, str(root / "back" / name)) if (root / "back").mkdir(
            exist_ok=True
        ) is None else None
    assert snapshot(root / "back") == before
    (root / "tar").mkdir()
    for archive in archives(root):
        subprocess.run(["tar", "xf", archive, "-C", root / "tar"], check=True)
    assert snapshot(root / "tar") == before


def test_links_permissions_and_special_files(tmp_path: Path) -> None:
    """Links stay links, a program stays one, what a sample has protected is packed all the same,
    and a pipe is left out.
    """
    directory = tmp_path / "data" / "d0_b0_s0_r0"
    make(directory, {"run.sh": b"#!/bin/sh\n", "closed": {"secret": b"x"}})
    (directory / "run.sh").chmod(0o755)
    (directory / "link").symlink_to("run.sh")
    (directory / "gone").symlink_to("/nowhere/at/all")
    os.mkfifo(directory / "pipe")
    (directory / "closed" / "secret").chmod(0)
    (directory / "closed").chmod(0o500)
    pack(tmp_path, directory.name)
    door = TaskDirectories(str(tmp_path / "data"))
    packed = door.packed(directory.name)
    assert packed is not None
    door.restore(packed, str(tmp_path / "back"))
    back = tmp_path / "back"
    assert os.access(back / "run.sh", os.X_OK)
    assert (
        os.readlink(back / "link") == "run.sh" and os.readlink(back / "gone") == "/nowhere/at/all"
    )
    assert (back / "closed" / "secret").read_bytes() == b"x"
    assert not (back / "pipe").exists()


def test_what_counts_no_more_is_no_task_for_anybody(tmp_path: Path) -> None:
    """A directory that is packed again after a retry is there once, for tar too."""
    for content in (b"first", b"second"):
        for number in range(3):
            if content == b"first" or number == 1:
                make(tmp_path / "data" / f"d0_b0_s{number}_r0", {"result": content})
        if content == b"second":
            packed = TaskDirectories(str(tmp_path / "data")).packed("d0_b0_s1_r0")
            assert packed is not None
            supersede(packed)
        pack(tmp_path, *loose(tmp_path))
    assert packed_tasks(tmp_path) == ["d0_b0_s0_r0", "d0_b0_s1_r0", "d0_b0_s2_r0"]
    with TaskDirectories(str(tmp_path / "data")).opened("d0_b0_s1_r0", "result") as file:
        assert file.read() == b"second"


def test_a_damaged_index_line_costs_that_one_alone(tmp_path: Path) -> None:
    for number in range(3):
        make(tmp_path / "data" / f"d0_b0_s{number}_r0", {"result": b"%d" % number})
    pack(tmp_path, *loose(tmp_path))
    index = next((tmp_path / "packed").glob("*/*.index"))
    index.write_bytes(index.read_bytes().replace(b"s1_r0", b"s9_r0"))
    assert sorted(TaskDirectories(str(tmp_path / "data")).shards.names()) == [
        "d0_b0_s0_r0",
        "d0_b0_s2_r0",
    ]


class Killed(BaseException):
    """Stands for a kill: nothing that the process would do afterwards is done."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Kill at the change of a file whose number the list holds, of a write in its middle."""
    left = [float("inf"), 0.5]
    for name in ("pwrite", "ftruncate", "fdatasync", "unlink", "rmdir", "open", "makedirs"):
        true = getattr(os, name)

        def counted(*arguments, _true=true, _name=name, **options):
            left[0] -= 1
            if left[0] == 0:
                if _name == "pwrite":
                    descriptor, data, offset = arguments
                    _true(descriptor, data[: int(len(data) * left[1])], offset)
                raise Killed
            return _true(*arguments, **options)

        monkeypatch.setattr(writing.os, name, counted)
    yield left
    left[0] = float("inf")


def session(root: Path, number: int) -> None:
    """Do what a session does: put in order, make directories, pack what is loose in two goes."""
    door = TaskDirectories(str(root / "data"))
    for name in loose(root):
        if door.packed(name) is not None:
            remove_directory(str(root / "data" / name))
    for sample in range(number):
        name = f"d0_b0_s{sample}_r0"
        if door.packed(name) is None and not (root / "data" / name).exists():
            (root / "data" / f"{name}.made").mkdir()
            (root / "data" / f"{name}.made" / "result").write_bytes(b"%d" % sample * 400)
            (root / "data" / f"{name}.made").rename(root / "data" / name)
    shards = ShardWriter(str(root / "packed"), ShardLimits(tasks=4))
    shards.open()
    for names in (loose(root)[:3], loose(root)[3:]):
        for name in names:
            shards.add(name, str(root / "data" / name))
            if shards.is_full:
                shards.commit()
        shards.commit()
        for name in names:
            remove_directory(str(root / "data" / name))
    shards.close()


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, *in_full(0.0, 0.99)])
def test_killed_at_every_write_point(tmp_path: Path, kill_at: list[float], share: float) -> None:
    """Each change of a file in turn is the last one, writes half done: nothing is lost or doubled
    after the next session, and tar reads every shard before it too.
    """
    kill_at[1] = share
    at = 0
    while True:
        at += 1
        root = tmp_path / f"{at}"
        (root / "data").mkdir(parents=True)
        kill_at[0] = at
        with contextlib.suppress(Killed):
            session(root, 6)
        done = kill_at[0] > 0
        kill_at[0] = float("inf")
        for name in [name for name in loose(root) if name.endswith(".made")]:
            remove_directory(str(root / "data" / name))
        session(root, 9)
        assert packed_tasks(root) == [f"d0_b0_s{sample}_r0" for sample in range(9)]
        door = TaskDirectories(str(root / "data"))
        for sample in range(9):
            with door.opened(f"d0_b0_s{sample}_r0", "result") as file:
                assert file.read() == b"%d" % sample * 400
        assert loose(root) == []
        if done:
            break
    assert at > 30
    assert listed_by_tar(root)
