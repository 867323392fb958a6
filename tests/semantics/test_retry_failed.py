"""``--retry-failed``: the failed samples and what came of them run again, in place of what is
recorded; nothing else does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config
from helpers.files import h5_rows, read_h5

FLAKY = {"type": "helpers.parts.scripted:FlakyRunner", "parameter": "x", "values": [2, 3]}


@pytest.fixture
def fault(campaign: Campaign) -> Path:
    """The cause of the failures; remove it to mend them."""
    path = Path(os.environ["SEMANTICS_RUNS"] + ".broken")
    path.touch()
    return path


def retry(campaign: Campaign, *arguments: str) -> int:
    campaign.forget_executions()
    return cli.main(["--retry-failed", str(campaign.run_dir), *arguments])


def one_stage(**options: Any) -> dict[str, Any]:
    return campaign_config(array_sampler("x", [1, 2, 3, 4]), runners={"r0": {**FLAKY, **options}})


def outputs(campaign: Campaign) -> list[str]:
    return campaign.column("output")


def test_only_the_failed_samples_run_again(campaign: Campaign, fault: Path) -> None:
    """Their rows are replaced in place, the failures file empties, and every other row keeps its
    bytes.
    """
    assert campaign.run(config=one_stage()) == 0
    before = campaign.path("enchanted_dataset.csv").read_text().splitlines()
    assert sorted(row["task"] for row in campaign.failures()) == ["d0_b0_s1_r0", "d0_b0_s2_r0"]
    fault.unlink()
    assert retry(campaign) == 0
    after = campaign.path("enchanted_dataset.csv").read_text().splitlines()
    assert sorted(campaign.executions()) == ["d0_b0_s1_r0", "d0_b0_s2_r0"]
    assert outputs(campaign) == ["10", "20", "30", "40"]
    assert [after[line] for line in (0, 1, 4)] == [before[line] for line in (0, 1, 4)]
    assert campaign.failures() == []
    aggregated = h5_rows(read_h5(campaign.path("runs.h5"))["data"]["aggregated"])
    assert [row["output"] for row in aggregated] == [10.0, 20.0, 30.0, 40.0]
    assert [row["success"] for row in aggregated] == [1.0] * 4


def test_failures_that_persist_are_recorded_anew(campaign: Campaign, fault: Path) -> None:
    """Twice in a row: each time the same two run, and each stays one failure, not two."""
    assert campaign.run(config=one_stage()) == 0
    for _ in range(2):
        assert retry(campaign) == 0
        assert sorted(campaign.executions()) == ["d0_b0_s1_r0", "d0_b0_s2_r0"]
        assert sorted(row["task"] for row in campaign.failures()) == ["d0_b0_s1_r0", "d0_b0_s2_r0"]
        assert campaign.column("success") == ["True", "False", "False", "True"]


def test_what_was_mended_is_not_run_again(campaign: Campaign, fault: Path) -> None:
    """A second retry runs what still fails; a third, with nothing left to retry, runs nothing and
    changes nothing.
    """
    assert campaign.run(config=one_stage(always=[4])) == 0
    fault.unlink()
    assert retry(campaign) == 0
    assert len(campaign.executions()) == 3
    assert retry(campaign) == 0
    assert sorted(campaign.executions()) == ["d0_b0_s3_r0"]
    dataset = campaign.path("enchanted_dataset.csv")
    campaign.config["runners"]["r0"]["always"] = []
    rest = campaign.path("config/campaign.yaml")
    rest.write_text(campaign.write().read_text())
    assert retry(campaign) == 0
    assert outputs(campaign) == ["10", "20", "30", "40"]
    before = dataset.read_bytes()
    assert retry(campaign) == 0
    assert not campaign.executions()
    assert dataset.read_bytes() == before


def test_children_of_a_failed_parent_run_again_and_no_others(
    campaign: Campaign, fault: Path
) -> None:
    """Children were computed from their parent's outputs, so they go with it; those of the other
    parents stay.
    """
    config = campaign_config(
        array_sampler("x", [1, 2, 4]), array_sampler("y", [5, 6]), runners={"r0": FLAKY}
    )
    config["runners"]["r1"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["y"]}
    assert campaign.run(config=config) == 0
    assert campaign.column("success_r0") == ["True", "True", "False", "False", "True", "True"]
    fault.unlink()
    assert retry(campaign) == 0
    assert sorted(campaign.executions()) == ["d0_b0_s1_r0", "d1_b0_s2_r0", "d1_b0_s3_r0"]
    assert campaign.column("success_r0") == ["True"] * 6
    assert [(row["x"], row["y"]) for row in campaign.rows()] == [
        (x, y) for x in "124" for y in "56"
    ]
    assert [row["output"] for row in campaign.rows("last_complete_enchanted_dataset.csv")] == [
        "10",
        "20",
        "40",
    ]


def test_a_failed_child_leaves_its_parent_alone(campaign: Campaign, fault: Path) -> None:
    """Only the last stage's failed sample runs again."""
    config = campaign_config(
        array_sampler("y", [5, 6]), array_sampler("x", [1, 2]), runners={"r1": FLAKY}
    )
    assert campaign.run(config=config) == 0
    fault.unlink()
    assert retry(campaign) == 0
    assert sorted(campaign.executions()) == ["d1_b0_s1_r0", "d1_b0_s3_r0"]
    assert outputs(campaign) == ["10", "20", "10", "20"]


def test_later_steps_of_a_failed_step_run_again_and_earlier_ones_do_not(
    campaign: Campaign, fault: Path
) -> None:
    """Of three steps the middle one failed: it and the last run again, the first keeps its
    result.
    """
    config = campaign_config(array_sampler("x", [1, 2]), runners={"flaky": FLAKY})
    config["runners"]["last"] = {
        "type": "helpers.parts.scripted:TracingRunner",
        "add": ["output"],
        "fail_when": {"success_flaky": [False]},
    }
    config["supervisor"]["run_order"][0] |= {
        "executor": ["here"] * 3,
        "runner": ["r0", "flaky", "last"],
    }
    assert campaign.run(config=config) == 0
    assert len(campaign.failures()) == 2
    fault.unlink()
    assert retry(campaign) == 0
    assert sorted(campaign.executions()) == ["d0_b0_s1_r1", "d0_b0_s1_r2"]
    assert outputs(campaign) == ["10", "20"]
    assert campaign.column("success_flaky") == ["True", "True"]


def test_skipped_steps_run_once_their_cause_is_mended(campaign: Campaign, fault: Path) -> None:
    """A step that was skipped because the one before failed gets its turn."""
    config = campaign_config(
        array_sampler("x", [1, 2]), runners={"flaky": FLAKY}, failed_steps="skip"
    )
    config["runners"]["last"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["output"]}
    config["supervisor"]["run_order"][0] |= {"executor": ["here"] * 2, "runner": ["flaky", "last"]}
    assert campaign.run(config=config) == 0
    assert [row["kind"] for row in campaign.failures()] == ["exception", "skipped"]
    fault.unlink()
    assert retry(campaign) == 0
    assert sorted(campaign.executions()) == ["d0_b0_s1_r0", "d0_b0_s1_r1"]
    assert campaign.column("success") == ["True", "True"]
    assert campaign.failures() == []


def test_parents_that_were_skipped_are_expanded_once_mended(
    campaign: Campaign, fault: Path
) -> None:
    """With failed_parents: skip a failed parent has no children; mended, it gets all of them, in
    every recorded batch.
    """
    config = campaign_config(
        array_sampler("x", [1, 2]),
        array_sampler("y", [5, 6], batch_size=1),
        runners={"r0": FLAKY},
        failed_parents="skip",
    )
    config["runners"]["r1"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["y"]}
    assert campaign.run(config=config) == 0
    assert len(campaign.rows()) == 2
    fault.unlink()
    assert retry(campaign) == 0
    assert len(campaign.executions()) == 3
    assert sorted((row["x"], row["y"]) for row in campaign.rows()) == [
        (x, y) for x in "12" for y in "56"
    ]


def test_a_retry_does_not_finish_what_was_not_planned(campaign: Campaign, fault: Path) -> None:
    """Retrying is no extension: the number of rows and the targets stay."""
    assert campaign.run(config=one_stage()) == 0
    fault.unlink()
    assert retry(campaign) == 0
    assert retry(campaign) == 0
    assert [record["targets"] for record in campaign.records("open")] == [[4], [4], [4]]
    assert len(campaign.rows()) == 4


def test_the_run_directories_hold_the_new_attempt_alone(campaign: Campaign, fault: Path) -> None:
    """What the failed attempt left in the run directory is gone, so that no file can be taken for
    the new one's.
    """
    assert campaign.run(config=one_stage()) == 0
    directory = campaign.path("data/d0_b0_s1_r0")
    (directory / "half_written.dat").write_text("of the failed attempt")
    fault.unlink()
    assert retry(campaign) == 0
    assert sorted(path.name for path in directory.iterdir()) == ["enchanted_datapoint.csv"]


def test_a_directory_without_a_campaign_has_nothing_to_retry(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3 and a sentence, for a missing directory and an empty one."""
    assert retry(campaign) == 3
    campaign.run_dir.mkdir()
    assert retry(campaign) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_a_name_that_is_no_failed_task_is_refused(
    campaign: Campaign, fault: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name must not pass for a retry that went well: nothing runs, nothing is recorded,
    the nearest names are given.
    """
    assert campaign.run(config=one_stage()) == 0
    before = campaign.path("state/journal.jsonl").read_bytes()
    fault.unlink()
    capsys.readouterr()
    for only, said in (
        ("d0_b0_s0_r0", "nearest to it: d0_b0_s1_r0, d0_b0_s2_r0"),
        ("d0_b0_s1_r0,d0_b0_s3_r0,d7_b0_s0_r0", "so for 1 more"),
        ("d0_b0_s1_r1", "nearest to it: d0_b0_s1_r0"),
        (" , ", "names no task"),
        ("everything", "takes names of tasks"),
    ):
        assert retry(campaign, "--only", only) == 2, only
        assert said in capsys.readouterr().err
        assert not campaign.executions()
        assert campaign.path("state/journal.jsonl").read_bytes() == before
    assert retry(campaign, "--only", "d0_b0_s1_r0") == 0
    assert list(campaign.executions()) == ["d0_b0_s1_r0"]
    fault.touch()


def test_any_failed_task_of_a_sample_stands_for_it(campaign: Campaign, fault: Path) -> None:
    """The failures file, and a group of failures in the app, name later steps too: the sample runs
    again from where it failed first.
    """
    config = campaign_config(
        array_sampler("x", [1, 2, 3]), runners={"flaky": FLAKY}, failed_steps="skip"
    )
    config["runners"]["last"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["output"]}
    config["supervisor"]["run_order"][0] |= {"executor": ["here"] * 2, "runner": ["flaky", "last"]}
    assert campaign.run(config=config) == 0
    assert "d0_b0_s1_r1" in {row["task"] for row in campaign.failures()}
    fault.unlink()
    assert retry(campaign, "--only", "d0_b0_s1_r1") == 0
    assert sorted(campaign.executions()) == ["d0_b0_s1_r0", "d0_b0_s1_r1"]
    assert campaign.column("success") == ["True", "True", "False"]


def test_a_name_where_nothing_has_failed_is_refused(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a failed task no name can be one."""
    assert campaign.run(config=campaign_config(array_sampler("x", [1, 2]))) == 0
    assert retry(campaign, "--only", "d0_b0_s0_r0") == 2
    assert "No task has failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more",
    [("--overwrite",), ("--run-mode", "extend"), ("--base-run-dir", "elsewhere"), ("other.yaml",)],
)
def test_what_a_retry_cannot_heed_is_refused(
    campaign: Campaign, fault: Path, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that would be ignored is an error, before anything runs."""
    assert campaign.run(config=one_stage()) == 0
    capsys.readouterr()
    assert retry(campaign, *more) == 2
    assert "not with --retry-failed" in capsys.readouterr().err
    assert not campaign.executions()
