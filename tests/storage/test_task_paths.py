"""Where the directories of tasks lie: one place says so, by their names alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.task_paths import TaskPaths, group_of, make_directory, paths_around


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("d0_b0_s0_r0", "000"),
        ("d0_b0_s12345_r0", "345"),
        ("d3_b7_s12345_r2", "352"),
        ("d0_b999_s1_r0", "000"),
        (".d0_b0_s345_r0.given", "345"),
        (".d0_b0_s345_r0.partial", "345"),
        (".d0_b0_s345_r0.81273.partial", "345"),
        ("dn0_ds0_b0_s345", ""),
        ("d0_b0_s345_r0.tar", ""),
        ("345", ""),
    ],
)
def test_group_of_a_name(name: str, group: str) -> None:
    """Protects what is on disk: another rule would not find the directories of earlier sessions."""
    assert group_of(name) == group
    assert TaskPaths("/run/data", True).of(name) == "/".join(
        filter(None, ("/run/data", group, name))
    )
    assert TaskPaths("/run/data").of(name) == f"/run/data/{name}"


@pytest.mark.parametrize("batch_size", [1, 7, 1_000, 50_000])
def test_groups_are_of_one_size(batch_size: int) -> None:
    """Whatever the size of batches, 50,000 samples are some 50 in each of 1,000 groups, and those that
    run at once hardly meet.
    """
    names = [TaskId(0, *divmod(number, batch_size), 0).name for number in range(50_000)]
    count = Counter(map(group_of, names))
    assert len(count) == 1_000 and max(count.values()) <= 2 * 50
    for start in range(0, 50_000, 997):
        assert max(Counter(map(group_of, names[start : start + 16])).values()) <= 3


def test_back_from_a_path() -> None:
    """Protects whoever is given a path: which task it is in, and where the others are."""
    spread, flat = TaskPaths("/run/data", True), TaskPaths("/run/data", False)
    assert spread.task_at("/run/data/345/d0_b0_s345_r0/sub/x") == "d0_b0_s345_r0"
    assert flat.task_at("/run/data/d0_b0_s345_r0/sub/x") == "d0_b0_s345_r0"
    assert flat.task_at("/run/database/x") is None
    for paths in (spread, flat):
        assert paths_around(paths.of("d0_b0_s345_r0")) == paths
        assert paths.moved("elsewhere/d0_b0_s345_r0") == paths.of("d0_b0_s345_r0")
    # a directory of another program, which happens to have three digits
    assert paths_around("/run/data/344/d0_b0_s345_r0") == TaskPaths("/run/data/344")


def test_only_groups_are_made_and_taken_for_such(tmp_path: Path) -> None:
    """`data` itself is not made again where it has gone, and directories of three digits that hold
    something else are somebody's own.
    """
    spread = TaskPaths(str(tmp_path / "data"), True)
    for paths in (spread, TaskPaths(spread.data_dir)):
        with pytest.raises(FileNotFoundError):
            make_directory(paths.of("d0_b0_s345_r0"))
    (tmp_path / "data" / "123").mkdir(parents=True)
    (tmp_path / "data" / "123" / "d0_b0_s345_r0").mkdir()
    make_directory(spread.of("d0_b0_s345_r0"))
    assert [entry.name for entry in spread.entries()] == ["d0_b0_s345_r0"]
    both = TaskPaths(spread.data_dir, None)
    assert sorted(entry.name for entry in both.entries()) == ["123", "d0_b0_s345_r0"]
    spread.remove_empty_groups()
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["123", "345"]
