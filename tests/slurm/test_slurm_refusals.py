"""What cannot work is said in one sentence with the remedy, soon, and the campaign can be resumed
afterwards.

The other half of the table, what cannot work through SSH, is in test_ssh_refusals.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from enchanted_tui.executors.prologue import EXIT_PROLOGUE, failed_line
from enchanted_tui.executors.slurm.script import job_script
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    return SlurmCampaign(tmp_path, cluster.environment)


def check_refused(campaign: SlurmCampaign, *expected: str) -> None:
    """The campaign stops soon, saying what is expected once, and works when the cause is
    removed.
    """
    assert campaign.run(timeout=60) == 3, campaign.said
    for words in expected:
        assert words in campaign.said, campaign.said
    assert "Traceback" not in campaign.said
    assert not campaign.left_over()


def check_resumable(campaign: SlurmCampaign) -> None:
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(8)
    assert set(campaign.executions().values()) == {1}


def test_an_unknown_partition(campaign: SlurmCampaign) -> None:
    """Protects a person from sbatch's own words alone."""
    campaign.executor["sbatch"]["partition"] = "nowhere"
    check_refused(campaign, "Invalid partition", "sinfo", "sbatch: partition")
    del campaign.executor["sbatch"]["partition"]
    check_resumable(campaign)


@pytest.mark.full
def test_more_time_than_the_partition_gives(campaign: SlurmCampaign) -> None:
    """Protects against waiting for ever: SLURM takes this job and never starts it."""
    campaign.executor["sbatch"].update(partition="short", time="00:10:00")
    check_refused(campaign, "would wait for ever (PartitionTimeLimit)", "lower sbatch: time")
    campaign.executor["sbatch"].update(time="1")
    check_resumable(campaign)


@pytest.mark.full
def test_more_processors_than_the_cluster_has(campaign: SlurmCampaign) -> None:
    """Protects against waiting for ever, likewise."""
    campaign.executor["sbatch"]["ntasks"] = "1000"
    check_refused(campaign, "would wait for ever (PartitionConfig)", "ask for less under sbatch")


@pytest.mark.full
@pytest.mark.parametrize("name", ["50%a of 'them'", '`touch x` "%j" ünï; #'])
def test_odd_names_of_directories_work(campaign: SlurmCampaign, name: str) -> None:
    """Protects directories whose names mean something to a shell or to SLURM."""
    campaign.run_dir = campaign.root / name
    campaign.config["supervisor"]["base_run_dir"] = name
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(8)


@pytest.mark.full
def test_a_directory_with_a_backslash(campaign: SlurmCampaign) -> None:
    """Protects against jobs that fail for a reason that nobody would guess: SLURM reads a backslash
    in the name of an output file.
    """
    campaign.run_dir = campaign.root / "back\\slash"
    campaign.config["supervisor"]["base_run_dir"] = "back\\slash"
    check_refused(campaign, "because of the backslash; choose another base_run_dir")


@pytest.mark.full
def test_sbatch_alone_is_missing(campaign: SlurmCampaign) -> None:
    """Protects against looking for jobs that cannot be: a program that does not exist has submitted
    nothing.
    """
    programs = campaign.root / "programs"
    programs.mkdir()
    for name in ("scontrol", "squeue", "scancel", "sacct"):
        (programs / name).symlink_to(shutil.which(name) or name)
    path, campaign.environment["PATH"] = campaign.environment["PATH"], str(programs)
    check_refused(campaign, "there is no sbatch here", "ssh")
    assert "jobs run on" not in campaign.said
    campaign.environment["PATH"] = path
    check_resumable(campaign)


def test_no_sbatch(campaign: SlurmCampaign) -> None:
    """Protects somebody who starts the campaign on a laptop without giving the cluster's
    address.
    """
    campaign.environment["PATH"] = str(campaign.root)
    check_refused(campaign, "there is no scontrol here", "login node", "ssh")


def test_no_python_in_the_job(campaign: SlurmCampaign) -> None:
    """Protects against a job script that cannot work: what it printed is shown, and not every job
    is tried.
    """
    campaign.executor["python"] = "/no/such/python"
    check_refused(campaign, "/no/such/python", "Correct python, job_script_prologue")
    assert len(campaign.events("submitted")) == 1
    assert campaign.said.count("ended in state") == 2, (
        "it is said for each job, and not only when it happens and at the end"
    )


@pytest.mark.full
@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("gres", "gpu:2", "sinfo -o '%P %G'"),
        ("nodelist", "nowhere", "sinfo -N"),
        ("constraint", "fast", "sinfo -o '%P %f'"),
        ("acount", "me", "correct this option under sbatch"),
        ("mem", "900G", "ask for less"),
    ],
)
def test_what_sbatch_refuses(
    campaign: SlurmCampaign, option: str, value: str, expected: str
) -> None:
    """Protects a person from sbatch's own words alone, and from a misspelt option that is silently
    ignored.
    """
    campaign.executor["sbatch"][option] = value
    check_refused(campaign, "sbatch refused the job", expected)


@pytest.mark.full
def test_an_old_python_in_the_job(campaign: SlurmCampaign) -> None:
    """Protects against a traceback from an interpreter that is too old."""
    old = campaign.root / "python"
    old.write_text(
        "#!/bin/sh\nsed -i s/x/x/ /dev/null; echo 'enchanted-tui needs Python 3.9 or newer inside"
        " jobs' >&2; exit 1\n"
    )
    old.chmod(0o755)
    campaign.executor["python"] = str(old)
    check_refused(campaign, "needs Python 3.9 or newer")


@pytest.mark.full
def test_an_array_is_never_larger_than_the_cluster_takes(tmp_path: Path) -> None:
    """Protects against the cluster's MaxArraySize: more jobs become several arrays."""
    with Bed(tmp_path / "bed", nodes=1, sshd=False, max_array=4) as bed:
        campaign = SlurmCampaign(tmp_path, bed.environment)
        campaign.executor.update(samples_per_job=1, max_jobs=8)
        assert campaign.run() == 0, campaign.said
        campaign.check_complete(8)
        assert [len(record["elements"]) for record in campaign.events("intent")] == [4, 4]


@pytest.mark.full
def test_a_directory_that_nodes_do_not_see(campaign: SlurmCampaign) -> None:
    """Protects against a job that cannot even open its output (FAILED 0:53), which SLURM reports
    without a word.
    """
    jobs = campaign.run_dir / "state" / "jobs"
    campaign.wrap_sbatch(f"mv {jobs} {jobs}.away")
    check_refused(
        campaign, "could not be started on its node", "choose a directory that all nodes share"
    )


#: What may go wrong inside a line that succeeds all the same, as start-up files do.
HARMLESS = [
    'module() { false; echo "module $*"; }; module load gcc',
    "[ -f /nonexistent ] && source /nonexistent",
    "if false",
    "then :; fi; false || true",
    "printf 'false\\nls /nonexistent\\ntrue\\n' > $TMPDIR/rc; source $TMPDIR/rc",
]


@pytest.mark.parametrize(
    ("lines", "failing", "code"),
    [
        (["source /nonexistent/activate"], "source /nonexistent/activate", 1),
        (["no_such_conda activate x"], "no_such_conda activate x", 127),
        (["module() { return 3; }", "module load gone"], "module load gone", 3),
        (["for i in 1 2; do", "  false", "done"], "false", 1),
        (["set -e", "x=$(exit 4)"], "x=$(exit 4)", 4),
        (["(cd /nonexistent; exit 2)"], "(cd /nonexistent; exit 2)", 2),
        ([], None, 0),
    ],
)
@pytest.mark.parametrize("before", [[], HARMLESS], ids=["first", "last"])
def test_a_line_that_fails_ends_the_job(
    before: list[str], lines: list[str], failing: str | None, code: int, tmp_path: Path
) -> None:
    """Protects samples from a wrong environment: no sample begins behind a line that failed, and
    all
    begin behind lines that succeed, whatever goes wrong inside of these."""
    script = tmp_path / "script"
    script.write_text(job_script({}, [*before, *lines], None, ["echo", "begun"]))
    done = subprocess.run(
        ["bash", script],
        env={**os.environ, "TMPDIR": str(tmp_path), "LANG": "C"},
        capture_output=True,
        text=True,
    )
    assert failed_line(done.stderr) == (None if failing is None else (failing, code)), done.stderr
    assert ("begun" in done.stdout) == (failing is None)
    assert done.returncode == (0 if failing is None else EXIT_PROLOGUE)


@pytest.mark.full
def test_an_environment_that_is_gone(campaign: SlurmCampaign) -> None:
    """Protects results from the code and the Python that happen to be in PATH: the line and what it
    printed, in whatever encoding, are said; what a job prints before its first sample is kept."""
    source = "source /nonexistent/venv/bin/activate"
    campaign.executor["job_script_prologue"] = ["printf 'gr\\374n\\n'", source]
    check_refused(
        campaign, f"before it began: '{source}' in job_script_prologue failed with exit code 1"
    )
    assert "gr\ufffdn" in campaign.said
    assert "No such file or directory" in campaign.said
    assert len(campaign.events("submitted")) == 1
    campaign.executor["job_script_prologue"][1] += " || true"
    check_resumable(campaign)
    assert "[WARN" in next(
        line
        for line in campaign.main_log().splitlines()
        if "before its first sample: gr\ufffdn" in line
    )
