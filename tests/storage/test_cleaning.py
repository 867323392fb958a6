"""What is deleted, and above all what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enchanted_tui.storage.cleaning import (
    campaign_files,
    clean_task,
    delete_campaign,
    refuse_to_delete,
)
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.local_storage import make_private_dir, remove_private_dir

TASK = "d0_b0_s1_r0"


def tree(root: Path) -> set[str]:
    """Everything below `root`, links not followed."""
    return {
        os.path.relpath(os.path.join(folder, name), root)
        for folder, folders, files in os.walk(root)
        for name in [*folders, *files]
    }


def fill(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(name)
        else:
            path.mkdir(exist_ok=True)


@pytest.fixture
def run_dir(tmp_path: Path) -> CampaignDirectory:
    """A run directory with one finished task that left files at several levels."""
    run_dir = CampaignDirectory(tmp_path / "out")
    files = (
        "enchanted_datapoint.csv",
        "out.nc",
        "big.tmp",
        "sub/deep/out.nc",
        "sub/note.txt",
        "[odd].nc",
        "empty/",
        "logs/code.log",
        "a/runs.h5",
    )
    fill(run_dir.data / TASK, *files)
    fill(run_dir.data, "d0_b0_s10_r0/out.nc", "foreign.txt")
    return run_dir


SPARED = {"logs", "logs/code.log", "a", "a/runs.h5"}


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ([], set()),
        (["out.nc"], {"out.nc", "sub", "sub/deep", "sub/deep/out.nc"}),
        (["*.nc"], {"out.nc", "[odd].nc", "sub", "sub/deep", "sub/deep/out.nc"}),
        (["[odd].nc"], {"[odd].nc"}),
        (["sub/*"], {"sub", "sub/note.txt"}),
        (["sub/**/*.nc"], {"sub", "sub/deep", "sub/deep/out.nc"}),
        (["./out.nc"], {"out.nc", "sub", "sub/deep", "sub/deep/out.nc"}),
        (["enchanted_datapoint.csv", "no such file"], {"enchanted_datapoint.csv"}),
        (["sub"], set()),
    ],
)
def test_only_listed_files_are_kept(
    run_dir: CampaignDirectory, keep: list[str], kept: set[str]
) -> None:
    """`save_files` keeps what its list says, by name, pattern or path, and the neighbours are not
    touched.
    """
    assert clean_task(run_dir, TASK, keep) == []
    assert tree(run_dir.data / TASK) == kept | SPARED
    assert tree(run_dir.data) >= {"d0_b0_s10_r0/out.nc", "foreign.txt"}


def test_a_task_that_keeps_nothing_loses_its_directory(run_dir: CampaignDirectory) -> None:
    """Ten thousand empty directories count against the quota as much as files do; cleaning twice is
    no error.
    """
    clean_task(run_dir, "d0_b0_s10_r0")
    clean_task(run_dir, "d0_b0_s10_r0")
    assert not (run_dir.data / "d0_b0_s10_r0").exists()


def test_links_are_removed_not_followed(run_dir: CampaignDirectory, tmp_path: Path) -> None:
    """A run directory often links to input data shared by all samples."""
    shared = tmp_path / "shared"
    fill(shared, "precious.dat")
    task = run_dir.data / "d0_b0_s2_r0"
    task.mkdir()
    (task / "to_directory").symlink_to(shared)
    (task / "to_file").symlink_to(shared / "precious.dat")
    (task / "dangling").symlink_to(tmp_path / "nowhere")
    (run_dir.data / "d0_b0_s3_r0").symlink_to(shared)
    for name in ("d0_b0_s2_r0", "d0_b0_s3_r0"):
        clean_task(run_dir, name)
        assert not os.path.lexists(run_dir.data / name)
    assert (shared / "precious.dat").read_text() == "precious.dat"


@pytest.mark.parametrize("name", ["", ".", "..", "../data", "d0_b0_s1_r0/..", "d0_b0_s1", "*"])
def test_only_the_names_of_tasks_are_cleaned(run_dir: CampaignDirectory, name: str) -> None:
    """Whatever goes wrong elsewhere, cleaning cannot be led out of `data/`."""
    before = tree(run_dir.root)
    with pytest.raises(ValueError, match="not the name of a task"):
        clean_task(run_dir, name)
    assert tree(run_dir.root) == before


CREATED = (
    "config/run.yaml",
    "config/run.2.yaml",
    "data/d0_b0_s0_r0/enchanted_datapoint.csv",
    "data/d10_b11_s12_r13/sub/x",
    "data/.d0_b0_s0_r0.partial/x",
    "logs/main.log",
    "logs/main.log.3",
    "logs/current_progress.txt",
    "logs/all_progress.txt",
    "logs/pipeline_progress.txt",
    "logs/Worker-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f.log",
    "enchanted_dataset.csv",
    ".enchanted_dataset.csv.partial",
    ".enchanted_dataset.csv.spare",
    "last_complete_enchanted_dataset.csv",
    "enchanted_dataset.parquet",
    "enchanted_failures.csv",
    "enchanted_run.yaml",
    "runs.h5",
    "state/journal.jsonl",
    "state/live.json",
    "state/lock",
    "state/control/01700000000000000000-0a1b2c3d.json",
)
FOREIGN = (
    "notes.txt",
    "config/mine.yaml",
    "config/running.yaml",
    "config/run.old.yaml",
    "data/reference/d0_b0_s0_r0",
    "data/d0_b0_s0_r0.tar",
    "data/d0_b0_s7_r0",  # a file, not a task's directory
    "logs/main.log.bak",
    "logs/other.log",
    "state/journal.jsonl.bak",
    "enchanted_dataset.csv.bak",
    "plots/enchanted_dataset.csv",
)


def test_overwriting_deletes_what_a_campaign_created_and_nothing_else(tmp_path: Path) -> None:
    """People keep notes, plots and reference data in run directories."""
    run_dir = CampaignDirectory(tmp_path / "out")
    fill(run_dir.root, *CREATED, *FOREIGN)
    config = tmp_path / "run.yaml"
    previewed = {
        str(path.relative_to(run_dir.root)) for path in campaign_files(run_dir, config_path=config)
    }
    deleted = {
        str(path.relative_to(run_dir.root))
        for path in delete_campaign(run_dir, config_path=config, keep=(run_dir.lock,))
    }
    assert {name for name in tree(run_dir.root) if (run_dir.root / name).is_file()} == {
        *FOREIGN,
        "state/lock",
    }
    assert deleted == previewed - {"state/lock"} | {"state/control"}
    for name in CREATED:
        assert any(name == gone or name.startswith(gone + "/") for gone in previewed), name


def test_overwriting_leaves_no_empty_directories(tmp_path: Path) -> None:
    """With nothing foreign in it, the run directory is empty afterwards; configs stored under other
    names can be given by name.
    """
    run_dir = CampaignDirectory(tmp_path / "out")
    fill(run_dir.root, *CREATED, "config/earlier.yaml")
    delete_campaign(
        run_dir, config_path=tmp_path / "run.yaml", stored_configs=["earlier.yaml", "../state"]
    )
    assert tree(run_dir.root) == set()


def test_an_interrupted_deletion_leaves_no_campaign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first of a hundred thousand directories, it must not leave a journal that
    says they are all there.
    """
    run_dir = CampaignDirectory(tmp_path / "out")
    fill(run_dir.root, *CREATED)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        delete_campaign(run_dir)
    assert (
        not run_dir.journal.exists()
        and not run_dir.run_state.exists()
        and not run_dir.dataset.exists()
    )
    monkeypatch.undo()
    delete_campaign(run_dir)
    assert {name for name in tree(run_dir.root) if not name.startswith("config")} == set()


def test_overwriting_does_not_follow_links(tmp_path: Path) -> None:
    """`data` may be a link to a scratch disk that other campaigns share: its content is not ours to
    judge.
    """
    elsewhere = tmp_path / "scratch"
    fill(elsewhere, "d0_b0_s0_r0/x", "main.log", "current_progress.txt")
    run_dir = CampaignDirectory(tmp_path / "out")
    run_dir.data.mkdir(parents=True)
    (run_dir.data / "d0_b0_s0_r0").symlink_to(elsewhere / "d0_b0_s0_r0")
    run_dir.logs.symlink_to(elsewhere)
    run_dir.dataset.symlink_to(elsewhere / "main.log")
    delete_campaign(run_dir)
    assert tree(elsewhere) == {"d0_b0_s0_r0", "d0_b0_s0_r0/x", "main.log", "current_progress.txt"}
    assert tree(run_dir.root) == {"logs"}


@pytest.mark.parametrize(
    "where", ["/", "home", "above home", "here", "above here", "link", "config inside"]
)
def test_dear_directories_are_refused(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`base_run_dir: .` once cost a user his configuration and data."""
    out, config = tmp_path / "out", tmp_path / "run.yaml"
    fill(out, "enchanted_dataset.csv", "sub/x")
    if where == "/":
        out = Path("/")
    elif where == "home":
        monkeypatch.setenv("HOME", str(out))
    elif where == "above home":
        monkeypatch.setenv("HOME", str(out / "sub"))
    elif where == "here":
        monkeypatch.chdir(out)
        out = Path(".")
    elif where == "above here":
        monkeypatch.chdir(out / "sub")
    elif where == "link":
        (tmp_path / "link").symlink_to(out)
        out = tmp_path / "link"
    else:
        config = out / "sub" / "run.yaml"
    with pytest.raises(ValueError, match="Nothing is deleted"):
        refuse_to_delete(CampaignDirectory(out), config)
    with pytest.raises(ValueError, match="choose another base_run_dir"):
        delete_campaign(CampaignDirectory(out), config_path=config)
    assert (tmp_path / "out" / "enchanted_dataset.csv").exists()


def test_private_directories_on_local_disks(tmp_path: Path) -> None:
    """The older program moved everything it found on the local disk; here only the campaign's own
    directory exists to it.
    """
    fill(tmp_path, "foreign.txt")
    mine = make_private_dir(tmp_path, "0123abcd", "node 1/x")
    assert mine.parent == tmp_path
    assert mine.stat().st_mode & 0o777 == 0o700
    assert make_private_dir(tmp_path, "0123abcd", "node 1/x") == mine
    assert make_private_dir(tmp_path, "0123abcd", "node2") != mine
    fill(mine, f"{TASK}/half written")
    assert remove_private_dir(mine)
    assert remove_private_dir(mine)
    fill(mine, f"{TASK}/half written", "core.1234")
    assert not remove_private_dir(mine)
    assert tree(mine) == {"core.1234"}
    assert (tmp_path / "foreign.txt").exists()
