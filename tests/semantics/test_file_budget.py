"""Files that samples make: told beforehand, while they run, and limited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler


def slow(campaign: Campaign, **supervisor: Any) -> None:
    campaign.config = campaign_config(random_sampler(60), **supervisor)
    campaign.config["runners"]["r0"] = {
        "type": "helpers.parts.probe:ProbeRunner",
        "sleep": 0.1,
    }


def files_of(run_dir: Path) -> int:
    return sum(1 for _ in run_dir.rglob("*"))


def test_limit(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """A campaign stops when its directory has as many files as it may, says so in a sentence, and
    goes on with a higher limit.
    """
    slow(campaign, max_files=90)
    assert campaign.run() == 3
    assert "max_files = 90" in capsys.readouterr().err
    assert 60 < files_of(campaign.run_dir) < 180  # not all, however busy the machine
    end = campaign.records("end")[-1]
    assert end["reason"] == "max_files"
    assert campaign.resume() == 3
    campaign.config["supervisor"]["max_files"] = 100_000
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 60


def test_forecast(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever plans to go on is told what a sample makes, what that comes to, and what there is
    room for.
    """
    campaign.config = campaign_config(random_sampler(5))
    assert campaign.run() == 0
    campaign.budget(1_000)
    capsys.readouterr()
    arguments = [str(campaign.write()), "--dry-run", "--run-mode", "extend"]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert "3 files and" in said, said  # its directory, its datapoint, what it writes
    assert "3,015 files and" in said, said
    assert "room for" in said
    assert cli.main([*arguments, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert (files["files"], files["now"], files["at_end"]) == (3.0, 15, 3_015)
