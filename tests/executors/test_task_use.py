"""What tasks have used of processors and memory is on record, as `time -v` would say it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import enchanted_tui
from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler
from helpers.marks import in_full
from helpers.parts import hungry

TIME = "/usr/bin/time"
PROGRAM = [sys.executable, "-S", hungry.__file__]


def uses(runner: dict[str, Any], cases: list[Any]) -> dict[str, Any]:
    """A campaign whose only worker runs these cases one after another."""
    return {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
        "samplers": {"s0": array_sampler("case", cases)},
        "runners": {"code": runner},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s0", "runner": "code"}],
        },
    }


def program(*arguments: str, **more: Any) -> dict[str, Any]:
    return {"type": "CommandRunner", "command": [*PROGRAM, *arguments], **more}


FUNCTION = {"type": "PythonRunner", "function": "helpers.parts.hungry:use_case"}


def used(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the records of tasks in the order of the samples."""
    records = [record for record in campaign.records() if record["type"] == "task"]
    return sorted(records, key=lambda record: record["task"])


@pytest.mark.skipif(not os.path.exists(TIME), reason="the package `time` is not installed")
@pytest.mark.parametrize("how", ["grandchild", *in_full("itself")])
def test_a_program_is_told_as_time_tells_it(how: str, tmp_path: Path) -> None:
    """Protects the two figures of a program: of the largest of its processes, whoever of them that
    is, and of all of them together; the one before it, which was larger, has no part in it.
    """
    campaign = Campaign.apart(
        tmp_path / "apart", uses(program("{{ case }}"), [f"300 0.1 {how}", f"200 1 {how}"])
    )
    campaign.complete()
    told = subprocess.run(
        [TIME, "-v", *PROGRAM, "200", "1", how], capture_output=True, text=True, check=True
    ).stderr
    peak = 1024 * int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", told)[1])
    cpu = sum(map(float, re.findall(r"(?:User|System) time \(seconds\): ([\d.]+)", told)))
    record = used(campaign)[1]
    assert record["memory"] == pytest.approx(peak, rel=0.05)
    # two runs of one program do not take the same time of a busy processor
    assert record["cpu"] == pytest.approx(cpu, rel=0.2)


def test_a_small_program_is_told_an_upper_bound(tmp_path: Path) -> None:
    """Protects from a wrong figure: the kernel counts a program from the moment at which it is
    still a copy of the worker, so that nobody knows the peak of one that is smaller.
    """
    campaign = Campaign.apart(
        tmp_path / "apart", uses({"type": "CommandRunner", "command": ["true"]}, [1])
    )
    campaign.complete()
    [record] = used(campaign)
    assert "memory" not in record
    assert 5e6 < record["memory_at_most"] < 100e6


def test_a_program_after_a_function_that_used_more(tmp_path: Path) -> None:
    """Protects the peak of a program in a worker that has itself been larger before it, in a step
    or a sample: that is not to hide it.
    """
    config = uses(FUNCTION, [f"{mb} 0.1 itself" for mb in (200, 250, 200, 250, 200)])
    config["runners"]["small"] = program("80", "0.1", "itself")
    [stage] = config["supervisor"]["run_order"]
    stage.update(executor=["here", "here"], runner=["code", "small"])
    campaign = Campaign.apart(tmp_path / "apart", config)
    campaign.complete()
    told = [record for record in used(campaign) if record["task"][3] == 1]
    peaks = [record.get("memory", 0) for record in told]
    assert len(peaks) == 5 and all(80e6 < peak < 110e6 for peak in peaks), peaks


def test_samples_in_the_worker(tmp_path: Path) -> None:
    """Protects samples from each other's figures: each has the peak that its worker had while it
    ran, or that of a process that it has waited for.
    """
    cases = [
        "10 .02 itself",
        "150 .05 itself",
        "30 .3 itself",
        "60 .1 grandchild",
        "200 .02 itself",
    ]
    campaign = Campaign.apart(tmp_path / "apart", uses(FUNCTION, cases))
    campaign.complete()
    records = used(campaign)
    small = records[0]["memory"] - 10e6  # of the worker itself
    assert 5e6 < small < 100e6
    for record, case in zip(records, cases, strict=True):
        megabytes, seconds, how = case.split()
        assert 0.9 * float(seconds) < record["cpu"] < float(seconds) + 0.5
        if how == "itself":
            assert record["memory"] == pytest.approx(small + float(megabytes) * 1e6, rel=0.15)
    assert 60e6 < records[3].get("memory", records[3].get("memory_at_most")) < 110e6


def test_samples_of_one_call(tmp_path: Path) -> None:
    """Protects sums and maxima over samples of a call: the processor time is divided among them as
    the run time is, the peak is that of the call.
    """
    runner = program(
        "100 0.4 itself",
        batch=4,
        outputs={"x": {"file": "in.csv", "csv": "x"}},
        files={"in.csv": "x\n{% for s in samples %}\n{{ s.case }}\n{% endfor %}\n"},
    )
    campaign = Campaign.apart(tmp_path / "apart", uses(runner, [1, 2, 3, 4]))
    campaign.complete()
    records = used(campaign)
    assert len({record["memory"] for record in records}) == 1
    assert 100e6 < records[0]["memory"] < 140e6
    assert 0.4 < sum(record["cpu"] for record in records) < 0.8


def test_provenance(tmp_path: Path) -> None:
    """Protects whoever sizes the next campaign: the figures stand beside the dataset."""
    campaign = Campaign.apart(
        tmp_path / "apart", uses(FUNCTION, ["20 0.01 itself", "40 0.01 itself"])
    )
    campaign.complete()
    out = tmp_path / "d.csv"
    assert cli.main(["--export", str(campaign.run_dir), "--out", str(out), "--provenance"]) == 0
    told = enchanted_tui.load(tmp_path / "d.provenance.csv")
    records = used(campaign)
    assert list(told["memory_bytes"]) == [record["memory"] for record in records]
    assert list(told["cpu_sec"]) == [record["cpu"] for record in records]
    assert told["memory_at_most_bytes"].isna().all()
    assert told.attrs["units"]["memory_bytes"] == "B"
