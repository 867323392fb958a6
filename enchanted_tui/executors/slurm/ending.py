"""The end of an executor whose jobs have not ended: cancel them, and be certain of it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from enchanted_tui.executors.base import Note
from enchanted_tui.executors.slurm.ledger import Ledger
from enchanted_tui.executors.slurm.queue import Scheduler, SchedulerUnreachable
from enchanted_tui.executors.slurm.watching import Watcher
from enchanted_tui.executors.slurm_terms import LIVE

_LOOKS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  #: seconds between looks whether cancelled jobs have gone
_RECORD_PATIENCE = 20.0  #: seconds for the supervisor to write down the last results


def cancel_all(scheduler: Scheduler, ledger: Ledger, watcher: Watcher) -> bool:
    """Cancel our jobs and no others; tell whether they are known to have gone.

    Which numbers are ours is asked just before: a controller that has crashed gives numbers a
    second time.
    """
    ours = {element.submission.name for element in ledger.elements}
    for element in ledger.elements:
        element.cancelled = True
    for pause in _LOOKS:
        time.sleep(pause)
        try:
            rows = [row for row in scheduler.jobs() if row.name in ours]
        except SchedulerUnreachable:
            continue
        watcher.count(rows)
        live = [row for row in rows if row.state in LIVE]
        if not live:
            return True
        scheduler.cancel({row.job for row in live if row.state != "COMPLETING"})
    return False


def recorded(notes: Iterable[Note]) -> bool:
    """Wait for notes, and so for all results before them, to be on record; tell whether they are."""
    end = time.monotonic() + _RECORD_PATIENCE
    return all(note.written.wait(max(0.0, end - time.monotonic())) for note in notes)
