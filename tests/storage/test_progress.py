"""The progress files, as scripts read them."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.progress import (
    BatchProgress,
    PipelineProgress,
    ProgressFiles,
    StageProgress,
    bar,
    batch_report,
    pipeline_report,
)

BATCH = BatchProgress(depth=1, batch=2, step=0, done=5, total=10, succeeded=4, failed=1)
STAGE = StageProgress(
    depth=0,
    sampler="s1",
    runners=("mesh", "solve"),
    done=5,
    expected=10,
    succeeded=4,
    failed=1,
    batches=2,
    batches_done=1,
    step_done=(7, 5),
    complete=False,
)
PIPELINE = PipelineProgress(
    state="running",
    stages=(
        STAGE,
        replace(STAGE, depth=1, batches=0, batches_done=0, done=0, expected=100, step_done=(0, 0)),
    ),
    tasks_done=12,
    tasks_expected=220,
    succeeded=11,
    failed=1,
    failure_kinds=(("timeout", 1),),
    running=tuple(f"d0_b1_s{number}_r0" for number in range(25)),
    rate=0.05,
    eta=90_061.0,
    elapsed=59.6,
)


class Bench:
    def __init__(self, root: Path) -> None:
        self.now = 0.0
        self.run_dir = CampaignDirectory(root)
        self.run_dir.logs.mkdir(parents=True)
        self.files = self.open()

    def open(self) -> ProgressFiles:
        return ProgressFiles(self.run_dir, clock=lambda: self.now)

    def write(self, seconds: float, done: int) -> str:
        self.now += seconds
        self.files.write(replace(BATCH, done=done), replace(PIPELINE, tasks_done=done))
        return self.run_dir.current_progress.read_text()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_batch_report_has_the_older_programs_lines() -> None:
    """Scripts pick these lines out of the file."""
    lines = batch_report(replace(BATCH, done=10, succeeded=10, failed=0)).split("\n")
    assert lines[:2] == ["", ""]
    assert lines[2].startswith("=== PROGRESS REPORT ===")
    assert re.fullmatch(r"Time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lines[3])
    assert lines[4:6] == ["Depth: 1", "Batch: 2"]
    assert lines[7:11] == [
        "Completed: 10/10",
        "Successes: 10",
        "Failures: 0",
        "Success Rate:  100.0%",
    ]
    assert lines[11] == "[" + 40 * "#" + "] 100.0%"
    assert set(lines[12]) == {"="}


def test_the_pipeline_report_covers_all_stages() -> None:
    """One look tells how far the whole campaign is, what fails and what runs."""
    report = pipeline_report(PIPELINE)
    for line in (
        "State: running",
        "Tasks: 12/220",
        "Failures: 1 (timeout 1)",
        "Rate: 180 tasks/h",
        "Elapsed: 1 min",
        "Remaining: 25 h",
        "Stage 0: s1 -> mesh, solve (in progress)",
        "  Samples: 5/10, 4 successes, 1 failures",
        "  Batches: 1/2 complete",
        "  Steps: mesh 7, solve 5",
        "Stage 1: s1 -> mesh, solve (waiting)",
    ):
        assert line in report.split("\n")
    assert "d0_b1_s19_r0 and 5 more" in report
    assert "(paused by anna@laptop)" in pipeline_report(
        replace(PIPELINE, state="paused", waiting_for="paused by anna@laptop")
    )


@pytest.mark.parametrize("done", [0, 1, 999, 1000])
def test_only_a_finished_batch_looks_finished(done: int) -> None:
    """99.96 % is not 100 %: nobody should go home early."""
    drawn = bar(done * 3, 3000)
    assert ("100.0%" in drawn) == (done == 1000) == ("-" not in drawn)
    assert bar(2999, 3000) == "[" + "#" * 39 + "-]  99.9%"


def test_the_first_report_is_there_at_once_and_then_one_a_second(bench: Bench) -> None:
    """The files live from the first second, and a thousand results a second do not rewrite them a
    thousand times.
    """
    assert "Completed: 0/10" in bench.write(0, done=0)
    assert "Completed: 0/10" in bench.write(0.5, done=1)
    assert "Completed: 2/10" in bench.write(0.5, done=2)
    assert "Tasks: 2/220" in bench.run_dir.pipeline_progress.read_text()


def test_nothing_is_written_while_nothing_happens(bench: Bench) -> None:
    """A campaign that waits in a queue for days does not wear out the file server; a sign of life
    comes every ten seconds.
    """
    written = set()
    for _ in range(21):
        bench.write(1, done=3)
        written.add(os.stat(bench.run_dir.current_progress).st_ino)
    assert len(written) <= 3


def test_a_final_report_is_appended_once(bench: Bench) -> None:
    """Resuming reports no batch a second time."""
    final = replace(BATCH, done=10, succeeded=9)
    bench.files.finished(final)
    bench.files.finished(replace(final, step=1))
    bench.files = bench.open()
    bench.files.finished(final)
    bench.files.finished(replace(final, batch=12))
    text = bench.run_dir.all_progress.read_text()
    assert re.findall(r"Batch: (\d+)\nStep: (\d+)", text) == [("2", "0"), ("2", "1"), ("12", "0")]


def test_reports_of_the_older_program_count(bench: Bench) -> None:
    """A directory taken over from it has reports without a step."""
    bench.run_dir.all_progress.write_text(batch_report(BATCH).replace("Step: 0\n", ""))
    bench.files.finished(BATCH)
    assert bench.run_dir.all_progress.read_text().count("PROGRESS REPORT") == 1


def test_rebuilt_it_is_the_same(bench: Bench) -> None:
    """The reports are projections of the journal like everything else, times included."""
    reports = [replace(BATCH, batch=number, time=1.7e9 + number) for number in range(3)]
    for report in reports:
        bench.files.finished(report)
    before = bench.run_dir.all_progress.read_bytes()
    bench.files.rebuild(reports)
    assert bench.run_dir.all_progress.read_bytes() == before


@pytest.mark.parametrize("kept", [1, 12, 60, 200])
def test_a_torn_report_is_cut_off_and_written_again(bench: Bench, kept: int) -> None:
    """A writer that died in the middle of a report leaves neither half a report nor a batch that is
    taken for reported.
    """
    first, second = replace(BATCH, time=1.7e9), replace(BATCH, batch=3, time=1.7e9)
    bench.run_dir.all_progress.write_text(batch_report(first) + batch_report(second)[:kept])
    for report in (first, second):
        bench.files.finished(report)
    assert bench.run_dir.all_progress.read_text() == batch_report(first) + batch_report(second)
