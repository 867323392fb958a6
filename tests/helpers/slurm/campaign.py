"""A campaign in a directory, run as a user does: by the command line, in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from helpers.campaign import PROGRAM, Campaign
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.mpi import ENVIRONMENT, environment

#: Short intervals, so that tests are short; the long ones are the defaults.
QUICK = {
    "results_interval": 1,
    "scheduler_interval": 1,
    "scheduler_interval_max": 3,
    "grace": 4,
    "heartbeat": 1,
}


class SlurmCampaign(Campaign):
    """A campaign whose jobs run on a test bed. `run` and `resume` need no process of their own unless
    something runs the program; what it says is kept in `said`.
    """

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        super().__init__(root, {})
        self.environment = {**os.environ, **environment}
        self.within: list[str] = []  #: a command to run the campaign by
        self.said = ""
        shutil.copy(Path(__file__).with_name("slurm_probe.py"), root)
        self.config = {
            "executors": {
                "cluster": {
                    "type": "SlurmExecutor",
                    "sbatch": {"time": "00:10:00"},
                    "python": sys.executable,
                    **QUICK,
                }
            },
            "samplers": {"s0": array("x", [float(number) for number in range(8)])},
            "runners": {"r0": self.probe()},
            "supervisor": {
                "base_run_dir": "run",
                "seed": 7,
                "run_order": [{"executor": "cluster", "sampler": "s0", "runner": "r0"}],
            },
        }

    @property
    def executor(self) -> dict[str, Any]:
        options: dict[str, Any] = self.config["executors"]["cluster"]
        return options

    def probe(self, **options: Any) -> dict[str, Any]:
        return {"type": "slurm_probe:Probe", "log": str(self.log), **options}

    # -- running -----------------------------------------------------------------------------------

    def supervise(self, *arguments: str, **how: Any) -> subprocess.Popen[str]:
        """Start the campaign with the configuration as it stands, in a session of its own."""
        command = [*self.within, *self.program, str(self.write()), "--no-ui", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, config: Any = None, timeout: float = 90.0) -> int:
        """Run to the end; return the exit code."""
        if config is not None:
            self.config = config
        if self.within or self.program != PROGRAM:
            return self.finish(self.supervise(*arguments), timeout)
        ended = self.command_here(str(self.write()), "--no-ui", *arguments, patience=timeout)
        self.said = ended.out + ended.err
        return ended.code

    def surroundings(self) -> dict[str, str]:
        return self.environment

    def resume(self, *arguments: str, timeout: float = 90.0) -> int:
        return self.run("--run-mode", "resume", *arguments, timeout=timeout)

    def finish(self, process: subprocess.Popen[str], timeout: float = 90.0) -> int:
        """Wait for a campaign that was started; return the exit code."""
        try:
            self.said, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            self.said, _ = process.communicate()
            raise AssertionError(
                f"the campaign did not end:\n{self.said}\n{self.main_log()}"
            ) from None
        return process.returncode

    def kill(self, process: subprocess.Popen[str]) -> None:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()

    def wrap_sbatch(self, once: str) -> None:
        """Let the first call of sbatch do something first; ``$real`` in it is the real one."""
        wrappers = self.root / "bin"
        wrappers.mkdir()
        text = (
            f"#!/bin/sh\nreal={shutil.which('sbatch')}\nif mkdir {self.root}/once 2>/dev/null;"
            f' then\n{once}\nfi\nexec $real "$@"\n'
        )
        (wrappers / "sbatch").write_text(text)
        (wrappers / "sbatch").chmod(0o755)
        self.environment["PATH"] = f"{wrappers}:{self.environment['PATH']}"

    def count_calls(self, *, by_ssh: bool = False) -> Path:
        """Have every call of SLURM's commands noted in a file, which is given; by SSH, the log-in
        has to put ``bin`` into PATH.
        """
        calls, wrappers = self.root / "calls", self.root / "bin"
        calls.touch()
        wrappers.mkdir()
        for name in ("sbatch", "squeue", "sacct", "scontrol", "scancel"):
            (wrappers / name).write_text(
                f'#!/bin/sh\necho {name} >> {calls}\nexec {shutil.which(name)} "$@"\n'
            )
            (wrappers / name).chmod(0o755)
        if not by_ssh:
            self.environment["PATH"] = f"{wrappers}:{self.environment['PATH']}"
        return calls

    # -- what there is -----------------------------------------------------------------------------

    def comparable_rows(self) -> list[dict[str, str]]:
        """Give the rows without what may differ between executors."""
        return [
            {
                key: value
                for key, value in row.items()
                if not key.startswith(("runtime_sec", "run_dir", "node"))
            }
            for row in self.rows()
        ]

    def recorded(self) -> Counter[str]:
        """How often each task is on record."""
        return Counter(str(record["task"]) for record in self.records("task"))

    def events(self, event: str) -> list[dict[str, Any]]:
        return [record for record in self.records("jobs") if record["event"] == event]

    def log_text(self) -> str:
        """Give what runners have noted."""
        return self.log.read_text() if self.log.exists() else ""

    def main_log(self) -> str:
        path = self.run_dir / "logs" / "main.log"
        return path.read_text() if path.exists() else ""

    def wait_for_runs(self, count: int, timeout: float = 60.0) -> None:
        """Wait until so many samples have begun."""
        wait_for(f"{count} runs", lambda: sum(self.executions().values()) >= count, timeout, 0.1)

    def check_complete(self, tasks: int) -> None:
        """Every task is on record exactly once, and nothing is left of the jobs."""
        recorded = self.recorded()
        assert len(recorded) == tasks, self.main_log()
        assert set(recorded.values()) == {1}
        assert not self.left_over()

    def left_over(self) -> list[str]:
        """Give the files of jobs; the campaign may remove any of them at the same time, with their
        directories.
        """
        walked = os.walk(self.run_dir / "state" / "jobs")
        return sorted(
            os.path.join(directory, name) for directory, _, names in walked for name in names
        )


def array(name: str, values: list[float]) -> dict[str, Any]:
    """Give an ArraySampler of one parameter."""
    return {"type": "ArraySampler", "parameters": [name], "bounds": [values]}


def nested(campaign: SlurmCampaign) -> None:
    """Two stages, the second of two steps, with every kind of failure."""
    campaign.executor.update(timeout_sec=3, processes_per_job=2, max_jobs=3)
    campaign.executor["sbatch"]["mem"] = 200  # two workers take about 105 MB
    (campaign.root / "given").write_text("a file\n")
    campaign.config["samplers"] = {
        "s0": {
            "type": "RandomSampler",
            "parameters": ["x", "y"],
            "bounds": [[0, 1], [2, 3]],
            "budget": 5,
        },
        "s1": array("how", [0, 1, 2, 3, 4, 5]),
    }
    campaign.config["runners"] = {
        "first": {"type": "SumRunner", "params_to_sum": ["x", "y"]},
        "probe": campaign.probe(),
        "shell": {
            "type": "CommandRunner",
            "command": [
                "sh",
                "-c",
                (
                    "cat given > out; echo {{ x }} >> out; test -e {{ run_dir"
                    " }}/enchanted_datapoint.csv && test {{ how }} -ne 5"
                ),
            ],
            "copy": ["given"],
            "outputs": {"code": {"exit_code": True}},
        },
    }
    campaign.config["supervisor"]["run_order"] = [
        {"executor": "cluster", "sampler": "s0", "runner": "first"},
        {"executor": ["cluster", "cluster"], "sampler": "s1", "runner": ["probe", "shell"]},
    ]


def ssh_options(bed: Bed) -> dict[str, Any]:
    """How to log in to the cluster."""
    return {
        "host": "127.0.0.1",
        "port": bed.ssh_port,
        "user": bed.user,
        "key_filename": str(bed.key_file),
        "known_hosts": str(bed.known_hosts),
        "identity_agent": "none",
    }


def through_ssh(campaign: SlurmCampaign, bed: Bed) -> None:
    """Have the cluster reached by SSH, with run directories on it alone while samples run."""
    campaign.executor.update(
        ssh=ssh_options(bed),
        remote_dir=str(bed.work / campaign.root.name),
        job_script_prologue=[f"export {name}={value}" for name, value in ENVIRONMENT.items()],
    )


@contextmanager
def campaign_on(bed: Bed, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCampaign]:
    """Give a campaign whose samples may be MPI programs; leave the nodes idle behind it."""
    for name, value in bed.environment.items():
        monkeypatch.setenv(name, value)
    yield SlurmCampaign(root, {**bed.environment, **environment()})
    bed.slurm("scancel", "--full", f"--user={bed.user}")
    wait_for("the nodes to be idle", lambda: set(bed.states().values()) == {"idle"}, 60, 0.1)
