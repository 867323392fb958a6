"""A campaign whose files are packed, killed at any change of a file, has each of them once."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable

import pytest

from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config
from helpers.marks import in_full
from helpers.packed import DATAPOINT, files_of_tasks, listed_by_tar, loose, packed_tasks
from helpers.processes import TESTS, finish
from helpers.shapes import nested

PACKED = nested(4, 3, 2, inner_steps=2, mischief=True)
PACKED["supervisor"] |= {"save_files": "packed", "pack": {"tasks": 5}}
SPREAD = {**PACKED, "supervisor": {**PACKED["supervisor"], "run_directories": "spread"}}
#: a function that uses no directory; some of its samples print, some fail
LEAN = campaign_config(
    array_sampler("x", list(range(24))),
    runners={"r0": {"type": "PythonRunner", "function": "helpers.parts.plain:differs"}},
    save_files="packed",
    pack={"tasks": 5},
)
#: more than there are write points
MOST = 400


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dict[str, bytes]]:
    """Give the files that a campaign leaves that keeps all of them loose."""

    @functools.cache
    def run() -> dict[str, bytes]:
        config = {**PACKED, "supervisor": {**PACKED["supervisor"], "save_files": "all"}}
        campaign = Campaign.apart(tmp_path_factory.mktemp("reference"), config)
        ended = campaign.run_here()
        assert ended.code == 0, ended
        return files_of_tasks(campaign.run_dir)

    return run


@pytest.mark.parametrize(
    ("at", "action"),
    [
        (110, "kill"),
        (36, "torn"),
        *in_full((121, "EIO")),
        *in_full(*((at, "kill") for at in range(1, MOST, 2))),
        *in_full(*((at, "torn") for at in range(1, MOST // 3))),
        *in_full(*((at, "EIO") for at in range(40, MOST, 5))),
    ],
)
def test_killed_while_it_packs(
    campaign: Callable[..., Campaign], kept: Callable[[], dict[str, bytes]], at: int, action: str
) -> None:
    """Or refused a change: nothing is lost, nothing is there twice, tar reads every archive at once
    and afterwards, and the files are those of a campaign that does not pack.
    """
    _end_at(campaign(PACKED), kept(), at, action)


@pytest.mark.parametrize(
    ("at", "action"),
    [
        (90, "kill"),
        *in_full(*((at, "kill") for at in range(2, MOST, 4))),
        *in_full(*((at, "torn") for at in range(2, MOST // 3, 5))),
        *in_full(*((at, "EIO") for at in range(42, MOST, 10))),
    ],
)
def test_killed_while_it_packs_groups(
    campaign: Callable[..., Campaign], kept: Callable[[], dict[str, bytes]], at: int, action: str
) -> None:
    """The same where run directories are spread over groups, of which none is left."""
    _end_at(campaign(SPREAD), kept(), at, action)


@pytest.mark.parametrize(
    ("at", "action"),
    [
        (60, "kill"),
        *in_full(*((at, "kill") for at in range(2, MOST // 2, 2))),
        *in_full(*((at, "torn") for at in range(2, MOST // 6, 3))),
        *in_full(*((at, "EIO") for at in range(12, MOST // 2, 5))),
    ],
)
def test_killed_while_it_packs_what_has_no_directory(
    campaign: Callable[..., Campaign], at: int, action: str
) -> None:
    """What has no directory, packed from its record, is in the archives once like all else."""
    case = campaign(LEAN)
    _kill_and_complete(case, at, action)
    names = [f"d0_b0_s{number}_r0" for number in range(24)]
    assert packed_tasks(case.run_dir) == sorted(names)
    said = {f"{name}/stdout.txt" for name in names[1::4]}
    assert set(files_of_tasks(case.run_dir)) == said | {f"{name}/{DATAPOINT}" for name in names}


def _end_at(case: Campaign, kept: dict[str, bytes], at: int, action: str) -> None:
    _kill_and_complete(case, at, action)
    assert len(packed_tasks(case.run_dir)) == 4 + 4 * 3 * 2
    assert files_of_tasks(case.run_dir) == kept


def _kill_and_complete(case: Campaign, at: int, action: str) -> None:
    plan = (str(TESTS / "helpers" / "fault_driver.py"), json.dumps({"at": at, "action": action}))
    finish(case.start("campaign.yaml", "--no-ui", "--run-mode", "auto", program=plan))
    case.wait_for_no_process()
    listed_by_tar(case.run_dir, in_write=action == "torn")
    case.complete()
    assert loose(case.run_dir) == []
    case.assert_sound_record()
