"""`--dry-run --inputs` shows what samples would be given: the very files and command that a run then
has.
"""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.files import read_csv, snapshot

CONFIGS = Path(__file__).parents[2] / "configs"


def inputs_of(path: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert cli.main([str(path), "--dry-run", "--inputs", "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["inputs"]
    return found


@pytest.mark.parametrize("name", ["command_minimal", "command_files"])
def test_inputs_are_those_of_the_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever trusts the preview: parameters and files are, to the byte, those that the
    samples find in their run directories; nothing is made by asking.
    """
    shutil.copytree(CONFIGS / "example_files", tmp_path / "example_files")
    path = tmp_path / "campaign.yaml"
    shutil.copy(CONFIGS / f"{name}.yaml", path)
    monkeypatch.chdir(tmp_path)
    before = snapshot(tmp_path)
    shown = inputs_of(path, capsys)
    assert snapshot(tmp_path) == before
    assert len(shown) == 3
    assert cli.main([str(path), "--no-ui"]) == 0
    rows = read_csv(tmp_path / "runs" / name / "enchanted_dataset.csv")
    for number, each in enumerate(shown):
        directory = tmp_path / "runs" / name / "data" / f"d0_b0_s{number}_r0"
        assert each["files"]
        for file, text in each["files"].items():
            assert (directory / file).read_text() == text
        assert {key: float(rows[number][key]) for key in each["params"]} == each["params"]


def test_what_is_shown_of_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects newcomers with a function: its call has the arguments that it takes, no others."""
    shown = inputs_of(CONFIGS / "python_function.yaml", capsys)
    assert shown[0]["call"] == "pendulum:swing(gravity=1.62, length=0.5, angle=0.0)"


def test_a_call_for_many_samples(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the one input of many samples: it is shown with a row for the sample."""
    [name] = (shown := inputs_of(CONFIGS / "command_batch.yaml", capsys)[1])["files"]
    head, row = shown["files"][name].split()
    assert head.split(",")[1:] == list(shown["params"])
    assert [float(cell) for cell in row.split(",")[1:]] == list(shown["params"].values())


def test_samples_of_a_sampler_that_learns_are_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects against taking for planned what only shows the form of the inputs."""
    shown = inputs_of(CONFIGS / "sampler_bayesian.yaml", capsys)
    assert shown and all(each["is_example"] for each in shown)


def test_what_cannot_be_rendered_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the preview itself: a sample whose template fails shows the reason, the others are
    shown.
    """
    text = (CONFIGS / "command_minimal.yaml").read_text()
    path = tmp_path / "campaign.yaml"
    wrong = "{{ length }} {{ 1 / (length > 1) }}"
    path.write_text(text.replace("{{ length }} {{ gravity }}", f"{wrong} {{{{ gravity }}}}"))
    monkeypatch.chdir(tmp_path)
    shown = inputs_of(path, capsys)
    said = [each for each in shown if each["problem"]]
    assert 0 < len(said) < len(shown)
    assert "files.pendulum.in" in said[0]["problem"]
    assert shlex.split(next(each for each in shown if not each["problem"])["call"])[1] == "awk"


def test_inputs_go_with_a_dry_run_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects against an option that is read and then ignored."""
    assert cli.main([str(CONFIGS / "command_minimal.yaml"), "--no-ui", "--inputs"]) == 2
    assert "--inputs goes with CONFIG --dry-run" in capsys.readouterr().err
