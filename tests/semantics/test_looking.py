"""The commands that only look, and values changed on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler
from helpers.files import snapshot


def failing(values: list[Any], wanted: list[Any]) -> dict[str, Any]:
    """A campaign over `values` of x, of which `wanted` fail."""
    runner = {
        "type": "helpers.parts.scripted:TracingRunner",
        "add": ["x"],
        "fail_when": {"x": wanted},
    }
    return campaign_config(array_sampler("x", values), runners={"r0": runner})


def test_events_are_json_lines_that_tell_the_whole_story(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output holds nothing but records, one a line, the same as in the journal."""
    assert campaign.run("--json", config=failing([1, 2, 3], [2])) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [event["type"] for event in events]
    assert kinds.count("task") == 3
    assert kinds[-1] == "end"
    assert {"samples", "batch_complete", "stage_complete"} <= set(kinds)
    failed = [event for event in events if event.get("outcome") == "failed"]
    assert [event["kind"] for event in failed] == ["exception"]
    journal = campaign.records()
    assert [event["type"] for event in events] == [record["type"] for record in journal][
        -len(events) :
    ]


def test_the_events_of_a_retry_are_json_too(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """--retry-failed --json: the same lines."""
    assert campaign.run(config=failing([1, 2, 3], [2])) == 0
    capsys.readouterr()
    assert cli.main(["--retry-failed", str(campaign.run_dir), "--json"]) == 0
    kinds = [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]
    assert kinds.count("retry") == kinds.count("task") == 1


def test_checking_creates_nothing(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """--check says that all is well, or everything that is not, with exit code 2; no file appears
    either way.
    """
    path = campaign.write(campaign_config(random_sampler(2)))
    before = snapshot(campaign.root)
    assert cli.main([str(path), "--check"]) == 0
    assert "is valid: 1 stage, 1 step." in capsys.readouterr().out
    assert (
        cli.main(
            [
                str(path),
                "--check",
                "--set",
                "samplers.s0.budget=-1",
                "--set",
                "supervisor.run_mode=freshh",
            ]
        )
        == 2
    )
    said = capsys.readouterr().err
    assert "samplers.s0.budget" in said
    assert "supervisor.run_mode" in said
    assert "fresh" in said
    assert snapshot(campaign.root) == before


def test_a_dry_run_of_a_fresh_campaign_touches_nothing(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stages, batches, tasks and the very samples that a run then draws; nothing is created."""
    config = campaign_config(random_sampler(5, 2), array_sampler("y", [1, 2, 3]))
    path = campaign.write(config)
    before = snapshot(campaign.root)
    assert cli.main([str(path), "--dry-run", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert snapshot(campaign.root) == before
    assert [
        (stage["target"], stage["batches"], stage["samples"], stage["tasks"])
        for stage in shown["stages"]
    ] == [
        (5, 3, 5, 5),
        (3, 1, 15, 15),
    ]
    assert campaign.run() == 0
    drawn = [float(row["x"]) for row in campaign.rows("last_complete_enchanted_dataset.csv")]
    assert [sample["x"] for sample in shown["stages"][0]["first_samples"]] == drawn[
        : len(shown["stages"][0]["first_samples"])
    ]


def test_a_dry_run_of_a_resume_says_what_is_reused(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """And changes nothing in the directory, not even the time of a file."""
    assert campaign.run(config=campaign_config(random_sampler(4, 2))) == 0
    campaign.budget(7)
    campaign.write()
    capsys.readouterr()
    before = {
        path: (path.stat().st_mtime_ns, path.stat().st_size) for path in campaign.run_dir.rglob("*")
    }
    for command in (
        [str(campaign.config_path), "--run-mode", "resume"],
        [str(campaign.config_path), "--run-mode", "extend"],
    ):
        assert cli.main([*command, "--dry-run", "--json"]) == 0
        stage = json.loads(capsys.readouterr().out)["stages"][0]
        assert (stage["done"], stage["target"]) == (4, 7 if "resume" in command else 11)
    assert cli.main([str(campaign.run_dir), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert (
        "4 rows, 4 tasks; 4 rows are on record and reused, nothing left to run" in said
        and "sample:" not in said
    )
    assert cli.main([str(campaign.config_path), "--run-mode", "resume", "--dry-run"]) == 0
    assert (
        "7 rows, 7 tasks; 4 rows are on record and reused, 3 left to run" in capsys.readouterr().out
    )
    assert {
        path: (path.stat().st_mtime_ns, path.stat().st_size) for path in campaign.run_dir.rglob("*")
    } == before


def test_a_dry_run_says_what_would_refuse(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed configuration is refused by the dry run too, and a full directory is announced."""
    assert campaign.run(config=campaign_config(random_sampler(2))) == 0
    path = str(campaign.config_path)
    capsys.readouterr()
    assert cli.main([path, "--dry-run"]) == 0
    assert "is not empty" in capsys.readouterr().out
    assert cli.main([path, "--dry-run", "--run-mode", "resume", "--set", "supervisor.seed=8"]) == 2
    assert "seed: was 7, is now 8" in capsys.readouterr().err


def test_values_can_be_changed_on_the_command_line(campaign: Campaign) -> None:
    """--set reaches sections, lists and options, in YAML's own types; the stored configuration says
    so.
    """
    overrides = [
        "samplers.s0.budget=1e1",
        "samplers.s0.batch_size=4",
        "supervisor.run_order.0.runner=[r0, other]",
        "supervisor.run_order.0.executor=[here, here]",
        "supervisor.failed_steps=skip",
        "executors.here.n_workers=1",
    ]
    config = campaign_config(random_sampler(2))
    config["runners"]["other"] = {"type": "helpers.parts.scripted:TracingRunner", "add": ["x"]}
    assert (
        campaign.run(
            *(part for override in overrides for part in ("--set", override)), config=config
        )
        == 0
    )
    assert len(campaign.rows()) == 10
    assert "success_other" in campaign.columns()
    assert len(campaign.records("batch_complete")) == 3
    stored = campaign.path("config/campaign.yaml").read_text()
    assert all(f"#   {override}" in stored for override in overrides)


def test_a_wrong_override_is_located_on_the_command_line(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the option, not a line of the file."""
    assert (
        campaign.run("--set", "samplers.s0.budget=many", config=campaign_config(random_sampler(2)))
        == 2
    )
    said = capsys.readouterr().err
    assert "--set" in said
    assert "samplers.s0.budget" in said
    assert not campaign.run_dir.exists()


def test_the_status_of_a_finished_campaign(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts and failures, for people and as JSON, from another directory too."""
    assert campaign.run(config=failing([1, 2, 3], [2])) == 0
    capsys.readouterr()
    assert cli.main(["--status", str(campaign.run_dir), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["snapshot"]["succeeded"], found["snapshot"]["failed"], found["liveness"]) == (
        2,
        1,
        "not running",
    )
    assert found["last_failures"][0]["task"] == "d0_b0_s1_r0"
    assert cli.main(["--status", str(campaign.run_dir)]) == 0
    assert "2 ok, 1 failed" in capsys.readouterr().out
