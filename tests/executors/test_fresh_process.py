"""`fresh_process`: what a sample leaves in memory does not reach the next one, and all else is as
without it.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from enchanted_tui import cli

MODEL = """
import os, signal, subprocess, time
calls = []
def f(x):
    calls.append(x)
    print("hello", x)
    if x == 2:
        os.kill(os.getpid(), signal.SIGSEGV)
    if x == 3:
        os._exit(7)
    if x == 4:
        child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        return {"n": len(calls), "left": child.pid}
    if x == 5:
        time.sleep(1000)
    return {"n": len(calls)}
"""


@pytest.mark.parametrize(
    ("place", "counted"),
    [
        pytest.param("executors.here", ["1", "1", "1"], marks=pytest.mark.full),
        ("runners.r", ["1", "1", "1"]),
        pytest.param(None, ["1", "1", "2"], marks=pytest.mark.full),
    ],
)
def test_memory_of_the_samples_before(
    place: str | None, counted: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects codes with state, such as Fortran's SAVE behind f2py. Crashes, exits, time limits,
    what is
    printed and what is left running are told and ended as ever."""
    monkeypatch.chdir(tmp_path)
    Path("stateful_model.py").write_text(MODEL)
    config: dict[str, Any] = {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1, "timeout_sec": 3}},
        "samplers": {
            "s": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[1, 2, 3, 4, 5, 6, 7]]}
        },
        "runners": {"r": {"type": "PythonRunner", "function": "stateful_model:f"}},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s", "runner": "r"}],
        },
    }
    config["samplers"]["s"]["bounds"] = [[1, 2, 3, 4, 5, 6, 7] if place else [2, 6, 7, 3, 4, 5, 1]]
    Path("c.yaml").write_text(yaml.safe_dump(config))
    arguments = ["--set", f"{place}.fresh_process=true"] if place else []
    assert cli.main(["c.yaml", "--no-ui", *arguments]) == 0
    with open("run/enchanted_dataset.csv", newline="") as file:
        rows = {row["x"]: row for row in csv.DictReader(file)}
    assert [rows[x]["n"] for x in ("1", "6", "7")] == counted
    with open("run/enchanted_failures.csv", newline="") as file:
        assert sorted(row["kind"] for row in csv.DictReader(file)) == ["exit", "signal", "timeout"]
    assert not psutil.pid_exists(int(rows["4"]["left"]))
    assert (Path(rows["1"]["run_dir"]) / "stdout.txt").read_text() == "hello 1\n"
