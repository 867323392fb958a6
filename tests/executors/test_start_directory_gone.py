"""A campaign whose start directory is removed while it runs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

FUNCTION = """
import os


def double(x, run_dir):
    return {"double": 2 * x, "inside": os.getcwd() == run_dir}
"""


def test_samples_do_not_need_the_directory_the_campaign_was_started_from(tmp_path: Path) -> None:
    """Protects the samples that are still to run when somebody tidies away the directory in which
    the command was typed: programs and
    functions run in their run directories as before, and none is reported as a program that cannot
    be found."""
    gone = tmp_path / "gone"
    gone.mkdir()
    (tmp_path / "doubling.py").write_text(FUNCTION)
    config = {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": 1}},
        "samplers": {"three": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[1, 2, 3]]}},
        "runners": {
            "program": {"type": "CommandRunner", "command": ["rm", "-rf", str(gone)]},
            "function": {"type": "PythonRunner", "function": "doubling:double", "chdir": True},
        },
        "supervisor": {
            "base_run_dir": str(tmp_path / "run"),
            "run_order": [
                {
                    "executor": ["local", "local"],
                    "sampler": "three",
                    "runner": ["program", "function"],
                }
            ],
        },
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    command = [sys.executable, "-m", "enchanted_tui", str(tmp_path / "config.yaml"), "--no-ui"]
    done = subprocess.run(
        command,
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not gone.exists()
    with open(tmp_path / "run" / "enchanted_dataset.csv", newline="") as file:
        found = [
            (
                row["x"],
                row["success_program"],
                row["success_function"],
                row["double"],
                row["inside"],
            )
            for row in csv.DictReader(file)
        ]
    assert found == [(str(x), "True", "True", str(2 * x), "True") for x in (1, 2, 3)]
