"""What docs/runners.md shows works as it is shown."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from enchanted_tui.config import lookup
from enchanted_tui.config.loading import load_config
from enchanted_tui.runners.command.rules import SOURCES
from enchanted_tui.runners.command_runner import CommandRunner

PAGE = (Path(__file__).parents[2] / "docs" / "runners.md").read_text(encoding="utf-8")
SNIPPETS = [
    block
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    if "samplers:" not in block and not block.startswith("executors:")
]


def named_block(name):
    """Give the code block that the page introduces with a file's name."""
    return re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def files_beside(tmp_path, monkeypatch):
    """Make the files that the snippets refer to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates" / "cavity").mkdir(parents=True)
    (tmp_path / "templates" / "controlDict").write_text("endTime 1;\n")
    (tmp_path / "runs" / "first").mkdir(parents=True)
    (tmp_path / "runs" / "first" / "enchanted_dataset.csv").write_text("x,y,output\n1,2,3\n")
    (tmp_path / "my_model.py").write_text(
        re.findall(r"```python\n(# my_model.*?)```", PAGE, re.DOTALL)[0]
    )
    return tmp_path


@pytest.mark.parametrize("block", SNIPPETS, ids=lambda block: block.partition(":")[0])
def test_snippets_are_valid(block, files_beside):
    """A user copies the snippet: the configuration must accept it, without an unknown key."""
    ((name, options),) = yaml.safe_load(block).items()
    parameters = ["c1", "c2", "x", "y", "nu", "label", "n_modes", "beta"]
    config = {
        "executors": {"e": {"type": "LocalExecutor"}},
        "samplers": {
            "s": {
                "type": "RandomSampler",
                "parameters": parameters,
                "bounds": [[0, 1]] * len(parameters),
                "budget": 1,
            }
        },
        "runners": {"before": {"type": "ExampleRunner"}, name: options},
        "supervisor": {
            "base_run_dir": "out",
            "run_order": [{"executor": ["e", "e"], "sampler": "s", "runner": ["before", name]}],
        },
    }
    path = files_beside / "campaign.yaml"
    path.write_text(yaml.safe_dump(config))
    loaded = load_config(path)
    assert loaded.runners[name].build().extra == {}


def test_the_example_runs_from_template_to_dataset(tmp_path):
    """The page's first promise: three small files and one command give this dataset, failures
    included.
    """
    for name in ("rod.awk", "rod.inp", "rod.yaml"):
        (tmp_path / name).write_text(named_block(name))
    command = [sys.executable, "-m", "enchanted_tui", "rod.yaml", "--no-ui"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    with open(tmp_path / "rod_runs" / "enchanted_dataset.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == re.search(r"with\s+the\s+columns\s+`([^`]*)`", PAGE)[1].split(",")
    assert len(rows) == 40
    failed = [row for row in rows if row["success"] == "False"]
    assert 0 < len(failed) < 20
    for row in rows:
        if row["success"] == "True":
            exact = 300 + float(row["q"]) / float(row["k"]) / 2 * (15 / 31) * (16 / 31)
            assert float(row["T_mid"]) == pytest.approx(exact, rel=0.02)
            assert int(row["sweeps"]) <= 1000
    with open(tmp_path / "rod_runs" / "enchanted_failures.csv", newline="") as file:
        failures = list(csv.DictReader(file))
    assert len(failures) == len(failed)
    (shown,) = re.findall(r"```text\n(d0_.*?),\.\.\.\n```", PAGE)
    assert [
        line
        for line in (tmp_path / "rod_runs" / "enchanted_failures.csv").read_text().splitlines()
        if line.startswith(shown)
    ]
    for failure in failures:
        assert failure["kind"] == "exit"
        assert re.match(
            r"the command ended with exit code 2; stderr ends: no convergence, the last change was"
            r" [\d.]+$",
            failure["message"],
        )
    files = {entry.name for entry in (tmp_path / failures[0]["run_dir"]).iterdir()}
    assert files == {
        "rod.inp",
        "rod.awk",
        "profile.csv",
        "stdout.txt",
        "stderr.txt",
        "enchanted_datapoint.csv",
    }


def test_the_runner_of_ones_own_is_checked_and_runs(tmp_path, bench):
    """The class shown declares an option, fails a sample and keeps its outputs."""
    (source,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
        if "OrbitRunner" in block
    ]
    namespace: dict = {"__name__": "orbit", "__annotations__": {}}
    exec(compile(source, "runners.md", "exec"), namespace)
    runner = namespace["OrbitRunner"]
    assert runner(steps=10).single_code_run("", {"x0": 1.0})["success"] is True
    with pytest.raises(namespace["SampleFailed"]) as caught:
        runner(steps=1).single_code_run("", {"x0": 100.0})
    assert (caught.value.failure_kind, set(caught.value.outputs)) == ("reported", {"x"})


def test_everything_has_its_place_on_the_page():
    """A runner, an option or a rule that the page does not explain is one that nobody finds."""
    assert set(re.findall(r"^## (\w+Runner)$", PAGE, re.MULTILINE)) == set(lookup.BUILTIN["runner"])
    section = PAGE[PAGE.index("## CommandRunner") : PAGE.index("## PythonRunner")]
    for name in (*CommandRunner.options(), *SOURCES):
        assert re.search(rf"`{name}[:`]", section), name
