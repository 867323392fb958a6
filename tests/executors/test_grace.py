"""The time between being asked to end and being killed: long enough to write a checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.campaign import Campaign

#: What a code does that saves its state when it is asked to end, with a program of its own.
SAVES = "trap 'sleep 1; echo saved > checkpoint; exit 1' TERM; sleep 60 & wait; true {{ x }}"


@pytest.mark.parametrize(("limit", "grace", "saved"), [(8, 20, True), (2, 0.2, False)])
def test_a_sample_at_its_time_limit_has_its_grace(
    tmp_path: Path, limit: float, grace: float, saved: bool
) -> None:
    """Protects checkpoints that take a moment; the programs that write them are no leftovers.

    The first limit leaves a shell on a busy machine the time to set its trap.
    """
    campaign = Campaign.apart(
        tmp_path,
        {
            "executors": {
                "here": {"type": "LocalExecutor", "timeout_sec": limit, "grace_sec": grace}
            },
            "samplers": {
                "one": {
                    "type": "RandomSampler",
                    "budget": 1,
                    "parameters": ["x"],
                    "bounds": [[0, 1]],
                }
            },
            "runners": {"code": {"type": "CommandRunner", "shell": True, "command": SAVES}},
            "supervisor": {
                "base_run_dir": "run",
                "run_order": [{"executor": "here", "sampler": "one", "runner": "code"}],
            },
        },
    )
    ended = campaign.run_here()
    assert ended.code == 4, ended
    (failure,) = campaign.failures()
    assert failure["kind"] == "timeout"
    assert campaign.path("data/d0_b0_s0_r0/checkpoint").exists() == saved
    campaign.wait_for_no_process()
