"""What runs inside a job, run here without a job: the walltime it counts with, and when it gives
its share up.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.executors.base import TaskContext
from enchanted_tui.executors.slurm.far.clock import Clock
from enchanted_tui.executors.slurm.far.share import revocations, share_file, write_share
from enchanted_tui.executors.slurm.script import job_script, sbatch_arguments
from enchanted_tui.executors.slurm.worker_archive import archive
from helpers.parts.leaving import HOW
from helpers.processes import TESTS
from helpers.slurm.bed_processes import wait_for

CLOCK = (
    "from enchanted_tui.executors.slurm.far.clock import Clock; print(Clock({'walltime':"
    " 1000.0}).left())"
)


@pytest.mark.parametrize("how", ["exec", ""], ids=["as its last command", "as one of its commands"])
def test_the_walltime_counts_from_the_beginning_of_the_job(how: str) -> None:
    """Protects samples from the end of the job: the modules that its script loads first take their
    part of the time; where SLURM does not
    say when a job ends, its script tells when it began."""
    environment = {**os.environ, "SLURM_JOB_ID": "4711"}
    environment.pop("SLURM_JOB_END_TIME", None)
    script = f'sleep 3; {how} {sys.executable} -c "{CLOCK}"; true'
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert 930 < float(done.stdout) <= 1000 - 30 - 3


def test_a_clock_of_the_controller_that_is_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects samples from the end of the job where the clocks of machines differ: what SLURM says
    is by the controller's.
    """
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(round(time.time()) + 1000 + 240))
    assert Clock({"walltime": 1000.0}).left() <= 1000 - 30
    assert Clock({}).left() > 1000
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 500))
    assert Clock({"walltime": 1000.0}).left() <= 500 - 30


def test_what_is_before_the_job_is_no_part_of_it() -> None:
    """Protects the walltime from whatever started the job: only processes of the job itself are
    older than their command.
    """
    environment = {**os.environ, "SLURM_JOB_ID": "4711"}
    script = f'sleep 3; SLURM_JOB_ID=4712 {sys.executable} -c "{CLOCK}"; true'
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) > 1000 - 30 - 3


def start_job(
    tmp_path: Path,
    samples: Sequence[Mapping[str, Any]],
    runner: Mapping[str, Any] | None = None,
    beat: float = 0.5,
) -> subprocess.Popen[bytes]:
    """Start what a job runs, with a heartbeat of `beat` seconds and, unless a runner is given,
    samples of a tenth of a second each.
    """
    directory = tmp_path / "jobs"
    directory.mkdir()
    context = TaskContext(
        data_dir=str(tmp_path / "data"),
        shown_data_dir="data",
        runners={
            "r": (
                runner
                or {
                    "class": "slurm_probe:Probe",
                    "options": {"seconds": 0.1, "log": str(tmp_path / "log")},
                }
            )
        },
        seed=1,
        campaign="campaign",
        session="session",
        python_path=[str(TESTS), str(TESTS / "helpers" / "slurm")],
        working_dir=str(tmp_path),
    )
    header: dict[str, Any] = {
        "context": dataclasses.asdict(context),
        "timeout": None,
        "processes": 1,
        "beat": beat,
        "walltime": None,
    }
    messages = [
        {
            "task": [0, 0, number, 0],
            "name": f"d0_b0_s{number}_r0",
            "attempt": 0,
            "runner": "r",
            "params": params,
        }
        for number, params in enumerate(samples)
    ]
    Path(share_file(str(directory), 0)).write_bytes(write_share(header, messages))
    worker = tmp_path / "worker.pyz"
    worker.write_bytes(archive()[1])
    return subprocess.Popen([sys.executable, str(worker), str(directory), "0"])


def end_of(job: subprocess.Popen[bytes], tmp_path: Path) -> tuple[str, int]:
    """Wait for the job; give why it ended and how many results it has written."""
    try:
        job.wait(20)
    finally:
        job.kill()
    lines = (tmp_path / "jobs" / "results.0").read_bytes().splitlines()
    return json.loads(lines[-1][1:])["why"], len(
        [line for line in lines if line.startswith(b'{"v"')]
    )


def test_a_busy_job_notices_that_its_share_was_given_away(tmp_path: Path) -> None:
    """Protects run directories from two jobs at once: also a job that has results to write all the
    time looks whether it still may.
    """
    job = start_job(tmp_path, [{}] * 400)
    wait_for("a sample", (tmp_path / "log").exists, 20, 0.02)
    time.sleep(1)
    Path(revocations(str(tmp_path / "jobs"), 0)[1]).touch()
    why, results = end_of(job, tmp_path)
    assert why == "revoked"
    assert 5 < results < 100


def test_a_job_waits_for_no_heartbeat(tmp_path: Path) -> None:
    """Protects core-hours: the first sample begins, and the job ends, however seldom it shows that
    it lives.
    """
    assert end_of(start_job(tmp_path, [{}] * 3, beat=3600.0), tmp_path) == ("done", 3)


def test_a_file_system_in_trouble_is_no_reason_to_end(tmp_path: Path) -> None:
    """Protects samples from a file server that does not answer for a moment: that is not the same
    as a share that was taken away.
    """
    job = start_job(tmp_path, [{}] * 40)
    wait_for("a sample", (tmp_path / "log").exists, 20, 0.02)
    (tmp_path / "jobs").rename(tmp_path / "away")
    # whoever looks gets an error, and not that there is nothing
    (tmp_path / "jobs").symlink_to("jobs")
    time.sleep(2)
    (tmp_path / "jobs").unlink()
    (tmp_path / "away").rename(tmp_path / "jobs")
    assert end_of(job, tmp_path) == ("done", 40)


def test_what_a_sample_leaves_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the next sample of a job from daemons of the one before, and core-hours: a task says
    how many cores it held.
    """
    monkeypatch.setenv("SLURM_JOB_CPUS_PER_NODE", "4(x2),1")
    runner = {"class": "helpers.parts.leaving:Leaving", "options": {"log": str(tmp_path / "left")}}
    job = start_job(tmp_path, [{"how": how} for how in HOW], runner)
    assert end_of(job, tmp_path) == ("done", len(HOW))
    records = [
        json.loads(line)
        for line in (tmp_path / "jobs" / "results.0").read_bytes().splitlines()
        if line.startswith(b'{"v"')
    ]
    assert {record["row"]["how"]: record["row"]["output"] for record in records} == dict.fromkeys(
        HOW, 0
    )
    assert {record["cores"] for record in records} == {9}


def test_nodes_that_failed_are_excluded_beside_those_of_the_user() -> None:
    """Protects lists of nodes as SLURM writes them, whose brackets have commas too."""
    options = {"exclude": "n[9-10,12],m1"}
    arguments = sbatch_arguments(
        options,
        name="a",
        directory="/d",
        count=1,
        throttle=None,
        exclude={"n2", "n1"},
        on_command_line=False,
    )
    assert arguments[-1] == "--exclude=n[9-10,12],m1,n1,n2"


@pytest.mark.parametrize(
    "written", ["~/a 'b'/py", "$HOME/a 'b'/py", "${HOME}/a 'b'/py", "{home}/a 'b'/py"]
)
def test_python_is_found_where_the_job_has_its_home(written: str, tmp_path: Path) -> None:
    """Protects environments below the home directory of the cluster, and names that a shell would
    take for something else.
    """
    (tmp_path / "a 'b'").mkdir()
    (tmp_path / "a 'b'" / "py").symlink_to("/bin/echo")
    script = job_script(
        {}, [], None, [written.replace("{home}", str(tmp_path)), "$(touch made)", "worker"]
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["$(touch", "made)", "worker"], done.stderr
    assert not (tmp_path / "made").exists()
