"""`supervisor.on_complete`: once, with what it needs to know, and never in the way of the result."""

from __future__ import annotations

import sys

import pytest
from campaign_harness import Campaign, campaign_config, random_sampler

HOOK = """
import os
import pathlib

def count(run_dir):
    rows = pathlib.Path(run_dir, "enchanted_dataset.csv").read_text().count("\\n") - 1
    with open(os.environ["HOOK_LOG"], "a") as log:
        log.write(f"{rows} {os.environ['ENCHANTED_OUTCOME']}\\n")
    print("counted")

def fail(run_dir):
    raise SystemExit(7)
"""


@pytest.fixture
def hook_log(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> object:
    """A module with hooks beside the configuration, and the file that they write to."""
    (campaign.root / "my_hooks.py").write_text(HOOK)
    path = campaign.root / "hook.log"
    monkeypatch.setenv("HOOK_LOG", str(path))
    return path


def with_hook(hook: object, budget: int = 3) -> dict[str, object]:
    return campaign_config(random_sampler(budget), on_complete=hook)


def test_a_function_is_called_once_for_what_is_complete(campaign: Campaign, hook_log) -> None:  # type: ignore[no-untyped-def]
    """The dataset is whole by then; a resume that finds nothing to do does not call it again, an extension does."""
    assert campaign.run(config=with_hook("my_hooks:count")) == 0
    assert campaign.resume() == 0
    assert hook_log.read_text() == "3 completed\n"
    assert campaign.resume("--run-mode", "extend") == 0
    assert hook_log.read_text() == "3 completed\n6 completed\n"
    assert campaign.path("logs/on_complete.log").read_text() == "counted\n"


@pytest.mark.parametrize("hook", ["my_hooks:fail", "my_hooks:missing", ["/no/such/program"], "false"])
def test_its_failure_is_reported_and_hides_nothing(
    campaign: Campaign, hook_log: object, hook: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """The campaign is complete, exit code 0; the person is told, and it is on record."""
    assert campaign.run(config=with_hook(hook)) == 0
    assert "on_complete" in capsys.readouterr().err
    assert campaign.records("on_complete")[-1]["exit_code"] != 0
    assert len(campaign.rows()) == 3


def test_a_command_gets_the_run_directory_and_no_shell(campaign: Campaign) -> None:
    """As environment variables; what looks like shell syntax is an argument."""
    program = "import os, sys; print(os.environ['ENCHANTED_RUN_DIR'], sys.argv[1])"
    assert campaign.run(config=with_hook([sys.executable, "-c", program, "$(touch x); a"])) == 0
    assert campaign.path("logs/on_complete.log").read_text() == f"{campaign.run_dir} $(touch x); a\n"


def test_an_interrupted_campaign_is_not_complete(campaign: Campaign, hook_log) -> None:  # type: ignore[no-untyped-def]
    """Only the resume that finishes it calls the hook."""
    config = with_hook("my_hooks:count", 6)
    config["samplers"]["s0"] = {**random_sampler(6, 2), "type": "RandomSamplerWithKill", "kill_after": 1}  # type: ignore[index]
    assert campaign.run(config=config) == 1
    assert not hook_log.exists()
    del campaign.config["samplers"]["s0"]["kill_after"]
    assert campaign.resume() == 0
    assert hook_log.read_text() == "6 completed\n"
