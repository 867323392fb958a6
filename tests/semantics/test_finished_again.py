"""A session that finds nothing to do leaves the files as they are; so it does after a rebuild, and
what was to be removed is gone once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.storage import cleaning
from enchanted_tui.supervisor import file_removal
from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config, random_sampler


def identities(campaign: Campaign) -> dict[str, tuple[int, int]]:
    """Give inode and modification time of what was made from the record."""
    found = {
        path.name: path.stat()
        for path in campaign.run_dir.iterdir()
        if path.is_file() and path.name != "enchanted_run.yaml"
    }
    return {name: (status.st_ino, status.st_mtime_ns) for name, status in found.items()}


@pytest.mark.parametrize(
    "removed", [(), ("enchanted_dataset.csv", "runs.h5"), ("enchanted_failures.csv",)]
)
def test_resume_after_a_rebuild_writes_nothing_again(
    campaign: Campaign, removed: tuple[str, ...]
) -> None:
    """Whether or not the rebuild has brought files back that were lost."""
    config = campaign_config(
        array_sampler("x", [0, 1]), random_sampler(3, None, ("y",)), summary_datatype="parquet"
    )
    assert campaign.run(config=config) == 0
    for name in removed:
        campaign.path(name).unlink()
    assert cli.main(["--rebuild", str(campaign.run_dir)]) == 0
    before = identities(campaign)
    assert len(before) == 5
    assert campaign.resume() == 0
    assert identities(campaign) == before


def test_resume_after_a_rebuild_of_other_contents_writes_them_again(campaign: Campaign) -> None:
    """A file that is not what is on record is never taken for it."""
    assert campaign.run(config=campaign_config(random_sampler(3))) == 0
    whole = campaign.path("enchanted_dataset.csv").read_bytes()
    campaign.path("enchanted_dataset.csv").write_bytes(whole[:-1])
    assert campaign.resume() == 0
    assert campaign.path("enchanted_dataset.csv").read_bytes() == whole


@pytest.mark.parametrize("save_files", ["none", "custom"])
def test_each_sample_is_cleaned_once(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, save_files: str
) -> None:
    """By its worker while the campaign runs; the end looks only after parents, and after what an
    earlier session has left.
    """
    cleaned: list[str] = []

    def clean(run_dir: Any, name: str, keep: Any = (), **how: Any) -> list[str]:
        cleaned.append(name)
        return cleaning.clean_task(run_dir, name, keep, **how)

    monkeypatch.setattr(file_removal, "clean_task", clean)
    more: dict[str, Any] = {"save_files_list": ["result.txt"]} if save_files == "custom" else {}
    config = campaign_config(
        array_sampler("x", [0, 1]), random_sampler(3, 2, ("y",)), save_files=save_files, **more
    )
    assert campaign.run(config=config) == 0
    assert sorted(cleaned) == ["d0_b0_s0_r0", "d0_b0_s1_r0"]
    left = {path.name for path in campaign.path("data").rglob("*") if path.is_file()}
    assert left == ({"result.txt"} if save_files == "custom" else set())


@pytest.mark.parametrize("layout", ["flat", "spread"])
def test_what_a_killed_session_has_not_cleaned(campaign: Campaign, layout: str) -> None:
    """Directories that are there although their samples have finished go with the next session,
    children and parents, and the groups that these lay in.
    """
    config = campaign_config(
        array_sampler("x", [0, 1]), random_sampler(3, 2, ("y",)), run_directories=layout
    )
    assert campaign.run(config=config) == 0
    campaign.config["supervisor"]["save_files"] = "none"
    assert campaign.resume() == 0
    assert os.listdir(campaign.path("data")) == []


def test_cleaning_that_fails_for_a_while(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the file server while samples run is told, and made up for at the end."""
    failing = [True] * 3

    def clean(run_dir: Any, name: str, keep: Any = (), **how: Any) -> list[str]:
        if failing:
            failing.pop()
            raise OSError(5, "Input/output error", str(Path(run_dir.data) / name))
        return cleaning.clean_task(run_dir, name, keep, **how)

    monkeypatch.setattr(file_removal, "clean_task", clean)
    config = campaign_config(random_sampler(6, 2), save_files="none")
    config["supervisor"]["run_order"][0] |= {"executor": ["here"] * 2, "runner": ["r0"] * 2}
    assert campaign.run(config=config) == 0
    assert os.listdir(campaign.path("data")) == []
    assert "cannot be removed" in campaign.path("logs/main.log").read_text()
