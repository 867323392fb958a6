"""One runner that serves all samples of a worker, where its class says that it may: no sample
notices.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.cli import main

PLUGIN = """
import os

from enchanted_tui.runners.command_runner import CommandRunner


class Counting(CommandRunner):
    def single_code_run(self, run_dir, params):
        self.seen = getattr(self, "seen", 0) + 1
        found = super().single_code_run(run_dir, params)
        found.update(seen=self.seen, inherited=os.environ.get("LEFT_BEHIND", "nothing"))
        os.environ["LEFT_BEHIND"] = "this"
        os.chdir("/")
        return found
"""


def rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runners: dict[str, Any], steps: list[str]
) -> list[dict[str, str]]:
    (tmp_path / "counting_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    config = {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
        "samplers": {"three": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[1, 2, 3]]}},
        "runners": runners,
        "supervisor": {
            "base_run_dir": str(tmp_path / "run"),
            "run_order": [{"executor": ["here"] * len(steps), "sampler": "three", "runner": steps}],
        },
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    assert main([str(tmp_path / "config.yaml"), "--no-ui"]) == 0
    with open(tmp_path / "run" / "enchanted_dataset.csv", newline="") as file:
        return list(csv.DictReader(file))


def echo(text: str, name: str) -> dict[str, Any]:
    return {
        "command": ["echo", text],
        "outputs": {name: {"file": "stdout.txt", "regex": r"(\S+)", "type": "str"}},
    }


def test_each_sample_has_its_own_input_and_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the values: two CommandRunners in one worker, sample after sample, never show those
    of another sample or runner.
    """
    runners: dict[str, Any] = {
        "first": {"type": "CommandRunner", **echo("a{{ x }}", "first")},
        "second": {"type": "CommandRunner", **echo("b{{ first }}", "second")},
    }
    found = rows(tmp_path, monkeypatch, runners, ["first", "second"])
    assert [(row["x"], row["first"], row["second"]) for row in found] == [
        (x, f"a{x}", f"ba{x}") for x in "123"
    ]


def test_a_derived_class_is_made_anew_and_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects plugins that derive from CommandRunner: what it says of itself is not inherited, so
    a fresh instance runs each sample
    and what one sample changes in the process is not there for the next."""
    runners: dict[str, Any] = {
        "plugin": {"type": "counting_plugin:Counting", **echo("{{ x }}", "said")}
    }
    found = rows(tmp_path, monkeypatch, runners, ["plugin"])
    assert [(row["said"], row["seen"], row["inherited"]) for row in found] == [
        (x, "1", "nothing") for x in "123"
    ]
