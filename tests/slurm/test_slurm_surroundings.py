"""What reaches jobs: the options of the configuration, and not what this process was started in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from enchanted_tui import cli
from enchanted_tui.executors import inherited
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options

#: What a site's modules, an allocation around us and mpirun would set.
SET_HERE = {
    "SBATCH_PARTITION": "tiny",
    "SBATCH_TIMELIMIT": "1",
    "SBATCH_MEM_PER_NODE": "111",
    "SBATCH_EXPORT": "NONE",
    "SBATCH_WAIT": "1",
    "SBATCH_ERROR": "/dev/full",
    "SQUEUE_PARTITION": "short",
    "SQUEUE_STATES": "PENDING",
    "SCANCEL_INTERACTIVE": "true",
    "SLURM_NTASKS": "7",
    "SLURM_CPU_BIND": "quiet,mask_cpu:0x1",
    "SLURM_MPI_TYPE": "none",
    "SRUN_CPUS_PER_TASK": "9",
    "PMI_RANK": "0",
    "PMIX_RANK": "0",
    "OMPI_COMM_WORLD_RANK": "3",
    "OMPI_MCA_btl": "self",
    "HYDI_CONTROL_FD": "9",
}


def seen_by(campaign: SlurmCampaign, step: int = 0) -> dict[str, str]:
    """The variables that the first sample has seen in a step."""
    text = (campaign.run_dir / "data" / f"d0_b0_s0_r{step}" / "stdout.txt").read_text()
    return dict(line.partition("=")[::2] for line in text.splitlines())


@pytest.fixture
def campaign(tmp_path: Path, shared_bed: Bed) -> SlurmCampaign:
    campaign = SlurmCampaign(tmp_path, {})
    campaign.config["samplers"]["s0"] = array("x", [1.0])
    campaign.config["runners"]["r0"] = {
        "type": "CommandRunner",
        "command": ["env"],
        "outputs": {"o": {"exit_code": True}},
    }
    campaign.executor["sbatch"] = {"time": 5, "mem": "200M", "partition": "main"}
    return campaign


def check_job(seen: dict[str, str]) -> None:
    """The job is what the configuration asks for, and knows nothing of what is around the
    campaign.
    """
    assert (seen["SLURM_JOB_PARTITION"], seen["SLURM_MEM_PER_NODE"]) == ("main", "200")
    assert not {
        "SLURM_NTASKS",
        "SLURM_CPUS_PER_TASK",
        "SLURM_STEP_ID",
        "SLURM_SRUN_COMM_PORT",
    } & set(seen)
    left = {name for name in SET_HERE if seen.get(name) == SET_HERE[name]}
    assert left == {"SLURM_MPI_TYPE", "OMPI_MCA_btl"}, "settings of people go on, and nothing else"


def test_a_campaign_inside_an_allocation(campaign: SlurmCampaign, cluster: Bed) -> None:
    """Protects jobs from options that variables give, which sbatch puts before those of its script,
    and
    from variables of the allocation, the step and the mpirun around us: srun and MPI take them for
    theirs.

    A sample of LocalExecutor is to find the allocation, for srun, but must not take itself for a
    rank."""
    campaign.environment.update(cluster.environment)
    campaign.config["executors"]["local"] = {"type": "LocalExecutor", "n_workers": 1}
    campaign.config["runners"]["here"] = {
        "type": "CommandRunner",
        "shell": True,
        "command": "env; echo INNER=$(srun -n1 --mem=10M --overlap printenv SLURM_STEP_ID)",
        "outputs": {"inner": {"file": "stdout.txt", "regex": r"INNER=(\d+)", "type": "int"}},
    }
    order = {"executor": ["local", "cluster"], "sampler": "s0", "runner": ["here", "r0"]}
    campaign.config["supervisor"]["run_order"] = [order]
    names = {
        name: value for name, value in SET_HERE.items() if not name.startswith(("SLURM_", "SRUN_"))
    }
    names["SLURM_MPI_TYPE"] = "none"
    settings = [f"{name}={value}" for name, value in names.items()]
    campaign.within = [
        "salloc",
        "-Q",
        "-n1",
        "--mem=400M",
        "srun",
        "-n1",
        "--mem=350M",
        "env",
        *settings,
    ]
    assert campaign.run() == 0, campaign.said
    assert "SBATCH_WAIT of the environment has no effect" in " ".join(campaign.said.split())
    here = seen_by(campaign)
    assert here["SLURM_JOB_ID"].isdigit()
    assert int(here["INNER"]) > 0
    assert not {
        "SLURM_PROCID",
        "SLURM_STEP_ID",
        "SLURM_TASK_PID",
        "SLURM_SRUN_COMM_PORT",
        "PMI_RANK",
    } & set(here)
    check_job(seen_by(campaign, 1))


@pytest.mark.full
def test_start_up_files_of_a_login_node(campaign: SlurmCampaign, shared_bed: Bed) -> None:
    """Protects jobs from the same variables where a start-up file of the cluster's account sets
    them.
    """
    exports = [f"export {name}={value}" for name, value in SET_HERE.items()]
    campaign.executor["ssh"] = {**ssh_options(shared_bed), "prologue": exports}
    assert campaign.run() == 0, campaign.said
    check_job(seen_by(campaign))


def test_the_dry_run_tells_what_is_withheld(
    campaign: SlurmCampaign, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects trust in the dry run: what it does not show has no effect, and it says so."""
    for name, value in SET_HERE.items():
        monkeypatch.setenv(name, value)
    assert cli.main([str(campaign.write()), "--dry-run"]) == 0
    said = capsys.readouterr().out
    withheld = set(
        said.partition("Withheld from sbatch and the jobs: ")[2].partition(".")[0].split(", ")
    )
    assert withheld >= set(SET_HERE) - {"SLURM_MPI_TYPE", "OMPI_MCA_btl"}
    assert not withheld & {"SLURM_MPI_TYPE", "OMPI_MCA_btl", "PATH"}


def test_a_shell_withholds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the way through SSH, where a shell does it: the same variables as here, whatever
    they hold.
    """
    names = {
        **SET_HERE,
        "SLURM_CONF": "/etc/a b",
        "SLURM_X": "a\nSLURM_CONF=b",
        "PMIX_MCA_gds": "hash",
    }
    environment = {"PATH": os.environ["PATH"], "HOME": "$(touch made) '", **names}
    for shell in ("sh", "bash"):
        command = [shell, "-c", inherited.WITHHOLD + "; env -0"]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        left = {line.partition("=")[0] for line in done.stdout.split("\0")} - {
            "",
            "_",
            "SHLVL",
            "PWD",
            "OLDPWD",
            "v",
        }
        assert left == set(inherited.for_jobs(environment))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("account", "expected"), [(None, "The account is mine"), ("other", "--account=other")]
)
def test_who_pays(
    account: str | None,
    expected: str,
    campaign: SlurmCampaign,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Protects sites where people name their project once, in a start-up file, and whoever names
    another.
    """
    monkeypatch.setenv("SBATCH_ACCOUNT", "mine")
    campaign.executor["sbatch"].update({"account": account} if account else {})
    (campaign.root / "own.sh").write_text(f"#!/bin/sh\n#SBATCH -A {account}\n{{{{ command }}}}\n")
    for template in (None, "own.sh")[: 2 if account else 1]:
        if template:
            del campaign.executor["sbatch"]["account"]
            campaign.executor["job_script_template"] = template
        assert cli.main([str(campaign.write()), "--dry-run"]) == 0
        said = capsys.readouterr().out
        assert expected in said
        assert ("mine" in said) == (account is None)
