"""Run one sample as a worker does: what was prepared travels as text, and the task function makes
the record.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

from enchanted_tui import values
from enchanted_tui.config.loading import parse_config
from enchanted_tui.config.yaml_text import dump
from enchanted_tui.executors.task import run_task

MODULES = {
    "CommandRunner": "enchanted_tui.runners.command_runner:CommandRunner",
    "PythonRunner": "enchanted_tui.runners.python_runner:PythonRunner",
    "ExampleRunner": "enchanted_tui.runners.example_runner:ExampleRunner",
    "SumRunner": "enchanted_tui.runners.sum_runner:SumRunner",
    "SyntheticDoubleGaussianRunner": (
        "enchanted_tui.runners.double_gaussian_runner:SyntheticDoubleGaussianRunner"
    ),
}

OUTPUTS = {"value": {"file": "stdout.txt", "regex": r"(\S+)"}}


def located(**options: Any) -> list[tuple[str, str]]:
    """Return (key below the runner, sentence) of the errors of a configuration whose CommandRunner
    has these options.
    """
    runner = {"type": "CommandRunner", "command": ["true"], "outputs": OUTPUTS, **options}
    text = dump({"runners": {"code": runner}})
    with contextlib.redirect_stdout(io.StringIO()):
        _, found = parse_config(text, "c.yaml", interactive=False)
    assert all(problem.line for problem in found)
    return [
        (problem.key.removeprefix("runners.code."), problem.message)
        for problem in found
        if problem.severity == "error" and problem.key.startswith("runners.code")
    ]


class Outcome:
    """What a finished task left: its record and its run directory."""

    def __init__(self, line: bytes, run_dir: Path) -> None:
        self.record = values.decode(line)
        self.row: dict[str, Any] = self.record["row"]
        self.run_dir = run_dir

    @property
    def ok(self) -> bool:
        return self.record["outcome"] == "ok"

    @property
    def kind(self) -> str:
        return self.record["kind"]

    @property
    def message(self) -> str:
        return self.record["message"]

    def files(self) -> set[str]:
        return {entry.name for entry in self.run_dir.iterdir()} - {"enchanted_datapoint.csv"}

    def text(self, name: str) -> str:
        return (self.run_dir / name).read_text()


class Bench:
    """One runner with its options; each call runs one more sample."""

    def __init__(self, directory: Path, kind: str, options: dict[str, Any]) -> None:
        from enchanted_tui.executors.task import load_class

        self.directory = directory
        self.context = {
            "data_dir": str(directory),
            "shown_data_dir": str(directory),
            "local_storage": None,
            "seed": 1,
            "runners": {"r1": {"class": MODULES[kind], "options": json.loads(json.dumps(options))}},
        }
        self.runner = load_class(MODULES[kind])(**options)
        self.count = 0

    def run(self, **params: Any) -> Outcome:
        return self.run_sample(params)

    def run_sample(self, params: dict[str, Any]) -> Outcome:
        name = f"d0_b0_s{self.count}_r0"
        self.count += 1
        message = {
            "task": [0, 0, self.count - 1, 0],
            "name": name,
            "runner": "r1",
            "params": params,
            "attempt": 0,
        }
        prepared = self.runner.prepare(dict(params))
        if prepared is not None:
            message["prepared"] = prepared
        message = values.decode(values.encode(message))
        working_directory = os.getcwd()
        line = run_task(message, self.context)
        assert os.getcwd() == working_directory
        return Outcome(line, self.directory / name)
