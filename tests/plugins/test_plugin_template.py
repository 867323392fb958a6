"""The template of a plugin package: it installs, its parts are found by their names, and a campaign
with them runs and resumes.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.marks import FULL_VARIABLE, in_full

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "configs" / "plugin_template"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, installed into a directory of its own as pip does it; every day without an
    environment for what builds it, which takes longer than all else here.
    """
    home = tmp_path_factory.mktemp("template")
    shutil.copytree(TEMPLATE, home / "source")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        *([] if os.environ.get(FULL_VARIABLE) else ["--no-build-isolation"]),
        "--target",
        str(home / "site"),
    ]
    subprocess.run([*command, str(home / "source")], check=True, timeout=120)
    return home / "site"


def enchanted(
    installed: Path, directory: Path, *arguments: str, config: str = "campaign.yaml"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "enchanted_tui", str(TEMPLATE / config), *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(directory: Path, name: str = "plugin_template") -> list[dict[str, str]]:
    with (directory / "runs" / name / "enchanted_dataset.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_campaign_of_own_parts_runs_and_resumes(installed: Path, tmp_path: Path) -> None:
    """24 points of the Halton sequence, some orbits lost: rows with what is known, and a larger
    budget goes on where it stood.
    """
    done = enchanted(installed, tmp_path, "--no-ui")
    assert done.returncode == 0, done.stderr
    first = rows(tmp_path)
    assert len(first) == 24
    lost = [row for row in first if row["success"] == "False"]
    assert 0 < len(lost) < 24
    assert all(abs(float(row["x"])) > 10 and not row["v"] for row in lost)
    done = enchanted(
        installed, tmp_path, "--no-ui", "--run-mode", "resume", "--set", "samplers.points.budget=32"
    )
    assert done.returncode == 0, done.stderr
    both = rows(tmp_path)
    assert len(both) == 32
    assert both[:24] == first


@pytest.mark.full
@pytest.mark.parametrize("group", ["enchanted_tui.parsers", "enchanted_surrogates.parsers"])
def test_a_campaign_learns_through_the_parser(installed: Path, tmp_path: Path, group: str) -> None:
    """What the parser finds in the run directories is what is learnt from: every orbit that ended,
    none that was lost.
    """
    site = tmp_path / "site"
    shutil.copytree(installed, site)
    (entry_points,) = site.glob("*.dist-info/entry_points.txt")
    entry_points.write_text(
        entry_points.read_text().replace("[enchanted_tui.parsers]", f"[{group}]")
    )
    done = enchanted(site, tmp_path, "--no-ui", config="learning.yaml")
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path, "plugin_template_learning")
    ended = [float(row["x"]) for row in found if row["success"] == "True"]
    assert len(found) == 16
    assert 8 <= len(ended) < 16
    journal = (
        (tmp_path / "runs/plugin_template_learning/state/journal.jsonl").read_text().splitlines()
    )
    learned = [record for record in map(json.loads, journal) if record["type"] == "learned"][-1]
    assert (learned["known"], learned["observations"], learned["failed"]) == (
        16,
        len(ended),
        16 - len(ended),
    )
    assert learned["best"] == max(ended)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("samplers.points.budgt=3", "did you mean 'budget'"),
        *in_full(
            ("samplers.points.bounds=[[0, 1]]", "there are 2 parameters and 1 bounds"),
            ("samplers.points.parameters=[x0, w0]", "v0"),
            ("runners.orbit.steps=0", "steps"),
            ("runners.orbit.type=orbitt", "did you mean"),
        ),
    ],
)
def test_mistakes_in_the_options_of_own_parts_are_found_first(
    installed: Path, tmp_path: Path, change: str, said: str
) -> None:
    """What the parts declare is checked like the options of built-ins, before anything is made."""
    done = enchanted(installed, tmp_path, "--check", "--set", change)
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.full
def test_many_samples_in_one_call(installed: Path, tmp_path: Path) -> None:
    """The template's runner takes many samples in a call, with the rows of single ones."""

    def rows_with(*arguments: str) -> list[dict[str, str]]:
        here = ("--set", "executors.here.type=LocalExecutor", "--no-ui", "--overwrite")
        ran = enchanted(installed, tmp_path, *here, *arguments)
        assert ran.returncode == 0, ran.stderr
        return [
            {name: value for name, value in row.items() if not name.startswith("runtime")}
            for row in rows(tmp_path)
        ]

    assert rows_with("--set", "runners.orbit.batch=8") == rows_with()
