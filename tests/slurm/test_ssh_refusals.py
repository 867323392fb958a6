"""What cannot work through SSH is said in one sentence with the remedy, soon, and the campaign is
resumed when the cause is gone.

The other half of the table, what the scheduler refuses, is in test_slurm_refusals.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import free_ports
from helpers.slurm.campaign import SlurmCampaign, ssh_options

Break = Callable[[SlurmCampaign, Bed], None]


def unknown_host_key(campaign: SlurmCampaign, bed: Bed) -> None:
    known = campaign.root / "known_hosts"
    known.write_text("")
    campaign.executor["ssh"]["known_hosts"] = str(known)


def changed_host_key(campaign: SlurmCampaign, bed: Bed) -> None:
    """The key on file is not the one that the server shows: here, the person's own."""
    known = campaign.root / "known_hosts"
    other = " ".join(Path(f"{bed.key_file}.pub").read_text().split()[:2])
    known.write_text(f"[127.0.0.1]:{bed.ssh_port} {other}\n")
    campaign.executor["ssh"]["known_hosts"] = str(known)


def wrong_key(campaign: SlurmCampaign, bed: Bed) -> None:
    key = campaign.root / "other_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    campaign.executor["ssh"]["key_filename"] = str(key)


def no_key(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.executor["ssh"]["key_filename"] = str(campaign.root / "nowhere")


def wrong_host(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.executor["ssh"]["host"] = "no-such-host.invalid"


def refused_port(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.executor["ssh"]["port"] = free_ports(1)[0]


def not_an_ssh_server(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.executor["ssh"]["port"] = bed.places.controller_port


def missing_sbatch(campaign: SlurmCampaign, bed: Bed) -> None:
    """A host that is no login node: its PATH has no SLURM."""
    own = campaign.root / "bin"
    own.mkdir()
    for name in ("python3", "mkdir", "rm", "rmdir", "tar", "printenv"):
        (own / name).symlink_to(f"/usr/bin/{name}")
    campaign.executor["ssh"]["prologue"] = [f"export PATH={own}"]


def unwritable_remote_dir(campaign: SlurmCampaign, bed: Bed) -> None:
    (campaign.root / "file").write_text("")
    campaign.executor["remote_dir"] = str(campaign.root / "file" / "far")


def read_only_remote_dir(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.executor["remote_dir"] = "/proc/far"


def unknown_partition(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.executor["sbatch"]["partition"] = "nowhere"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (unknown_host_key, ("the host key of", "is not known; compare the fingerprint SHA256:")),
        pytest.param(changed_host_key, ("is not the known one", "ssh-keygen -f"), marks=pytest.mark.full),
        pytest.param(wrong_key, ("permission denied for", "key_filename"), marks=pytest.mark.full),
        pytest.param(no_key, ("nowhere", "key_filename"), marks=pytest.mark.full),
        pytest.param(wrong_host, ("no host is called 'no-such-host.invalid'", "~/.ssh/config"), marks=pytest.mark.full),
        (refused_port, ("refused the connection; check host and port",), ),
        pytest.param(not_an_ssh_server, ("no SSH server answers properly", "check host and port"), marks=pytest.mark.full),
        pytest.param(missing_sbatch, ("there is no scontrol on 127.0.0.1", "prologue"), marks=pytest.mark.full),
        pytest.param(unwritable_remote_dir, ("/file/far", "cannot be written", "set remote_dir"), marks=pytest.mark.full),
        pytest.param(read_only_remote_dir, ("/proc/far", "cannot be written", "set remote_dir"), marks=pytest.mark.full),
        pytest.param(unknown_partition, ("Invalid partition", "sinfo", "sbatch: partition"), marks=pytest.mark.full),
    ],
)  # fmt: skip
def test_what_cannot_work_through_ssh(
    tmp_path: Path, shared_bed: Bed, damage: Break, expected: tuple[str, ...]
) -> None:
    """Protects a person from a traceback, from waiting, and from beginning again."""
    campaign = SlurmCampaign(tmp_path, {})
    campaign.executor.update(ssh=ssh_options(shared_bed), remote_dir=str(tmp_path / "far"))
    sound = {
        name: dict(value) if isinstance(value, dict) else value
        for name, value in campaign.executor.items()
    }
    damage(campaign, shared_bed)
    assert campaign.run(timeout=60) == 3, campaign.said
    for words in expected:
        assert words in campaign.said, campaign.said
    assert "Traceback" not in campaign.said
    assert not campaign.executions()
    campaign.config["executors"]["cluster"] = sound
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(8)
    assert set(campaign.executions().values()) == {1}


@pytest.mark.full
def test_a_run_directory_that_the_cluster_does_not_see(tmp_path: Path, shared_bed: Bed) -> None:
    """Protects a laptop's campaign without `remote_dir` from run directories that are made on the
    cluster and never come home.
    """
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip(
            "needs the right to make a mount namespace (run as root), in which the campaign has"
            " files of its own"
        )
    campaign = SlurmCampaign(tmp_path, {})
    campaign.executor.update(ssh=ssh_options(shared_bed))
    (tmp_path / "laptop").mkdir()
    campaign.run_dir.mkdir()
    campaign.within = [
        "unshare",
        "-m",
        "sh",
        "-c",
        f'mount --bind {tmp_path}/laptop {campaign.run_dir} && exec "$@"',
        "sh",
    ]
    assert campaign.run(timeout=60) == 3, campaign.said
    assert f"the cluster does not see {campaign.run_dir}" in campaign.said
    assert "set remote_dir" in campaign.said
    assert not list(campaign.run_dir.iterdir()), "something was made on the cluster"
    campaign.executor["remote_dir"] = str(tmp_path / "far")
    assert campaign.resume() == 0, campaign.said
    campaign.run_dir = tmp_path / "laptop"
    campaign.check_complete(8)
