"""The cluster that the other tests rely on.

Every day a job runs, and nothing is left when the tests are killed; the end in order with
``--full``.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from helpers.processes import TESTS
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import processes_of_bed, wait_for


def test_a_job_runs_and_is_submitted_through_ssh(shared_bed: Bed) -> None:
    """Protects every other test here: the cluster takes a job through its SSH server and runs it on
    a node.
    """
    out = shared_bed.work / "hello"
    script = f"#!/bin/sh\necho $SLURMD_NODENAME > {out}.partial; mv {out}.partial {out}\n"
    command = ["ssh", "-F", str(shared_bed.ssh_config), "bed", "sbatch --parsable -o /dev/null"]
    done = subprocess.run(command, input=script, text=True, capture_output=True, timeout=30)
    assert done.stdout.strip().isdigit(), done.stderr
    wait_for("the job's file", out.exists)
    assert out.read_text().strip() in shared_bed.states()


@pytest.mark.full
def test_nothing_is_left_of_a_bed(tmp_path) -> None:
    """Protects the machine that runs the tests: jobs, their children and all daemons end with the
    bed, and its files go.
    """
    with Bed(tmp_path / "bed", nodes=1) as bed:
        pid_file = bed.work / "pid"
        script = (
            f"#!/bin/sh\ntrap '' TERM\nsetsid sleep 600 & echo $! > {pid_file}.partial; mv"
            f" {pid_file}.partial {pid_file}; sleep 600\n"
        )
        subprocess.run(
            ["sbatch", "-o", "/dev/null"],
            input=script,
            text=True,
            env={**os.environ, **bed.environment},
            check=True,
        )
        wait_for("the job to start", pid_file.exists)
        pid = int(pid_file.read_text())
        os.kill(pid, 0)
    assert not bed.root.exists()
    wait_for(
        "the job's child to end", lambda: not os.path.exists(f"/proc/{pid}") or _is_zombie(pid), 5
    )


def _is_zombie(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "Z"


def test_nothing_is_left_when_the_tests_are_killed(tmp_path) -> None:
    """Protects the machine likewise from a test run that is killed before it can clean up."""
    code = (
        f"import sys, time; sys.path.insert(0, {str(TESTS)!r}); from pathlib import"
        " Path; from helpers.slurm.bed import Bed; "
    )
    code += f"bed = Bed(Path({str(tmp_path / 'bed')!r}), nodes=1); bed.up(); "
    code += "print(bed.mark, bed.places.slurm_conf, flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    mark, slurm_conf = process.stdout.readline().split()
    assert processes_of_bed(mark, slurm_conf, str(tmp_path / "bed"))
    process.kill()
    process.communicate()
    wait_for(
        "the bed to end", lambda: not processes_of_bed(mark, slurm_conf, str(tmp_path / "bed")), 30
    )
    wait_for("its files to go", lambda: not (tmp_path / "bed").exists(), 30)
