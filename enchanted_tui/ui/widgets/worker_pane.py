"""The pane of workers: what each is doing and, on a cluster, the jobs that hold them and how these
stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from enchanted_tui.durations import rough_duration, whole_duration
from enchanted_tui.record.live import Live
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.pane import Pane, Target, target_named
from enchanted_tui.ui.widgets.table import Cell, Column

if TYPE_CHECKING:
    from enchanted_tui.views.viewing import View

_WORKERS = (
    Column("name", "WORKER", 13, priority=1, name=True),
    Column("host", "HOST", 10, priority=2, grow=1, name=True),
    Column("pid", "NUMBER", 8, "right", priority=3),
    Column("state", "STATE", 9),
    Column("task", "TASK", 14, grow=1, name=True),
    Column("for", "FOR", 10, "right"),
)
_JOBS = (
    Column("name", "JOB, WORKER", 12, name=True),
    Column("host", "NODE", 8, priority=3, name=True),
    Column("state", "STATE", 11),
    Column("task", "TASKS", 17, grow=1),
    Column("for", "FOR", 7, "right", priority=1),
    Column("left", "LEFT", 7, "right", priority=2),
)
_COLOURS = {"RUNNING": "success", "IDLE": "dim", "PENDING": "dim", "SUBMITTED": "dim"}


class WorkerPane(Pane):
    """The jobs of a scheduler, if there are any, then the workers."""

    TITLE = "Workers"
    EMPTY = "no supervisor is at work"
    COLUMNS = _WORKERS
    _has_jobs = False

    def show(self, view: View) -> None:
        if bool(view.jobs) != self._has_jobs:
            self._has_jobs = bool(view.jobs)
            self.view = view
            self.table.set_columns(_JOBS if self._has_jobs else _WORKERS)
        super().show(view)

    def rows(self, view: View) -> Sequence[Any]:
        return range(len(view.jobs) + len(view.workers))

    def title_of(self, view: View) -> str:
        if view.live is None and not view.jobs:
            return "Workers  none"
        live = view.live or Live()
        total = live.get("n_workers", 0)
        hidden = f", the first {len(view.workers):,} shown" if total > len(view.workers) else ""
        busy = f"Workers  {len(view.running):,} of {total:,} busy{hidden}"
        return "  ".join((_jobs_in_short(view), busy, *live.get("links", ()))).strip()

    def target_of(self, key: int) -> Target:
        assert self.view is not None
        at = key - len(self.view.jobs)
        return target_named(str(self.view.workers[at]["task"] or "") if at >= 0 else "")

    def cells(self, key: int) -> Sequence[Cell]:
        assert self.view is not None
        jobs, now = self.view.jobs, self.view.read_at
        if key < len(jobs):
            return _job(jobs[key], now)
        cells = _worker(self.view.workers[key - len(jobs)], now)
        return (*cells[:2], *cells[3:], "") if jobs else cells


def _jobs_in_short(view: View) -> str:
    counts = Counter(str(job["state"]) for job in view.jobs)
    return (
        f"Jobs  {', '.join(f'{count:,} {state}' for state, count in counts.most_common())}"
        if counts
        else ""
    )


def _worker(worker: Mapping[str, Any], now: float) -> tuple[Cell, ...]:
    busy, since = bool(worker["task"]), worker["since"]
    return (
        str(worker["name"]),
        str(worker["host"]),
        str(worker["pid"] or ""),
        (f"{glyph('running')} busy", "success") if busy else (f"{glyph('waiting')} idle", "dim"),
        worker["task"] or "",
        whole_duration(now - since) if busy and since else "",
    )


def _job(job: Mapping[str, Any], now: float) -> tuple[Cell, ...]:
    reason = f" ({job['reason']})" if job["reason"] else ""
    since, ends = job.get("since"), job.get("ends")
    return (
        str(job["job"]),
        str(job["node"]),
        (str(job["state"]), _COLOURS.get(str(job["state"]), "warning")),
        f"{job['done']:,}/{job['held']:,}{reason}",
        rough_duration(now - since) if since is not None else "",
        rough_duration(ends - now) if ends is not None else "",
    )
