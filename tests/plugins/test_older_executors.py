"""Executors written before there was `Running`, which were options and running thing at once: they
go on working, unchanged.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui import cli
from enchanted_tui.config.loading import load_config
from enchanted_tui.executors.base import JobInfo, TaskContext, WorkerInfo
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.older_form import OlderExecutor, adopts_jobs, build_executor

#: As the template of a plugin taught it, with the deep imports of that time.
BUILT_UPON_EXECUTOR = """\
import queue
import threading
from dataclasses import asdict

from enchanted_tui.config.options import option
from enchanted_tui.executors.base import Executor, Result, Trouble
from enchanted_tui.executors.task import run_task, task_message
from enchanted_tui.executors.verdict import EnvironmentFailure


class OneThreadExecutor(Executor):
    ahead: int = option(4, doc="Tasks that it holds.", ge=1)

    def start(self, context, deliver):
        self._context, self._deliver = asdict(context), deliver
        self._waiting = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held = 0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def capacity(self):
        with self._lock:
            return self.ahead * self.worker_count() - self._held

    def submit(self, tasks):
        with self._lock:
            self._held += len(tasks)
        for task in tasks:
            self._waiting.put(task)

    def cancel(self):
        pass

    def close(self):
        self._waiting.put(None)
        self._thread.join(timeout=5)
        open("closed", "w").close()

    def _work(self):
        while (task := self._waiting.get()) is not None:
            try:
                result = Result(task.id, run_task(task_message(task), self._context))
            except EnvironmentFailure as trouble:
                result = Trouble(str(trouble), task.id)
            with self._lock:
                self._held -= 1
            self._deliver(result)
"""
#: Whatever has the methods is an executor: keys of its configuration come as they are.
BUILT_UPON_NOTHING = BUILT_UPON_EXECUTOR.replace(
    '(Executor):\n    ahead: int = option(4, doc="Tasks that it holds.", ge=1)\n',
    """:
    def __init__(self, type, ahead=4):
        self.ahead = ahead

    def worker_count(self):
        return 1
""",
)


def config(budget: int, **executor: Any) -> dict[str, Any]:
    return {
        "supervisor": {
            "base_run_dir": "out",
            "run_order": [{"executor": "mine", "sampler": "points", "runner": "sum"}],
        },
        "executors": {"mine": {"type": "older_executor:OneThreadExecutor", **executor}},
        "samplers": {
            "points": {
                "type": "SobolSequenceSampler",
                "budget": budget,
                "parameters": ["x"],
                "bounds": [[0, 1]],
            }
        },
        "runners": {"sum": {"type": "SumRunner", "params_to_sum": ["x"]}},
    }


@pytest.mark.parametrize("source", [BUILT_UPON_EXECUTOR, BUILT_UPON_NOTHING])
def test_a_campaign_runs_and_resumes(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "older_executor", raising=False)
    Path("older_executor.py").write_text(source)
    for budget in (6, 9):
        Path("campaign.yaml").write_text(yaml.safe_dump(config(budget, ahead=2)))
        assert cli.main(["campaign.yaml", "--dry-run"]) == 0
        assert cli.main(["campaign.yaml", "--no-ui", "--run-mode", "auto"]) == 0
        with open("out/enchanted_dataset.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["success"] for row in rows] == ["True"] * budget
        assert Path("closed").exists()
        Path("closed").unlink()


WITH_JOBS = """\
from enchanted_tui.executors.base import Executor, JobInfo, WorkerInfo


class JobExecutor(Executor):
    def attach(self, name, submissions):
        self.attached = name, list(submissions)

    def start(self, context, deliver):
        self.started = context, deliver

    def capacity(self):
        return 7

    def submit(self, tasks):
        self.submitted = tasks

    def cancel(self):
        pass

    def has_ended(self):
        return False

    def close(self):
        pass

    def worker_count(self):
        return 5

    def workers(self):
        return [WorkerInfo("w", "h", 1, None, None)]

    def jobs(self):
        return [JobInfo("j", "1_0", "PENDING", "Priority", "", 1, 0, None, None)]

    def waiting_for(self):
        return "a reason"

    def watched(self, seconds):
        self.looked = seconds

    def dry_run(self, run_dir):
        return f"asks for jobs below {run_dir}"

    def notices(self):
        return ["read this"]
"""


def test_what_it_can_tell_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has is asked of it, what it has not has an answer; jobs of an earlier session are
    handed to one that attaches.
    """
    monkeypatch.chdir(tmp_path)
    Path("job_executor.py").write_text(WITH_JOBS)
    content = config(1, fresh_process=True)
    content["executors"]["mine"]["type"] = "job_executor:JobExecutor"
    spec = load_config(_written(content)).executors["mine"]
    assert adopts_jobs(spec.cls)
    executor = build_executor(spec)
    assert isinstance(executor, OlderExecutor)
    assert executor.fresh_process
    assert executor.notices() == ["read this"]
    assert executor.dry_run("/runs/a") == "asks for jobs below /runs/a"
    context = TaskContext("/d", "d", {}, seed=1, campaign="c", session="s")
    left = Submission("e" + 12 * "0", "mine", "name", "/d", [])
    running = executor.open(context, print, [left])
    theirs = executor._executor
    assert theirs.attached == ("mine", [left])
    assert theirs.started == (context, print)
    assert running.capacity() == 7
    assert running.worker_count() == 5
    assert running.workers() == [WorkerInfo("w", "h", 1, None, None)]
    assert running.jobs() == [JobInfo("j", "1_0", "PENDING", "Priority", "", 1, 0, None, None)]
    assert running.waiting_for() == "a reason"
    assert not running.has_ended()
    running.watched(3.0)
    assert theirs.looked == 3.0
    assert (running.recall(), running.links(), running.core_hours()) == ([], [], 0.0)


def _written(content: dict[str, Any]) -> str:
    Path("campaign.yaml").write_text(yaml.safe_dump(content))
    return "campaign.yaml"


def test_one_that_changes_how_ours_runs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever derived from an executor of ours: what is never called any more is not
    ignored in silence.
    """
    monkeypatch.chdir(tmp_path)
    Path("derived_executor.py").write_text(
        "from enchanted_tui.executors.local.executor import LocalExecutor\n"
        "class Counting(LocalExecutor):\n"
        "    def submit(self, tasks):\n"
        "        super().submit(tasks)\n"
    )
    content = config(1)
    content["executors"]["mine"] = {"type": "derived_executor:Counting"}
    _written(content)
    assert cli.main(["campaign.yaml", "--check"]) == 2
    said = capsys.readouterr().err
    assert "submit() would never be called: override open()" in said
