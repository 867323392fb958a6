"""A whole campaign through SSH, on a real cluster, at a site that asks for a password and a
code.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.slurm.bed import Bed, what_is_missing
from helpers.ssh.cluster_config import cluster_config
from helpers.ssh.interactive_server import InteractiveServer

PASSWORD, CODE = "Sw0rdf1sh-pass", "914-code-914"
DRIVER = """\
import sys
from enchanted_tui.cli import main
from enchanted_tui.executors.slurm.ssh.questions import set_asker
answers = [line.rstrip("\\n") for line in sys.stdin]
set_asker(lambda question: answers.pop(0))
sys.exit(main([sys.argv[1], "--no-ui"]))
"""


@pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing() or "")
def test_secrets_are_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects secrets: one log-in for the whole campaign, and no file of it holds what was typed:
    journal, logs, configuration, jobs.
    """
    with Bed(tmp_path / "bed") as bed:
        monkeypatch.setenv("SLURM_CONF", bed.environment["SLURM_CONF"])
        with InteractiveServer(
            tmp_path / "server",
            ["password", "keyboard-interactive"],
            password=PASSWORD,
            codes=[CODE],
        ) as server:
            config = tmp_path / "campaign.yaml"
            run_dir = tmp_path / "run"
            config.write_text(
                cluster_config(server.port, server.known_hosts, run_dir, samples=60),
                encoding="utf-8",
            )
            done = subprocess.run(
                [sys.executable, "-c", DRIVER, str(config)],
                input=f"{PASSWORD}\n{CODE}\n",
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert server.log_ins == 1
    assert len((run_dir / "enchanted_dataset.csv").read_text().splitlines()) == 61
    files = [path for path in (*run_dir.rglob("*"), config) if path.is_file()]
    assert len(files) > 5
    for text in [
        done.stdout,
        done.stderr,
        *server.commands,
        *(path.read_bytes().decode(errors="replace") for path in files),
    ]:
        assert PASSWORD not in text and CODE not in text
