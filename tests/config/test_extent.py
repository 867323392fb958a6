"""Campaigns larger than anything can hold are refused where they are written, before anything is
created.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from enchanted_tui import cli
from enchanted_tui.config.loading import parse_config
from helpers.good_config import GOOD, spoilt

TWO_STAGES = spoilt(
    "    - {executor: e1, sampler: s1, runner: r1}\n",
    "    - {executor: e1, sampler: s1, runner: r1}\n    - {executor: e1, sampler: g1, runner:"
    " r2}\n",
    spoilt(
        "runners:\n",
        "  g1: {type: GridSampler, parameters: [u, v], bounds: [[0, 1], [0, 1]], num_samples:"
        " 1000}\nrunners:\n  r2: {type: ExampleRunner}\n",
    ),
)


def said(text: str) -> list[str]:
    config, problems = parse_config(text, "c.yaml")
    assert (config is None) == any(problem.severity == "error" for problem in problems)
    return [str(problem) for problem in problems if problem.severity == "error"]


@pytest.mark.parametrize(
    ("budget", "amount"),
    [
        ("1.0e+30", "10^30"),
        (str(2**70), "10^21"),
        (str(2**63), "10^19"),
        (str(2**28 + 1), "268,435,457"),
    ],
)
def test_a_budget_beyond_counting_is_located(budget: str, amount: str) -> None:
    """It ended in an OverflowError once the run directory had been made."""
    (problem,) = said(spoilt("budget: 10", f"budget: {budget}"))
    assert problem.startswith("c.yaml:8:13: samplers.s1.budget: ")
    assert f"{amount} samples are more than a stage can hold: 268,435,456 rows" in problem


def test_what_stages_multiply_to_counts() -> None:
    """Each is harmless alone: 300 samples by a grid of a million is not."""
    assert said(spoilt("budget: 10", "budget: 260", TWO_STAGES)) == []
    (problem,) = said(spoilt("budget: 10", "budget: 300", TWO_STAGES))
    assert (
        ": samplers.g1.num_samples: 1,000,000 samples, each with 300 rows of the stages before, are"
        " more" in problem
    )


def test_the_largest_is_allowed_and_too_many_batches_are_not() -> None:
    """A batch of one sample each is a habit that does not scale; the sentence names the option."""
    assert said(spoilt("budget: 10", f"budget: {2**28}")) == []
    (problem,) = said(spoilt("budget: 10", "budget: 20000000\n    batch_size: 1"))
    assert (
        "samplers.s1.batch_size: 20,000,000 batches are more than a stage can hold: 16,777,216"
        in problem
    )


def test_too_many_stages_and_steps(tmp_path: Path) -> None:
    """No name of a task has room for them."""
    stage = "    - {executor: e1, sampler: s1, runner: r1}\n"
    assert any("there are 33 stages" in problem for problem in said(spoilt(stage, stage * 33)))
    steps = (
        f"    - {{executor: [{', '.join(['e1'] * 65)}], sampler: s1, runner:"
        f" [{', '.join(['r1'] * 65)}]}}\n"
    )
    assert any("there are 65 steps" in problem for problem in said(spoilt(stage, steps)))


def test_an_extension_beyond_counting_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The budget alone is fine, what is recorded is too; the directory stays as it is."""
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(
        GOOD.replace("bounds: [[0, 1], [0, 1]]", "bounds: [[0, 1], [0, 1]]\n    seed: 1")
    )
    assert cli.main(["c.yaml", "--no-ui"]) == 0
    journal = Path("out/state/journal.jsonl").read_bytes()
    capsys.readouterr()
    assert (
        cli.main(
            ["c.yaml", "--no-ui", "--run-mode", "extend", "--set", f"samplers.s1.budget={2**28}"]
        )
        == 2
    )
    assert "stage 0 would be too large: 268,435,466 samples" in capsys.readouterr().err
    assert Path("out/state/journal.jsonl").read_bytes() == journal


@pytest.mark.parametrize("limit", ["2592000", "1.0e+30"])
def test_a_time_limit_of_a_month_is_none_of_ours_to_refuse(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operating system's waits end at 24 days; a longer limit stopped the local executor."""
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(
        spoilt("{type: LocalExecutor}", f"{{type: LocalExecutor, timeout_sec: {limit}}}")
    )
    assert cli.main(["c.yaml", "--no-ui"]) == 0


def test_workers_without_number_are_refused() -> None:
    """They were started one by one until the machine gave in."""
    (problem,) = said(spoilt("{type: LocalExecutor}", "{type: LocalExecutor, n_workers: 1000000}"))
    assert ": executors.e1.n_workers: expected an integer >= 1 and <= 4096" in problem
