"""The examples for clusters are without errors, and one of them runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml

from enchanted_tui import cli
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import QUICK, SlurmCampaign

CLUSTERS = Path(__file__).parents[2] / "configs" / "clusters"
FILES = sorted(
    path.name for path in CLUSTERS.glob("*.yaml") if "type: SlurmExecutor" in path.read_text()
)


@pytest.mark.parametrize("name", FILES)
def test_an_example_passes_the_check_and_shows_its_script(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects what people copy: every example is valid, is in the table, and prints the script it
    would submit.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert cli.main([str(CLUSTERS / name), "--check"]) == 0
    assert cli.main([str(CLUSTERS / name), "--dry-run"]) == 0
    said, warned = capsys.readouterr()
    assert "warning" not in warned
    assert "sbatch --parsable" in said
    assert "#SBATCH --time=" in said
    assert '"$SLURM_ARRAY_TASK_ID"' in said
    assert f"[{name}]({name})" in (CLUSTERS / "README.md").read_text()


def test_a_script_of_the_users_own_runs(tmp_path: Path, cluster: Bed) -> None:
    """Protects templates: the script of the example is what SLURM runs, its lines after the samples
    included, and bytes of older encodings as they are; the dry run shows them as text."""
    campaign = SlurmCampaign(tmp_path, cluster.environment)
    config = yaml.safe_load((CLUSTERS / "own_job_script.yaml").read_text())
    script = CLUSTERS / "own_job_script.sh"
    shutil.copy(script, tmp_path)
    with (tmp_path / script.name).open("ab") as own:
        own.write(b"for name in gr\xfcn; do\n")
        own.write(f"touch {tmp_path}/after-$name.$SLURM_ARRAY_TASK_ID; done\n".encode())
    config["executors"]["cluster"].update(QUICK)
    config["supervisor"]["base_run_dir"] = "run"
    campaign.config = config
    assert campaign.run("--dry-run") == 0
    assert "for name in grün; do" in campaign.said
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(100)
    # its last lines run after the results that complete the campaign
    wait_for("the ends of the scripts", lambda: len(ends_of_scripts(tmp_path)) == 10)


def ends_of_scripts(directory: Path) -> list[bytes]:
    """Return the names of the files that job scripts make at their end."""
    return [
        name for name in os.listdir(os.fsencode(directory)) if name.startswith(b"after-gr\xfcn.")
    ]
