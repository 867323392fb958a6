"""A command can be told which sample it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.campaign import Campaign
from helpers.files import read_csv


def config(command: str, parameter: str = "x") -> dict[str, Any]:
    return {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": 1}},
        "samplers": {
            "s0": {
                "type": "GridSampler",
                "parameters": [parameter],
                "bounds": [[0, 1]],
                "num_samples": 3,
                "batch_size": 2,
            }
        },
        "runners": {
            "echo": {
                "type": "CommandRunner",
                "command": ["sh", "-c", command],
                "outputs": {"told": {"file": "stdout.txt", "text": True}},
            }
        },
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "local", "sampler": "s0", "runner": "echo"}],
        },
    }


def test_name_number_and_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For codes that want a job name, a seed or an absolute path."""
    monkeypatch.chdir(tmp_path)
    command = "echo {{ sample_name }} {{ sample_number }}; test {{ sample_dir }} = $PWD"
    assert Campaign(tmp_path, config(command)).run() == 0
    told = [row["told"].strip() for row in read_csv(tmp_path / "run" / "enchanted_dataset.csv")]
    assert told == ["d0_b0_s0_r0 0", "d0_b0_s1_r0 1", "d0_b1_s0_r0 0"]


def test_a_parameter_of_that_name_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Configurations that have one go on as they were."""
    monkeypatch.chdir(tmp_path)
    assert Campaign(tmp_path, config("echo {{ sample_number }}", "sample_number")).run() == 0
    told = [row["told"].strip() for row in read_csv(tmp_path / "run" / "enchanted_dataset.csv")]
    assert told == ["0.0", "0.5", "1.0"]
