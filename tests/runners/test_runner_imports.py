"""Runners start on thousands of workers, with any Python from 3.9 on and no packages."""

from __future__ import annotations

import ast
import json
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import enchanted_tui.runners

ROOT = Path(enchanted_tui.runners.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))


def test_no_runner_module_imports_a_package():
    """Everything that is imported with a runner comes with Python."""
    names = [module.name for module in pkgutil.walk_packages([str(ROOT)], "enchanted_tui.runners.")]
    assert "enchanted_tui.runners.command.arrays" in names
    script = f"""
import importlib, sys
before = set(sys.modules)
for name in {names!r}:
    importlib.import_module(name)
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(loaded - set(sys.stdlib_module_names) - {{"enchanted_tui"}}))
"""
    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_syntax_is_that_of_python_3_9(path):
    """Newer syntax would fail on the cluster and nowhere else; the annotations are not evaluated
    there.
    """
    tree = ast.parse(path.read_text(), str(path), feature_version=(3, 9))
    assert (
        any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
        or path.name == "__init__.py"
    )
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        keyword.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    }
    assert not used & {
        "slots",
        "kw_only",
        "strict",
        "pairwise",
        "batched",
        "add_note",
        "stdlib_module_names",
    }


def python_3_9():
    """Find an interpreter of the oldest version that workers may have."""
    for candidate in (
        shutil.which("python3.9"),
        *map(str, Path.home().glob(".pyenv/versions/3.9*/bin/python")),
    ):
        if (
            candidate
            and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode
            == 0
        ):
            return candidate
    return None


@pytest.mark.parametrize("runner", ["command", "python"])
def test_a_worker_with_python_3_9_and_no_packages_runs_a_sample(tmp_path, runner):
    """The real thing, isolated from every site directory."""
    interpreter = python_3_9()
    if interpreter is None:
        pytest.skip("no Python 3.9 on this machine")
    message: dict[str, Any] = {
        "task": [0, 0, 0, 0],
        "name": "d0_b0_s0_r0",
        "runner": "r",
        "params": {"x": 3.0, "y": 4.0},
    }
    if runner == "command":
        from enchanted_tui.runners.command_runner import CommandRunner

        outputs = {
            "output": {"file": "out.json", "json": "r"},
            "line": {"file": "stdout.txt", "csv": 0},
        }
        options: dict[str, Any] = {
            "command": "echo '{\"r\": 5.0}' > out.json; echo a; echo {{ x }}",
            "shell": True,
            "outputs": outputs,
        }
        message["prepared"] = CommandRunner(**options).prepare(message["params"])
        path = "enchanted_tui.runners.command_runner:CommandRunner"
    else:
        (tmp_path / "model.py").write_text(
            "def distance(x, y):\n    return (x * x + y * y) ** 0.5\n"
        )
        options, path = (
            {"function": "model:distance", "python_path": [str(tmp_path)]},
            "enchanted_tui.runners.python_runner:PythonRunner",
        )
    context = {
        "data_dir": str(tmp_path),
        "shown_data_dir": "",
        "local_storage": None,
        "seed": 1,
        "runners": {"r": {"class": path, "options": options}},
    }
    script = f"""
import json, sys
sys.path.insert(0, {str(ROOT.parent.parent)!r})
from enchanted_tui.executors.task import run_task
print(run_task(*json.load(sys.stdin)).decode())
"""
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", script],
        input=json.dumps([message, context]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["outcome"], record["row"]["output"]) == ("ok", 5.0)
