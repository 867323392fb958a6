"""What has changed between two sessions besides the configuration is said: a dataset of two codes
is two datasets.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli

PLUGIN = """
class Plugin:
    def __init__(self, **options): pass
    def single_code_run(self, run_dir, params): return {"v": 1, "success": True}
"""
FUNCTION = {"type": "PythonRunner", "function": "changed_model:f"}
PROGRAM = {"type": "CommandRunner", "outputs": {"v": {"exit_code": True}}}


def edited(name: str) -> Callable[[Path], object]:
    return lambda place: (place / name).write_text((place / name).read_text() + "\n# edited\n")


@pytest.mark.parametrize(
    ("runner", "change", "said"),
    [
        pytest.param(
            FUNCTION,
            edited("changed_model.py"),
            "(runner r: changed_model.py)",
            marks=pytest.mark.full,
        ),
        (
            FUNCTION,
            edited("changed_helper.py"),
            "code of a runner has changed|(runner r: changed_helper.py)",
        ),
        pytest.param(
            FUNCTION,
            edited("changed_package/deep.py"),
            "(runner r: deep.py)",
            marks=pytest.mark.full,
        ),
        (FUNCTION, edited("unrelated.py"), None),
        (
            {"type": "changed_plugin:Plugin"},
            edited("changed_plugin.py"),
            "(runner r: changed_plugin.py)",
        ),
        (
            {**PROGRAM, "command": ["cat", "in"], "templates": {"in": "in.tmpl"}},
            edited("in.tmpl"),
            "options of a runner have changed|(runner r: templates.in)",
        ),
        (
            {**PROGRAM, "command": ["cat", "in"], "templates": {"in": "in.tmpl"}},
            edited("common"),
            "(runner r: common)",
        ),
        pytest.param(
            {**PROGRAM, "command": ["cat", "case/a"], "copy": ["case"]},
            edited("case/a"),
            "(runner r: copy (case))",
            marks=pytest.mark.full,
        ),
        (
            {**PROGRAM, "command": ["{place}/solver"]},
            edited("solver"),
            "code of a runner has changed|(runner r: solver)",
        ),
        pytest.param(
            {**PROGRAM, "command": ["true"]}, lambda place: None, None, marks=pytest.mark.full
        ),
    ],
)
def test_what_has_changed_is_named(
    runner: dict[str, Any],
    change: Callable[[Path], object],
    said: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Protects a dataset from mixing rows of two codes without a word: runner and file are named,
    and what
    a sample does not depend on is not; recorded samples are kept."""
    monkeypatch.chdir(tmp_path)
    for directory in ("changed_package", "case"):
        (tmp_path / directory).mkdir()
    files = {
        "changed_model.py": (
            "import math, changed_helper\nfrom changed_package import deep\ndef f(x): return 1.0\n"
        ),
        "changed_helper.py": "import sys\n",
        "changed_package/__init__.py": "",
        "changed_package/deep.py": "y = 1\n",
        "unrelated.py": "",
        "changed_plugin.py": PLUGIN,
        "in.tmpl": "{{ x }}{% include 'common' %}",
        "common": "c",
        "case/a": "a",
        "solver": "#!/bin/sh\nexit 0\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "solver").chmod(0o755)
    if "command" in runner:
        runner = {
            **runner,
            "command": [part.replace("{place}", str(tmp_path)) for part in runner["command"]],
        }
    config = {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 1}},
        "samplers": {
            "s": {
                "type": "RandomSampler",
                "parameters": ["x"],
                "bounds": [[0, 1]],
                "budget": 1,
                "seed": 1,
            }
        },
        "runners": {"r": runner},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s", "runner": "r"}],
        },
    }
    Path("c.yaml").write_text(yaml.safe_dump(config))
    assert cli.main(["c.yaml", "--no-ui"]) == 0
    change(tmp_path)
    capsys.readouterr()
    assert (
        cli.main(["c.yaml", "--no-ui", "--run-mode", "resume", "--set", "samplers.s.budget=2"]) == 0
    )
    log = capsys.readouterr().err
    assert ("since the recorded samples were run" in log) == (said is not None), log
    for words in said.split("|") if said else ():
        assert words in log
    assert len(Path("run/enchanted_dataset.csv").read_text().splitlines()) == 3
