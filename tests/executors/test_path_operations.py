"""How often a sample asks the file system for a path, counted by strace: on a parallel file system
that is its cost.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config
from helpers.packages import installed
from helpers.packed import packed_tasks

#: streams that say nothing are known as such from the second sample on
FIRST, SAMPLES = 10, 40
#: of the calls by which the supervisor looks at some samples, to say how many files all will leave
LOOKS = ("O_DIRECTORY", "AT_SYMLINK_NOFOLLOW")


def path_operations(campaign: Campaign) -> list[str]:
    """Run a campaign; return the calls of its workers that name the run directory of a sample, its
    group, or what is in it, but for the first samples.
    """
    strace = installed("strace", "strace")
    if strace is None:
        pytest.skip("needs strace")
    trace = campaign.root / "trace"
    traced = (strace, "-f", "-qq", "-e", "trace=%file", "-o", str(trace))
    campaign.program = (*traced, *campaign.program)
    ended = campaign.run_apart()
    assert ended.code == 0, ended
    named = r"(\w+\([^\n]*/data/(?:\d{3}/)?(?:d0_b0_s|(?=\d{3}\"))(\d+)[_\"][^\n]*)"
    calls = re.findall(named, trace.read_text())
    return [
        call
        for call, sample in calls
        if int(sample) >= FIRST and not any(look in call for look in LOOKS)
    ]


def config_of(runner: dict[str, Any], **supervisor: Any) -> dict[str, Any]:
    config = campaign_config(
        array_sampler("x", [number / 8 for number in range(SAMPLES)]),
        runners={"r0": runner},
        **supervisor,
    )
    config["executors"]["here"]["n_workers"] = 1
    config["storage"] = {"type": "none"}
    return config


def test_in_process_without_directories(campaign: Any) -> None:
    """A function that keeps no file touches none."""
    runner = {"type": "PythonRunner", "function": "helpers.parts.plain:double"}
    assert path_operations(campaign(config_of(runner, save_files="none"))) == []


def test_in_process_packed(campaign: Any) -> None:
    """What a function leaves, a datapoint, goes into the archive, and nowhere else before."""
    runner = {"type": "PythonRunner", "function": "helpers.parts.plain:double"}
    ran = campaign(config_of(runner, save_files="packed"))
    assert path_operations(ran) == []
    assert len(packed_tasks(ran.run_dir)) == SAMPLES


@pytest.mark.parametrize(("layout", "most"), [("flat", 8), ("spread", 8 + 2)])
def test_a_program_with_one_input_and_one_output(campaign: Any, layout: str, most: int) -> None:
    """Directory, input, output, working directory, result, datapoint (two): 7 where nothing looks.
    The first directory of a group, here each, costs two more: it fails, and the group is made.
    """
    runner = {
        "type": "CommandRunner",
        "command": ["cat", "deck.inp"],
        "templates": {"deck.inp": "deck.j2"},
        "outputs": {"value": {"file": "stdout.txt", "regex": r"x = (\S+)"}},
    }
    ran = campaign(config_of(runner, run_directories=layout), "program")
    (ran.root / "deck.j2").write_text("x = {{ x }}\n")
    calls = path_operations(ran)
    assert ran.numbers("value") == ran.numbers("x")
    assert len(calls) <= most * (SAMPLES - FIRST), "\n".join(calls[-20:])
    made = [call for call in calls if re.search(r"mkdir.*/data/\d{3}\"", call)]
    assert len(made) == (SAMPLES - FIRST if layout == "spread" else 0)
