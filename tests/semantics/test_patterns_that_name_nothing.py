"""Patterns of files to be kept that name no file of the samples: a slip costs their files."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler

_SOLVER = {
    "r0": {
        "type": "CommandRunner",
        "command": "echo y = {{ x }}; echo 1 > field.nc; mkdir deep; echo 2 > deep/log.txt",
        "shell": True,
        "outputs": {"y": {"file": "stdout.txt", "regex": r"y = (\S+)"}},
    }
}


@pytest.mark.parametrize(
    "saving",
    [
        {
            "save_files": "packed",
            "pack": {"keep": ["field.nc", "*.ncc", "deep/*.txt", "log.txt/x"]},
        },
        {
            "save_files": "custom",
            "save_files_list": ["field.nc", "*.ncc", "deep/*.txt", "log.txt/x"],
        },
    ],
    ids=["packed", "custom"],
)
def test_a_pattern_that_names_nothing_is_told(
    campaign: Campaign, saving: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever finds out a month later that no file was kept: the patterns by name."""
    config = campaign_config(random_sampler(3), runners=_SOLVER, **saving)
    assert campaign.run(config=config) == 0
    option = "pack.keep" if "pack" in saving else "save_files_list"
    said = " ".join(capsys.readouterr().err.split())
    assert (
        f"{option} names '*.ncc', 'log.txt/x', and none of 3 runs that were looked at has such a"
        " file; what no pattern names is not kept"
    ) in said


def test_patterns_that_name_files_are_not_told_of(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects from warnings that nobody can mend."""
    keep = {"save_files": "packed", "pack": {"keep": ["*.nc", "log.txt"]}}
    assert campaign.run(config=campaign_config(random_sampler(3), runners=_SOLVER, **keep)) == 0
    assert "pack.keep" not in capsys.readouterr().err
