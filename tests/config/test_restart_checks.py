"""What is wrong or hardly meant with `restart` is said before anything runs, where it is
written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui.config.loading import load_config
from enchanted_tui.config.problems import ConfigError, Problem


def said(
    tmp_path: Path, runner: dict[str, Any], executor: dict[str, Any], **more: Any
) -> list[Problem]:
    """Return errors and warnings of a configuration with this runner and executor."""
    config = {
        "executors": {"e": {"type": "LocalExecutor", **executor}},
        "samplers": {
            "s": {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 1}
        },
        "runners": {
            "r": {
                "type": "CommandRunner",
                "command": ["true", "{{ x }}"],
                "outputs": {"code": {"exit_code": True}},
                **runner,
            }
        },
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "e", "sampler": "s", "runner": "r"}],
            **more,
        },
    }
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(config))
    try:
        return list(load_config(path).warnings)
    except ConfigError as error:
        return list(error.problems)


def slurm(options: str) -> Any:
    """Return an executor with these options, in YAML."""
    return yaml.safe_load(f"{{type: SlurmExecutor, {options}}}")


AN_HOUR = slurm("sbatch: {time: '01:00:00'}")


@pytest.mark.parametrize(
    ("restart", "key", "words"),
    [
        ({}, "runners.r.restart.keep", "is required"),
        ({"keep": []}, "runners.r.restart.keep", "name the checkpoints"),
        (
            {"keep": ["../a"]},
            "runners.r.restart.keep[0]",
            "no pattern of files in the run directory",
        ),
        ({"keep": ["a"], "signal": "KILL"}, "runners.r.restart.signal", "none of USR1"),
        ({"keep": ["a"], "sginal": "USR1"}, "runners.r.restart.sginal", "signal"),
        ({"keep": ["a"], "most": 0}, "runners.r.restart.most", "1"),
        (
            {"keep": ["a"], "exit_codes": [0]},
            "runners.r.restart.exit_codes",
            "out of one of the two",
        ),
    ],
)
def test_errors(tmp_path: Path, restart: dict[str, Any], key: str, words: str) -> None:
    """Protects checkpoints from what would not work, with the place and what to do."""
    [problem] = said(tmp_path, {"restart": restart}, {})
    assert (problem.severity, problem.key) == ("error", key)
    assert words in problem.message


@pytest.mark.parametrize(
    ("runner", "executor", "more", "key", "words"),
    [
        (
            {"files": {"restart.in": "a"}},
            {},
            {},
            "runners.r.files.restart.in",
            "not put there again",
        ),
        ({"stdout": "restart.log"}, {}, {}, "runners.r.restart.keep", "counts as progress"),
        ({"outputs": {}}, {}, {}, "runners.r.restart.signal", "taken to be done"),
        ({}, {}, {"local_storage": "/tmp"}, "runners.r.restart", "not in local_storage"),
        ({}, {"type": "SlurmExecutor"}, {}, "runners.r.restart", "is not known from sbatch: time"),
        (
            {},
            slurm("sbatch: {time: '5'}"),
            {},
            "runners.r.restart",
            "less than twice restart: before (5 min)",
        ),
    ],
)
def test_warnings(
    tmp_path: Path,
    runner: dict[str, Any],
    executor: dict[str, Any],
    more: Any,
    key: str,
    words: str,
) -> None:
    """Protects from losing checkpoints, or time, by what is allowed and hardly meant."""
    restart = {"keep": ["restart.*"], "signal": "USR1"}
    found = said(tmp_path, {"restart": restart, **runner}, executor, **more)
    wanted = [problem for problem in found if words in problem.message]
    assert [(problem.severity, problem.key) for problem in wanted] == [("warning", key)], found


def test_nothing_is_said_of_what_is_right(tmp_path: Path) -> None:
    """Protects warnings from being overlooked."""
    restart = {"keep": ["restart.*"], "signal": "USR1", "exit_codes": [85]}
    assert said(tmp_path, {"restart": restart}, AN_HOUR) == []
    assert said(tmp_path, {"restart": restart}, {}) == []


@pytest.mark.parametrize(("line", "warned"), [("{{ command }}", 1), ("exec {{ command }}", 0)])
def test_a_signal_to_a_script_that_dies_by_it(tmp_path: Path, line: str, warned: int) -> None:
    """Protects jobs with a script of the user's own from the signal that announces their end."""
    (tmp_path / "job.sh").write_text(f"#!/bin/sh\n#SBATCH --time=60\n{line}\n")
    executor = slurm("job_script_template: job.sh, sbatch: {signal: 'B:USR1@60'}")
    found = said(tmp_path, {}, executor)
    assert [problem.key for problem in found] == ["executors.e.sbatch.signal"] * warned
