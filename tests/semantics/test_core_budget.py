"""Core-hours: measured, foretold and limited."""

from __future__ import annotations

import heapq
import json
import random
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.forecast import Forecast, forecast
from enchanted_tui.record.run_cost import RunCost
from enchanted_tui.storage.progress import StageProgress
from enchanted_tui.ui.overview_facts import resources
from enchanted_tui.views.viewing import Viewer
from helpers.campaign import Campaign
from helpers.configs import campaign_config, random_sampler
from helpers.marks import examples, in_full

_CORES = 2.0
_SLEEP = [0.1, 0.3]  #: seconds of a sample, by its parameter


@pytest.fixture
def slow(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign of 30 samples whose run times are spread over 1:3, two at a time, each of which
    holds two cores.
    """
    monkeypatch.setenv("OMP_NUM_THREADS", f"{_CORES:g}")
    campaign.environment["OMP_NUM_THREADS"] = f"{_CORES:g}"
    campaign.config = campaign_config(random_sampler(30))
    campaign.config["runners"]["r0"] = {"type": "helpers.parts.probe:ProbeRunner", "sleep": _SLEEP}
    return campaign


def limited(campaign: Campaign, core_seconds: float) -> None:
    campaign.config["supervisor"]["max_core_hours"] = core_seconds / 3600


def used(campaign: Campaign) -> float:
    return sum(record["runtime"] * record.get("cores", 1.0) for record in campaign.records("task"))


def status(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main(["--status", str(campaign.run_dir), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["snapshot"]["cost"]
    return found


def test_limit(slow: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """A campaign holds no more than it may and a task for each slot, says so in a sentence with exit
    code 3, foretells what it needs, and goes on with a higher limit, with nothing run twice.
    """
    limited(slow, 4.0)
    assert slow.run() == 3
    longest = max(record["runtime"] for record in slow.records("task"))
    assert 2.0 < used(slow) < 4.0 + 2 * _CORES * longest
    end = slow.records("end")[-1]
    assert end["reason"] == "max_core_hours"
    assert end["message"].endswith("Raise the limit and go on with --run-mode resume")
    assert end["message"] in capsys.readouterr().err
    assert cli.main(["--status", str(slow.run_dir)]) == 0
    assert "core-hours 0.00" in (said := capsys.readouterr().out), said
    assert "of 0.00111, forecast 0.00" in said
    assert cli.main([str(slow.write()), "--dry-run", "--run-mode", "resume"]) == 0
    assert "draw fewer samples, or raise the limit" in (said := capsys.readouterr().out), said
    assert "for what is left, 2 at a time" in said
    viewer = Viewer(slow.run_dir)
    assert "core-hours: 0.00" in resources(viewer.refresh(), None, 200).plain
    viewer.close()
    foretold = status(slow, capsys)
    before = len(slow.records("task"))
    assert slow.resume() == 3
    assert len(slow.records("task")) <= before + 2
    limited(slow, 1000.0)
    assert slow.resume() == 0
    assert len(slow.rows()) == 30
    assert set(slow.executions().values()) == {1}
    assert used(slow) / 1.5 < foretold["core_hours_at_end"] * 3600 < used(slow) * 1.5
    assert status(slow, capsys)["core_hours"] * 3600 == pytest.approx(used(slow))


def test_what_was_cut_off_counts(slow: Campaign) -> None:
    """What samples held whose supervisor was killed is on record, and counts in the next session."""
    slow.config["runners"]["r0"]["sleep"] = 4.0
    slow.budget(3)
    limited(slow, 10.0)
    slow.write()
    with slow.at_work(0) as process:
        while not any(record.get("tasks") for record in slow.records("held")):
            assert process.poll() is None
        process.kill()
    slow.wait_for_no_process()
    held = sum(task[4] for task in slow.records("held")[-1]["tasks"])
    assert held > 0.1
    ended = slow.run_here("--run-mode", "resume")
    assert ended.code == 3, ended
    assert len(slow.records("task")) <= 2
    slow.config["runners"]["r0"]["sleep"] = 0.0
    limited(slow, 1000.0)
    slow.write()
    slow.complete()
    assert len(slow.rows()) == 3


_DRAWN = {"uniform": lambda rng: rng.uniform(1, 3), "log": lambda rng: 3 ** rng.random()}


def foretold(times: list[float], workers: int, ended: int) -> Forecast:
    """Return the forecast, in core-seconds for hours, when so many tasks have ended."""
    free, spans = [0.0] * workers, []
    for seconds in times:
        begun = heapq.heappop(free)
        spans.append((begun, begun + seconds))
        heapq.heappush(free, begun + seconds)
    now = sorted(end for _, end in spans)[ended - 1]
    cost = RunCost()
    running = []
    for sample, (begun, end) in enumerate(spans):
        task = TaskId(0, 0, sample, 0)
        if end <= now:
            cost.task_ended({"type": "task", "task": [*task], "runtime": 3600 * (end - begun)})  # type: ignore[typeddict-item]
        elif begun < now:
            running.append((task, 3600 * (now - begun)))
    done = cost.steps[0, 0].count
    counts = {"done": done, "succeeded": done, "failed": 0, "batches": 1, "batches_done": 0}
    stage = StageProgress(
        0, "s", ("r",), expected=len(times), step_done=(done,), complete=False, **counts
    )
    held = cost.held() + sum(seconds for _, seconds in running)
    return forecast(cost, [stage], (0,), held=held, running=running)


@pytest.mark.parametrize("workers", [4, *in_full(1, 16, 64)])
@pytest.mark.parametrize("drawn", _DRAWN)
def test_a_few_samples_tell(drawn: str, workers: int) -> None:
    """The forecast after the first five samples is within a factor of 1.5 for run times spread over
    1:3, although the shortest end first, and its bounds hold most of the time.
    """
    within = 0
    count = examples(200)
    for seed in range(count):
        rng = random.Random(seed)
        times = [_DRAWN[drawn](rng) for _ in range(200)]
        found = foretold(times, workers, 5)
        assert found.core_hours_at_end is not None
        assert found.core_hours_low is not None
        assert found.core_hours_high is not None
        assert 1 / 1.5 < found.core_hours_at_end / sum(times) < 1.5, seed
        within += found.core_hours_low < sum(times) < found.core_hours_high
    assert within >= 0.85 * count
