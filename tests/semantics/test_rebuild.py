"""``--rebuild``: whatever has happened to the output files, the journal gives them again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.files import read_h5, read_parquet

#: Files that are byte for byte the same whenever they are written from the same journal.
EXACT = (
    "enchanted_dataset.csv",
    "last_complete_enchanted_dataset.csv",
    "enchanted_failures.csv",
    "enchanted_run.yaml",
)
ALL = (
    *EXACT,
    "runs.h5",
    "enchanted_dataset.parquet",
    "logs/all_progress.txt",
    "logs/current_progress.txt",
    "logs/pipeline_progress.txt",
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign of two stages and two steps with failures, text and several batches;
    every output file is there.
    """
    config = campaign_config(
        array_sampler("x", [1, 2, 3], batch_size=2),
        array_sampler("y", [10, 20], batch_size=1),
        runners={
            "r0": {
                "type": "helpers.parts.scripted:TracingRunner",
                "add": ["x"],
                "fail_when": {"x": [2]},
            },
            "r1": {
                "type": "helpers.parts.scripted:TracingRunner",
                "add": ["y"],
                "fail_when": {"y": [20]},
            },
            "files": {"type": "helpers.parts.scripted:ParentFileRunner", "name": "chain.txt"},
        },
        summary_datatype="parquet",
    )
    config["supervisor"]["run_order"][1] |= {
        "executor": ["here", "here"],
        "runner": ["r1", "files"],
    }
    campaign = Campaign(tmp_path_factory.mktemp("template"), config)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(campaign.root)
        assert campaign.run() == 0
    return campaign.root


@pytest.fixture
def finished(campaign: Campaign, template: Path) -> Campaign:
    """A copy of that campaign."""
    shutil.copytree(template, campaign.root, dirs_exist_ok=True)
    campaign.config = yaml.safe_load(campaign.config_path.read_text())
    return campaign


def rebuild(campaign: Campaign) -> int:
    return cli.main(["--rebuild", str(campaign.run_dir)])


def contents(campaign: Campaign) -> dict[str, Any]:
    """Give the content of every output file; times in progress reports left out."""
    found: dict[str, Any] = {name: campaign.path(name).read_bytes() for name in EXACT}
    found["runs.h5"] = read_h5(campaign.path("runs.h5"))
    found["parquet"] = read_parquet(campaign.path("enchanted_dataset.parquet"))
    for name in ALL[-3:]:
        lines = campaign.path(name).read_text().splitlines()
        found[name] = [
            line
            for line in lines
            if not line.startswith(("Time:", "Rate:", "Elapsed:", "Remaining:"))
        ]
    # batches overlap: their reports stand in the order in which they happened to end, which a
    # rebuild does not know
    reports = "\n".join(found["logs/all_progress.txt"]).split("=== PROGRESS REPORT")
    found["logs/all_progress.txt"] = sorted(report.strip() for report in reports)
    return found


def damage(path: Path, how: str) -> None:
    if how == "deleted":
        path.unlink()
    elif how == "torn":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.write_bytes(b"\x00\xff nonsense, \n" * 50)


def test_the_fixture_has_every_output_file(finished: Campaign) -> None:
    """The tests below would pass on nothing otherwise."""
    assert [name for name in ALL if not finished.path(name).is_file()] == []
    assert len(finished.rows()) == 6
    assert len(finished.rows("last_complete_enchanted_dataset.csv")) == 3
    assert len(finished.failures()) == 1 + 3


DAMAGE = ("deleted", "torn", "empty", "nonsense")


@pytest.mark.parametrize(
    ("name", "how"), [*((name, "torn") for name in ALL), *(("all of them", how) for how in DAMAGE)]
)
def test_a_damaged_file_is_written_anew(finished: Campaign, name: str, how: str) -> None:
    """Each file, and all of them in each state that an accident can leave: identical bytes (CSV),
    equal content (HDF5, Parquet).
    """
    before = contents(finished)
    for damaged in ALL if name == "all of them" else (name,):
        damage(finished.path(damaged), how)
    assert rebuild(finished) == 0
    assert contents(finished) == before


def test_rebuilding_what_is_whole_changes_nothing(finished: Campaign) -> None:
    """Bytes of the CSV files and content of the others; twice gives the same again."""
    before = contents(finished)
    for _ in range(2):
        assert rebuild(finished) == 0
        assert contents(finished) == before


def test_the_rebuilt_files_are_named(
    finished: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output lists what was written, for a person and a script."""
    capsys.readouterr()
    assert rebuild(finished) == 0
    assert set(capsys.readouterr().out.split()) == {*EXACT, "runs.h5", "enchanted_dataset.parquet"}


def test_the_run_directories_are_not_needed(finished: Campaign) -> None:
    """The journal holds every row: the run directories may be gone, `logs` too."""
    before = contents(finished)
    shutil.rmtree(finished.path("data"))
    shutil.rmtree(finished.path("logs"))
    assert rebuild(finished) == 0
    assert contents(finished) == before


def test_resume_repairs_a_deleted_dataset(finished: Campaign) -> None:
    """A session that finds its files changed writes them anew, without being told to."""
    before = contents(finished)
    damage(finished.path("enchanted_dataset.csv"), "deleted")
    damage(finished.path("runs.h5"), "torn")
    finished.forget_executions()
    assert finished.resume() == 0
    assert not finished.executions()
    assert contents(finished) == before


def test_rebuild_runs_nothing_and_records_nothing(finished: Campaign) -> None:
    """The journal stays byte for byte, and no sample is run."""
    journal = finished.path("state/journal.jsonl")
    before = journal.read_bytes()
    finished.forget_executions()
    assert rebuild(finished) == 0
    assert journal.read_bytes() == before
    assert not finished.executions()


def test_an_interrupted_campaign_is_rebuilt_as_far_as_it_came(campaign: Campaign) -> None:
    """In the middle of a stage: the files of an interrupted session are what a rebuild gives."""
    config = campaign_config(
        array_sampler("x", [1, 2]),
        {"type": "RandomSamplerWithKill", **_unit("y"), "budget": 6, "batch_size": 2},
    )
    config["samplers"]["s1"]["kill_after"] = 2
    assert campaign.run(config=config) == 1
    assert len(campaign.rows()) == 8
    before = {name: campaign.path(name).read_bytes() for name in EXACT}
    for name in EXACT:
        campaign.path(name).unlink()
    assert rebuild(campaign) == 0
    assert {name: campaign.path(name).read_bytes() for name in EXACT} == before


def test_between_two_stages_the_dataset_is_the_finished_one(campaign: Campaign) -> None:
    """The second stage's sampler dies before its first draw: dataset and last complete dataset hold
    the first stage's rows, rebuilt too.
    """
    config = campaign_config(
        array_sampler("x", [1, 2]),
        {"type": "RandomSamplerWithKill", **_unit("y"), "budget": 6, "kill_after": 0},
    )
    assert campaign.run(config=config) == 1
    before = {name: campaign.path(name).read_bytes() for name in EXACT}
    assert [row["x"] for row in campaign.rows()] == ["1", "2"]
    assert before["enchanted_dataset.csv"] == before["last_complete_enchanted_dataset.csv"]
    for name in EXACT:
        campaign.path(name).unlink()
    assert rebuild(campaign) == 0
    assert {name: campaign.path(name).read_bytes() for name in EXACT} == before


def test_an_earlier_stage_that_runs_again_does_not_cost_the_dataset_its_rows(
    campaign: Campaign,
) -> None:
    """While the first stage of a finished campaign runs for a raised budget, the dataset keeps the
    last stage's rows.
    """
    config = campaign_config(
        {"type": "RandomSamplerWithKill", **_unit("x"), "budget": 2, "batch_size": 1},
        array_sampler("y", [1, 2]),
    )
    assert campaign.run(config=config) == 0
    before = campaign.path("enchanted_dataset.csv").read_bytes()
    campaign.config["samplers"]["s0"] |= {"budget": 4, "kill_after": 1}
    assert campaign.resume() == 1
    assert campaign.path("enchanted_dataset.csv").read_bytes() == before
    files = {name: campaign.path(name).read_bytes() for name in EXACT}
    h5 = read_h5(campaign.path("runs.h5"))
    for name in (*EXACT, "runs.h5"):
        campaign.path(name).unlink()
    assert rebuild(campaign) == 0
    assert {name: campaign.path(name).read_bytes() for name in EXACT} == files
    assert read_h5(campaign.path("runs.h5")) == h5
    del campaign.config["samplers"]["s0"]["kill_after"]
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 8
    assert len(campaign.rows("last_complete_enchanted_dataset.csv")) == 4


def test_a_directory_in_use_is_not_rebuilt(
    finished: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A running supervisor writes these files itself: the second one is refused, naming the
    first.
    """
    from enchanted_tui.storage.lock import Lock

    lock = Lock.acquire(finished.path("state/lock"), lambda: None)
    try:
        assert rebuild(finished) == 3
    finally:
        lock.release()
    assert "pid" in capsys.readouterr().err


def test_there_must_be_something_to_rebuild_from(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty directory, a missing one and a foreign one: exit code 3, a sentence, nothing
    made.
    """
    assert rebuild(campaign) == 3
    campaign.run_dir.mkdir()
    assert rebuild(campaign) == 3
    (campaign.run_dir / "thesis.tex").write_text("\\title")
    assert rebuild(campaign) == 3
    assert [path.name for path in campaign.run_dir.iterdir()] == ["thesis.tex"]
    assert "Traceback" not in capsys.readouterr().err


def _unit(name: str) -> dict[str, Any]:
    return {"parameters": [name], "bounds": [[0.0, 1.0]]}


@pytest.mark.parametrize("how", ["first line", "every line"])
def test_a_journal_that_does_not_say_what_it_is_can_be_done_without(
    finished: Campaign, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command says so in one sentence, with a remedy that works: the run directories give the
    finished batches.
    """
    journal = finished.path("state/journal.jsonl")
    first, *rest = journal.read_bytes().splitlines(keepends=True)
    broken = (
        [first.replace(b'"v":1', b'"v":7'), *rest] if how == "first line" else [b"nonsense\n"] * 5
    )
    journal.write_bytes(b"".join(broken))
    before = contents(finished)
    run_dir = str(finished.run_dir)
    for command in (
        ["--status", run_dir],
        ["--rebuild", run_dir],
        [run_dir, "--no-ui"],
        [run_dir, "--dry-run"],
        ["--retry-failed", run_dir],
    ):
        capsys.readouterr()
        assert cli.main(command) == 3
        said = capsys.readouterr().err
        assert "Move the file away" in said
        assert "Traceback" not in said
    assert contents(finished) == before
    rows = finished.rows()
    journal.unlink()
    assert rebuild(finished) == 0
    assert finished.rows() == rows


@pytest.mark.parametrize(
    ("kind", "again"),
    [("task", 1), ("samples", 0), ("stage_complete", 0), ("batch_complete", 0), ("end", 0)],
)
def test_a_damaged_line_in_the_journal_costs_only_what_it_held(
    campaign: Campaign, kind: str, again: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line is reported by number, of a finished campaign too; a resume runs what it held again,
    with the very same values.
    """
    assert campaign.run(config=campaign_config(random_sampler(4, 2))) == 0
    before = campaign.column("x")
    journal = campaign.path("state/journal.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    number = [index for index, line in enumerate(lines) if b'"type":"%s"' % kind.encode() in line][
        -1
    ]
    lines[number] = lines[number].replace(b'"v":1', b'"v":7')
    journal.write_bytes(b"".join(lines))
    campaign.forget_executions()
    assert campaign.resume() == 0
    if kind != "end":
        assert f"journal.jsonl:{number + 1}" in capsys.readouterr().err
    assert len(campaign.executions()) == again
    assert campaign.column("x") == before
    assert campaign.path("enchanted_dataset.csv").read_bytes().count(b"\n") == 5
