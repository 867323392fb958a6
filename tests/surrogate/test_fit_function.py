"""Surrogates, sensitivity and reports from Python: what the command line gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import enchanted_tui
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.export.selection import ExportError
from enchanted_tui.surrogate.model_inputs import SurrogateError
from helpers.surrogates import analysed, fitted, function_campaign


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return function_campaign(tmp_path_factory.mktemp("c"), "double_gaussian", 40)


def _timeless(told: Any) -> Any:
    return {key: value for key, value in json.loads(json.dumps(told)).items() if key != "seconds"}


def test_a_fit_is_that_of_the_command_line(run_dir: Path, tmp_path: Path) -> None:
    """The same report and the same model, at the place that is named."""
    from_python = enchanted_tui.fit(run_dir, out=tmp_path / "m.npz", folds=4)
    from_shell = fitted(run_dir, "--cv", "4")
    assert from_python.path == tmp_path / "m.npz"
    told, wanted = _timeless(from_python.report), _timeless(from_shell)
    wanted.pop("written", None)
    assert told == wanted
    frame = enchanted_tui.load(run_dir).head(5)
    mean, _ = from_python.model.predict(frame)
    stored, _ = enchanted_tui.load_model(from_python.path).predict(frame)
    assert mean.equals(stored)
    with pytest.raises(ExportError):
        enchanted_tui.fit(run_dir, out=tmp_path / "m.npz")
    enchanted_tui.fit(run_dir, out=tmp_path / "m.npz", overwrite=True, model="linear")


def test_sensitivity_is_that_of_the_command_line(run_dir: Path) -> None:
    """The same indices, with their intervals."""
    report = enchanted_tui.sensitivity(str(run_dir), where="x > 0.2", model="linear")
    wanted = analysed(run_dir, "--where", "x > 0.2", "--model", "linear")
    assert _timeless(report.as_json()) == _timeless(wanted)


def test_a_report_is_written(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the current directory by default; what is there stays unless it is to be replaced."""
    monkeypatch.chdir(tmp_path)
    page = enchanted_tui.write_report(run_dir, model="linear")
    assert page.resolve().parent == tmp_path and page.name.endswith("-report.html")
    assert "<html" in page.read_text() and str(run_dir) not in page.read_text()
    with pytest.raises(ExportError):
        enchanted_tui.write_report(run_dir)


@pytest.mark.parametrize(
    "call", [enchanted_tui.fit, enchanted_tui.sensitivity, enchanted_tui.write_report]
)
def test_mistakes_are_sentences(call: Callable[..., Any], run_dir: Path, tmp_path: Path) -> None:
    """All of them at once, before anything is worked out."""
    with pytest.raises(SurrogateError, match=r"write outputs=\['f'\].*did you mean 'trees'"):
        call(run_dir, outputs="f", model="tree")
    with pytest.raises(SurrogateError, match="nothing_such"):
        call(run_dir, outputs=["nothing_such"])
    with pytest.raises(EnvironmentProblem, match="nowhere"):
        call(tmp_path / "nowhere")


def test_two_ways_to_judge_are_refused(run_dir: Path) -> None:
    """A fit is judged by folds or by a file."""
    with pytest.raises(SurrogateError, match="give one of them"):
        enchanted_tui.fit(run_dir, folds=3, test="t.csv")
