"""The list of runs: all are found, cheaply the second time, and removed so that it can be
undone.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.operations import actions
from enchanted_tui.operations.removing import move_aside, put_back
from enchanted_tui.views import known_runs
from enchanted_tui.views.known_runs import RunCatalogue, runs_below
from enchanted_tui.views.viewing import Viewer

CONFIG = """
executors: {here: {type: LocalExecutor, n_workers: 1}}
samplers: {s: {type: RandomSampler, parameters: [x], bounds: [[0, 1]], budget: 4}}
runners: {r: {type: SumRunner, params_to_sum: [x]}}
supervisor: {base_run_dir: run, seed: 1, run_order: [{executor: here, sampler: s, runner: r}]}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory of a campaign of four samples."""
    root = tmp_path_factory.mktemp("made")
    (root / "c.yaml").write_text(CONFIG)
    config = load_config(root / "c.yaml", base_run_dir=root / "run")
    actions.start(config).start()
    return config.base_run_dir


@pytest.fixture
def tree(made: Path, tmp_path: Path) -> Path:
    """Three runs: one at hand, one deep, one of the older program; and one that is hidden."""
    for place in ("near", "a/b/deep", "older", ".hidden/run"):
        shutil.copytree(made, tmp_path / place)
    shutil.rmtree(tmp_path / "older" / "state")
    (tmp_path / "near" / "data" / "state").mkdir()
    return tmp_path


def test_all_runs_are_found_once(tree: Path, made: Path) -> None:
    """Protects the list: recent ones and those below roots, each once, by both programs; nothing
    hidden.
    """
    catalogue = RunCatalogue(tree / "cache.json")
    found = catalogue.find([made, tree / "near", tree / "gone"], [tree, tree / "a"])
    assert {entry.root for entry in found} == {
        made,
        tree / "near",
        tree / "a/b/deep",
        tree / "older",
    }
    assert {(entry.phase, entry.done, entry.succeeded) for entry in found if not entry.older} == {
        ("finished", 4, 4)
    }
    assert [entry.root.name for entry in found if entry.older] == ["older"]
    catalogue.close()


def test_the_second_time_nothing_is_folded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects a hundred runs on a network file system: unchanged ones come from the cache, in this
    program and the next.
    """
    cache = tree / "cache.json"
    first = RunCatalogue(cache)
    before = first.find([], [tree])
    first.close()
    read: list[Path] = []

    class Counting(Viewer):
        def __init__(self, root: Path) -> None:
            read.append(root)
            super().__init__(root)

    monkeypatch.setattr(known_runs, "Viewer", Counting)
    assert RunCatalogue(cache).find([], [tree]) == before
    assert read == []
    with (tree / "near" / "state" / "journal.jsonl").open("ab") as journal:
        journal.write(b"torn")
    RunCatalogue(cache).find([], [tree])
    assert read == [tree / "near"]
    cache.write_text(json.dumps({"format": 0}))
    assert {entry.done for entry in RunCatalogue(cache).find([], [tree])} == {4}


def test_what_takes_long_is_given_later(tree: Path) -> None:
    """Protects the first look at many runs: those not read in time are listed as such, and read the
    next time.
    """
    catalogue = RunCatalogue(tree / "cache.json")
    states = [entry.phase for entry in catalogue.find([], [tree], budget=-1.0)]
    assert states == ["unread"] * 3
    assert "unread" not in [entry.phase for entry in catalogue.find([], [tree])]
    catalogue.close()


def test_the_walk_is_bounded_and_stays_out_of_data(tree: Path) -> None:
    """Protects a home directory with millions of files."""
    for number in range(50):
        (tree / "x" / f"y{number}").mkdir(parents=True)
    assert list(runs_below(tree, max_depth=1)) == [tree / "near", tree / "older"]
    assert (
        list(runs_below(tree, max_entries=3)) == []
        or len(list(runs_below(tree, max_entries=3))) < 3
    )
    shutil.copytree(tree / "older", tree / "near" / "data" / "inner")
    assert tree / "near" / "data" / "inner" not in set(runs_below(tree))


def test_removing_is_undone(tree: Path) -> None:
    """Protects against loss: a removed run is only renamed, is not found any more, and comes back
    whole.
    """
    before = sorted(path.relative_to(tree / "near") for path in (tree / "near").rglob("*"))
    aside = move_aside(tree / "near")
    assert aside.parent == tree
    assert tree / "near" not in set(runs_below(tree))
    (tree / "near").mkdir()
    with pytest.raises(EnvironmentProblem, match="exists again"):
        put_back(aside)
    (tree / "near").rmdir()
    assert put_back(aside) == tree / "near"
    assert sorted(path.relative_to(tree / "near") for path in (tree / "near").rglob("*")) == before
    with pytest.raises(EnvironmentProblem, match="not a run directory"):
        move_aside(tree / "a")
    with pytest.raises(EnvironmentProblem, match="moved aside"):
        put_back(tree / "near")


def test_a_run_in_use_is_not_removed(tree: Path) -> None:
    """Protects a campaign that runs."""
    from enchanted_tui.storage.layout import CampaignDirectory
    from enchanted_tui.storage.lock import Lock

    lock = Lock.acquire(CampaignDirectory(tree / "near").lock, lambda: None)
    try:
        with pytest.raises(EnvironmentProblem, match=f"pid {os.getpid()}"):
            move_aside(tree / "near")
        found = {
            entry.root: entry.phase for entry in RunCatalogue(tree / "cache.json").find([], [tree])
        }
        assert found[tree / "near"] == "running"
    finally:
        lock.release()
