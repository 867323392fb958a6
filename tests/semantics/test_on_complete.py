"""`supervisor.on_complete`: once, with what it needs to know, and never in the way of the
result.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.config.loading import config_from_mapping
from enchanted_tui.supervisor import control
from enchanted_tui.supervisor.supervisor import Supervisor
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler

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

def hang(run_dir):
    import time
    with open(os.environ["HOOK_LOG"], "w") as log:
        log.write(str(os.getpid()))
    time.sleep(600)
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


def test_a_function_is_called_once_for_what_is_complete(campaign: Campaign, hook_log) -> None:
    """The dataset is whole by then; a resume that finds nothing to do does not call it again, an
    extension does.
    """
    assert campaign.run(config=with_hook("my_hooks:count")) == 0
    assert campaign.resume() == 0
    assert hook_log.read_text() == "3 completed\n"
    assert campaign.resume("--run-mode", "extend") == 0
    assert hook_log.read_text() == "3 completed\n6 completed\n"
    assert campaign.path("logs/on_complete.log").read_text() == "counted\n"


def test_it_is_called_again_for_failed_samples_that_were_run_again(
    campaign: Campaign, hook_log
) -> None:
    """As many rows as before, and a model fitted to them would be one of yesterday's dataset."""
    (campaign.root / "half.py").write_text("def half(x):\n    return {'success': x < 0.5}\n")
    config = campaign_config(
        random_sampler(8),
        runners={"r0": {"type": "PythonRunner", "function": "half:half"}},
        on_complete="my_hooks:count",
    )
    assert campaign.run(config=config) == 0
    assert cli.main(["--retry-failed", "run"]) == 0
    assert campaign.resume() == 0
    assert hook_log.read_text() == "8 completed\n8 completed\n"


@pytest.mark.parametrize(
    "hook", ["my_hooks:fail", "my_hooks:missing", ["/no/such/program"], "false"]
)
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
    assert (
        campaign.path("logs/on_complete.log").read_text() == f"{campaign.run_dir} $(touch x); a\n"
    )


def test_an_interrupted_campaign_is_not_complete(campaign: Campaign, hook_log) -> None:
    """Only the resume that finishes it calls the hook."""
    config: Any = with_hook("my_hooks:count", 6)
    config["samplers"]["s0"] = {
        **random_sampler(6, 2),
        "type": "RandomSamplerWithKill",
        "kill_after": 1,
    }
    assert campaign.run(config=config) == 1
    assert not hook_log.exists()
    del campaign.config["samplers"]["s0"]["kill_after"]
    assert campaign.resume() == 0
    assert hook_log.read_text() == "6 completed\n"


@pytest.mark.parametrize("way", ["request", "file"])
def test_one_that_hangs_can_be_ended_and_runs_again(campaign: Campaign, hook_log, way: str) -> None:
    """By a signal or the app (a request), or from another process (a file): the supervisor must not
    be held for ever.
    """
    campaign.write(with_hook("my_hooks:hang"))
    supervisor = Supervisor(config_from_mapping(with_hook("my_hooks:hang")))
    outcomes: queue.SimpleQueue[object] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: outcomes.put(supervisor.start()))
    thread.start()
    while not (hook_log.exists() and hook_log.read_text()):
        time.sleep(0.02)
    if way == "request":
        supervisor.request("drain")
    else:
        control.send(campaign.path("state/control"), "abort")
    thread.join()
    assert outcomes.get().reason == "completed"  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(int(hook_log.read_text()), 0)
    assert not campaign.records("on_complete")
    campaign.write(with_hook("my_hooks:count"))
    hook_log.unlink()
    assert campaign.resume() == 0
    assert hook_log.read_text() == "3 completed\n"


@pytest.mark.parametrize("hook", ["'", "  ", [], [""]])
def test_what_is_no_command_is_told_before_anything_runs(
    campaign: Campaign, hook: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after the last sample, as a defect."""
    assert campaign.run(config=with_hook(hook)) == 2
    assert "on_complete" in capsys.readouterr().err
    assert not campaign.run_dir.exists()
