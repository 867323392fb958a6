"""What samplers, runners and failing samples log is kept, at the level of the configuration."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from helpers.campaign import Campaign
from helpers.configs import campaign_config

PARTS = """\
import logging
from enchanted_tui.plugins import Runner

log = logging.getLogger("somebodys.runner")

class Talking(Runner):
    def single_code_run(self, run_dir, params):
        log.debug("fine detail")
        log.info("x is %s", params["x"])
        logging.info("by the root logger")
        if params["x"] > 1:
            raise ValueError(f"cannot do {params['x']}")
        return {"success": True, "output": params["x"]}

class Own(Runner):
    def single_code_run(self, run_dir, params):
        logging.basicConfig(filename=run_dir + "/own.log", level="INFO", force=True)
        log.info("x is %s", params["x"])
        return {"success": True}

class Drawing:
    def __init__(self, budget=4, **options):
        self.budget, self.batch_size, self.submitted, self.has_budget = budget, budget, 0, True
        logging.getLogger("somebodys.sampler").info("made for %s", budget)

    def get_next_samples(self):
        logging.getLogger("somebodys.sampler").info("drawing %s", self.budget)
        logging.getLogger("somebodys.sampler").debug("fine detail")
        logging.getLogger("h5py._conv").info("chatter")
        self.submitted, self.has_budget = self.budget, False
        return [{"x": x} for x in range(self.budget)]

    def register_future(self, dataset):
        pass

    def skip(self, n):
        pass
"""


def config(runner: str = "Talking", level: str = "INFO", **supervisor: Any) -> dict[str, Any]:
    parts = {"type": "parts:Drawing"}, {"r0": {"type": f"parts:{runner}"}}
    return {**campaign_config(parts[0], runners=parts[1], **supervisor), "logging": level}


@pytest.fixture
def talking(campaign: Campaign) -> Campaign:
    (campaign.root / "parts.py").write_text(PARTS)
    return campaign


@pytest.fixture
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Take those of pytest away, which come once the test has begun; the program's own process has
    none.
    """
    return lambda: monkeypatch.setattr(logging.getLogger(), "handlers", [])


def said(campaign: Campaign, sample: int) -> str:
    path = campaign.path(f"data/d0_b0_s{sample}_r0/stderr.txt")
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING"])
def test_samplers_and_runners_are_heard_from_the_level_of_the_configuration(
    talking: Campaign, no_handlers: Callable[[], None], level: str
) -> None:
    """Protects whoever looks for what a plugin said: a sampler's lines are in the log, a runner's
    beside the files of its sample.
    """
    no_handlers()
    before = logging.getLogger().level
    assert talking.run(config=config(level=level)) == 0
    heard = level != "WARNING"
    assert said(talking, 1).count("x is 1") == heard
    assert ("by the root logger" in said(talking, 1)) is heard
    assert ("fine detail" in said(talking, 1)) is (level == "DEBUG")
    log = talking.path("logs/main.log").read_text()
    assert log.count("made for 4") == log.count("drawing 4") == heard
    assert ("fine detail" in log) is (level == "DEBUG")
    assert "chatter" not in log
    assert logging.getLogger().level == before


def test_a_runner_with_logging_of_its_own_keeps_it(talking: Campaign) -> None:
    """`logging.basicConfig` does what it always does; nothing is written twice."""
    assert talking.run(config=config("Own")) == 0
    assert talking.path("data/d0_b0_s2_r0/own.log").read_text() == "INFO:somebodys.runner:x is 2\n"
    assert said(talking, 2) == ""


def test_tracebacks_of_failing_samples_are_in_the_log(talking: Campaign) -> None:
    """Once for each place in the code: a thousand samples that fail alike do not fill it."""
    assert talking.run(config=config()) == 0
    log = talking.path("logs/main.log").read_text()
    assert log.count("Traceback (most recent call last)") == 1
    assert "ValueError: cannot do " in log
    assert "parts.py" in log
    assert "=== FAILURE" not in log


def test_the_block_of_each_failure_has_its_labels(talking: Campaign) -> None:
    """With `log_failures`, scripts made for the older program find their labels, and people the
    traceback.
    """
    assert talking.run(config=config(log_failures=True)) == 0
    log = talking.path("logs/main.log").read_text()
    assert log.count("=== FAILURE === d0_b0_s") == 2
    assert "] Run directory: run/data/d0_b0_s2_r0\n" in log
    assert '] Result: {"success":false,"success_r0":false,' in log
    assert log.count("Traceback (most recent call last)") == 2
