"""The classes that say what records hold are what is written, and what the page says."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args, get_type_hints

from enchanted_tui.executors.base import JobInfo, WorkerInfo
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import live, records
from enchanted_tui.record.journal_page import PAGE, page


def test_committed_page_is_up_to_date() -> None:
    """Run `python -m enchanted_tui.record.journal_page` after changing a record."""
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text


def test_kinds_are_named_by_their_own_word() -> None:
    """Protects readers that tell records apart by `type`."""
    for word, kind in records.KINDS.items():
        assert get_args(get_type_hints(kind)["type"]) == (word,)


def test_what_is_told_of_workers_and_jobs_is_all_there_is() -> None:
    """Protects viewers: the file has a field for everything that executors tell."""
    for told, shown in ((WorkerInfo, live.Worker), (JobInfo, live.Job)):
        assert [field.name for field in fields(told)] == list(shown.__annotations__)


def test_records_of_jobs() -> None:
    """Protects jobs: what an executor announces is what the record's class describes."""
    held = [[(TaskId(0, 0, 0, 0), 0)]]
    submission = Submission("e0123456789ab", "far", "run-e0123456789ab", "/jobs", held)
    for record in (submission.intent(), submission.submitted("7"), submission.closed()):
        assert record.keys() <= get_type_hints(records.JobsRecord).keys()
        assert record["type"] == "jobs"


def test_task_ids_and_their_names() -> None:
    """Protects whoever names a task: name and parser are each other's opposite."""
    task = TaskId(1, 20, 300, 4)
    assert TaskId.named(task.name) == task
    for other in ("", "d0_b0_s0", "d0_b0_s0_r0x", "xd0_b0_s0_r0", "d0_b0_s0_r-1"):
        assert TaskId.named(other) is None
