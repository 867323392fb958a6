"""Failed tasks as a CSV file of a person's own, one line each with every parameter in a column."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.storage.csv_lines import CsvLines
from enchanted_tui.whole_files import open_replacement

if TYPE_CHECKING:
    from enchanted_tui.journal_lines import TaskId
    from enchanted_tui.views.viewing import Viewer

_FIXED = ("task", "kind", "message", "host", "attempt", "started", "runtime_sec")


def export_failures(viewer: Viewer, tasks: Iterable[TaskId], path: Path) -> int:
    """Write failed tasks, in the order given; return the number of lines. A file that is there is
    replaced.

    Raises OSError if it cannot be written; what was there is then as it was.
    """
    tasks = list(tasks)
    names = list(dict.fromkeys(chain.from_iterable(viewer.line(task).params for task in tasks)))
    columns = [f"{name}_" if name in _FIXED else name for name in names]
    lines, count = CsvLines(), 0
    with open_replacement(path) as file:
        file.write(lines.line([*_FIXED, *columns]))
        for task in tasks:
            line = viewer.line(task)
            if line.status == TaskStatus.FAILED:  # not if it has been run again in the meantime
                cells: list[Any] = [
                    line.name,
                    line.kind,
                    line.message,
                    line.host,
                    line.attempt,
                    line.started,
                    line.runtime,
                ]
                file.write(lines.line(cells + [line.params.get(name) for name in names]))
                count += 1
    return count
