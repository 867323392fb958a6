"""Samples that start from their neighbours on a cluster with files of its own.

Every day neighbours that have run elsewhere; jobs that run on with ``--full``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers.continuation import check_neighbours
from helpers.shapes import sampler
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, ssh_options

RUNNER = {
    "type": "CommandRunner",
    "shell": True,
    "copy": {"before.txt": "{{ neighbour_run_dir }}/restart.txt"},
    "environment": {"FROM": "{{ neighbour_run_dir }}"},
    "command": 'echo {{ x }} > restart.txt; [ -z "$FROM" ] || cat "$FROM/restart.txt" > seen.txt',
    "outputs": {
        "before": {"file": "before.txt", "text": True, "default": ""},
        "seen": {"file": "seen.txt", "text": True, "default": ""},
    },
}


def check(campaign: SlurmCampaign) -> dict[str, str]:
    """Check the choices, and that each sample has seen its neighbour's file."""
    found = check_neighbours(campaign, {"x": 1.0})
    rows = {os.path.basename(row["run_dir"]): row for row in campaign.rows()}
    for task, neighbour in found.items():
        expected = rows[neighbour]["x"] if neighbour else ""
        assert rows[task]["before"].strip() == rows[task]["seen"].strip() == expected
    return found


def test_neighbours_are_there_where_samples_run(tmp_path: Path, shared_bed: Bed) -> None:
    """Protects `remote_dir`: a neighbour's directory is found where it has run, and is sent up
    where the cluster has it no more, by path as by copy.
    """
    far = tmp_path / "scratch"
    far.mkdir()
    campaign = SlurmCampaign(tmp_path, {})
    campaign.executor.update(ssh=ssh_options(shared_bed), remote_dir=str(far), max_jobs=2)
    points = campaign.config["samplers"]["s0"] = sampler("x", 5)
    campaign.config["runners"]["r0"] = RUNNER
    campaign.config["supervisor"]["run_order"][0]["start_from"] = "nearest"
    assert campaign.run() == 0, campaign.said
    assert list(check(campaign).values()).count("") == 2
    assert list(far.iterdir()) == []
    points["budget"] = 8
    assert campaign.resume() == 0, campaign.said
    assert list(check(campaign).values()).count("") == 2


@pytest.mark.full
def test_choices_hold_for_jobs_that_run_on(tmp_path: Path, shared_bed: Bed) -> None:
    """Protects a supervisor that is killed while its jobs run: they have their neighbours, the next
    session takes their results, and chooses for nobody twice.
    """
    campaign = SlurmCampaign(tmp_path, shared_bed.environment)
    campaign.executor.update(max_jobs=2)
    campaign.config["samplers"]["s0"] = sampler("x", 8)
    campaign.config["runners"]["r0"] = {**RUNNER, "command": f"sleep 2; {RUNNER['command']}"}
    campaign.config["supervisor"]["run_order"][0].update(start_from="nearest", order="nearest")
    process = campaign.supervise()
    campaign.wait_for_tasks(2, process)
    wait_for("more to be handed out", lambda: len(chosen(campaign)) >= 4)
    campaign.kill(process)
    before = chosen(campaign)
    assert campaign.resume() == 0, campaign.said
    found = check(campaign)
    assert len(found) == 8
    assert {task: found[task] for task in before} == before


def chosen(campaign: SlurmCampaign) -> dict[str, str]:
    """Return every choice on record."""
    return {
        f"d0_b{batch}_s{sample}_r{step}": f"d0_b{of[0]}_s{of[1]}_r{step}" if of else ""
        for record in campaign.records("neighbours")
        for batch, sample, step, *of in record["chosen"]
    }
