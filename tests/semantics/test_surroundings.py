"""Surroundings in which other people's terminals and systems put the command: encodings, limits."""

from __future__ import annotations

import csv
import os
import subprocess
import sys

import pytest

from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config
from helpers.processes import with_helpers

RUNNER = """\
from enchanted_tui.plugins import Runner

class Talking(Runner):
    def single_code_run(self, run_dir, params):
        print("λ → 1", flush=True)
        if params["β"] == "…":
            raise ValueError("kein β → nichts")
        return {"success": True, "größe": 1}
"""
COMMANDS = """\
import sys
from enchanted_tui import cli, start_up
start_up.prepare()
for line in sys.argv[1:]:
    assert cli.main(line.split()) == 0, line
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_every_answer_is_printed_on_terminals_that_are_not_utf_8(
    campaign: Campaign, encoding: str
) -> None:
    """Protects people with names of their own: nothing that is printed, by us or by a sample, ends
    anything, and files stay UTF-8.
    """
    (campaign.root / "teile.py").write_text(RUNNER, encoding="utf-8")
    sampler = array_sampler("β", ["δ", "…"])
    config = campaign_config(
        sampler, runners={"r0": {"type": "teile:Talking"}}, base_run_dir="läufe…", log_failures=True
    )
    campaign.write(config)
    lines = [
        "campaign.yaml --check",
        "campaign.yaml --dry-run",
        "campaign.yaml --no-ui",
        "--status läufe…",
        "--rebuild läufe…",
        "--template",
    ]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, *lines],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"},
        cwd=campaign.root,
        capture_output=True,
        timeout=120,
    )
    said = (done.stdout + done.stderr).decode("latin-1")
    assert done.returncode == 0, said
    assert "Traceback" not in said
    root = campaign.root / "läufe…"
    with (root / "enchanted_dataset.csv").open(newline="", encoding="utf-8") as file:
        assert [(row["β"], row["success"]) for row in csv.DictReader(file)] == [
            ("δ", "True"),
            ("…", "False"),
        ]
    assert (root / "data" / "d0_b0_s0_r0" / "stdout.txt").read_text(encoding="utf-8") == "λ → 1\n"
    assert "kein β → nichts" in (root / "enchanted_failures.csv").read_text(encoding="utf-8")


def limited(campaign: Campaign, limit: str) -> subprocess.CompletedProcess[str]:
    """Run a campaign of 24 workers under a limit of open files, as `ulimit` sets it."""
    config = campaign_config(array_sampler("x", [1, 2, 3]))
    config["executors"]["here"]["n_workers"] = 24
    campaign.write(config)
    command = f"ulimit {limit} && exec {sys.executable} -m enchanted_tui campaign.yaml --no-ui"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=campaign.root,
        env=with_helpers(),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_low_limit_of_open_files_is_raised(campaign: Campaign) -> None:
    """Systems that give 64 or 256 at first allow more to whoever asks."""
    done = limited(campaign, "-Sn 40")
    assert done.returncode == 0, done.stderr
    assert campaign.column("success") == ["True"] * 3


def test_too_few_open_files_are_one_sentence(campaign: Campaign) -> None:
    """Where more is not allowed, the sentence has the remedy, no sample is blamed, and the campaign
    can be resumed.
    """
    done = limited(campaign, "-n 40")
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    assert (
        "too many open files; raise the limit with ulimit -n, or have fewer workers" in done.stderr
    )
    assert campaign.resume() == 0
    assert campaign.column("success") == ["True"] * 3
