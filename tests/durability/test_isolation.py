"""Whatever a sample does to its worker costs that one sample, leaves a reason, and leaves nothing
behind.
"""

from __future__ import annotations

import csv
import functools
import json
import math
import os
import time

import pytest

from helpers.campaign import Campaign
from helpers.odd_samples import CASES, OK, check_leaving, config, leaving, samples

MESSAGES = {
    "none": "returned None",
    "a_list": "a list",
    "no_success": "without 'success'",
    "success_is_text": "'yes'",
    "contains_itself": "contains itself",
    "says_it_failed": "did not converge",
    "raises": 'ValueError: no "equilibrium",\nnone at all',
    "sys_exit": "sys.exit('enough')",
    "os_exit": "exit code 7",
    "segfaults": "SIGSEGV",
    "aborts": "SIGABRT",
    "kills_its_group": "SIGKILL",
    "hangs_with_children": "time limit of 3 s",
    "stops_itself": "time limit of 3 s",
    "runs_out_of_memory": "MemoryError",
    "recurses": "RecursionError",
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Run a campaign of all cases, once for each name that it is asked for by."""

    @functools.cache
    def run(name):
        campaign = Campaign.apart(
            tmp_path_factory.mktemp(name),
            config([f"plain{n}" for n in range(2 * len(CASES))] if name == "plain" else samples()),
        )
        ended = campaign.run_here()
        assert ended.code == 0, ended
        campaign.wait_for_no_process(5.0)
        return campaign

    return run


def rows(campaign):
    with (campaign.run_dir / "enchanted_dataset.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert len({row["case"] for row in found}) == len(found)
    return {row["case"]: row for row in found}


def failures(campaign):
    with (campaign.run_dir / "enchanted_failures.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert len({row["task"] for row in found}) == len(found)
    return {json.loads(row["params"])["case"]: row for row in found}


def test_each_sample_is_one_row(odd):
    """Nothing is lost or doubled, in the order of the samples."""
    assert list(rows(odd("odd"))) == samples()


@pytest.mark.parametrize("case", CASES)
def test_outcome(odd, case):
    """Each case is recorded for what it is, with a reason that helps."""
    row, failure = rows(odd("odd"))[case], failures(odd("odd")).get(case)
    if CASES[case] == OK:
        assert failure is None
        assert row["success"] == row["success_odd"] == "True"
    else:
        assert row["success"] == row["success_odd"] == "False"
        assert failure["kind"] == CASES[case], failure
        assert MESSAGES.get(case, "") in failure["message"]
        assert failure["message"].strip()
        assert failure["run_dir"] == row["run_dir"]


def test_data_survives(odd):
    """Values that others would lose, cut or stumble over are what they were."""
    found = {case: row["output"] for case, row in rows(odd("odd")).items()}
    assert found["numpy_success"] == "1.5"
    assert math.isnan(float(found["nan"]))
    assert int(found["huge"]) == 2**70
    assert found["text"] == 'say "yes", or\nno\r\n;\té\x00\u2028'
    assert json.loads(found["mapping"]) == {"a": [1, {"b": None}], "c": "d,\n"}
    assert json.loads(found["array"]) == list(range(5000))


def test_ordinary_samples_are_unharmed(odd):
    """They give the very numbers that they give in a campaign without odd ones, in the same
    surroundings.
    """
    expected = [row["output"] for row in rows(odd("plain")).values()]
    found = rows(odd("odd"))
    for number, case in enumerate(samples()):
        if case.startswith("plain"):
            assert found[case]["output"] == expected[number], case
            assert found[case]["surroundings"] == "['', 1, set()]", case
            run_dir = odd("odd").root / found[case]["run_dir"]
            assert (run_dir / "kept.txt").read_text() == str(odd("odd").root)
            assert (run_dir / "stdout.txt").read_text().startswith(
                f"begins {case}\n"
            ) or "still talking" in (run_dir / "stdout.txt").read_text()
            assert (run_dir / "enchanted_datapoint.csv").exists()


def test_output_of_what_died_is_kept(odd):
    """What a sample printed before it died is where its directory is."""
    found = rows(odd("odd"))
    for case in ("os_exit", "segfaults", "hangs_with_children", "sys_exit", "raises"):
        assert (
            f"begins {case}"
            in (odd("odd").root / found[case]["run_dir"] / "stdout.txt").read_text()
        ), case


def test_nothing_is_left_behind(odd):
    """No process, and no file outside of the run directory."""
    campaign = odd("odd")
    assert campaign.processes() == {}
    assert os.listdir(campaign.root / "tmp") == []
    assert sorted(os.listdir(campaign.root)) == ["campaign.yaml", "run", "tmp"]
    allowed = {f"d0_b0_s{number}_r0" for number in range(2 * len(CASES))}
    assert {
        name for name in os.listdir(campaign.run_dir / "data") if not name.endswith(".elsewhere")
    } == allowed


def test_the_second_time_is_like_the_first(odd):
    """What a sample comes to does not depend on what happened to run beside it."""
    first, second = failures(odd("odd")), failures(odd("again"))
    assert {case: row["kind"] for case, row in first.items()} == {
        case: row["kind"] for case, row in second.items()
    }
    first, second = rows(odd("odd")), rows(odd("again"))
    assert {case: row["output"] for case, row in first.items()} == {
        case: row["output"] for case, row in second.items()
    }


def test_time_limit_reaches_all_children_at_once(campaign):
    """Not at the end of the campaign only: what a timed-out sample has started is gone when its
    failure is on record.
    """
    busy = campaign(config(["hangs_with_children", *(f"plain{number}" for number in range(400))]))
    process = busy.supervise()
    deadline = time.monotonic() + 30
    while not any(
        record["type"] == "task" and record["outcome"] != "ok" for record in busy.records()
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    left = [line for line in busy.processes().values() if line.startswith("sleep")]
    assert process.poll() is None, "the campaign should still be running"
    assert left == []
    process.kill()
    process.communicate(timeout=30)
    busy.wait_for_no_process(5.0)


def test_what_a_sample_leaves_ends_with_it(campaign, tmp_path):
    """A daemon, however it was made, does not live beside the next sample; a pool that a runner
    keeps does.
    """
    left = campaign(leaving(tmp_path / "left"))
    assert left.run_here().code == 0
    check_leaving(left)
