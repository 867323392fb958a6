"""What the Failures screen says of groups of failures and of failed tasks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rich.text import Text

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.durations import duration
from enchanted_tui.ui import formats
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.table import Cell, Column

if TYPE_CHECKING:
    from enchanted_tui.views.failure_groups import FailureGroup
    from enchanted_tui.views.task_lines import TaskLine

_MESSAGE_LINES = 6

GROUPS = (
    Column("count", "COUNT", 7, "right", sortable=True),
    Column("message", "MESSAGE", 24, grow=1),
    Column("kind", "KIND", 10, priority=2, name=True),
    Column("host", "HOSTS", 5, "right", priority=3),
    Column("first", "FIRST", 8, priority=4),
    Column("last", "LAST", 8, priority=1, sortable=True),
)
TASKS = (
    Column("task", "TASK", 16, name=True),
    Column("finished", "FAILED AT", 11),
    Column("runtime", "RAN", 9, "right", priority=2),
    Column("host", "HOST", 12, priority=3, name=True),
    Column("message", "MESSAGE", 20, grow=1, priority=1),
)


def group_cells(groups: Sequence[FailureGroup], message: Cell, now: float) -> Sequence[Cell]:
    """Return the cells of a line for one group, or for several together."""
    kinds = list(dict.fromkeys(kind for group in groups for kind, _ in group.kinds))
    hosts = {host for group in groups for host, _ in group.hosts}
    return (
        f"{sum(group.count for group in groups):,}",
        message,
        kinds[0] if len(kinds) == 1 else f"{len(kinds)} kinds",
        f"{len(hosts):,}",
        _moment(min(group.first for group in groups), now),
        _moment(max(group.last for group in groups), now),
    )


def task_cells(line: TaskLine, now: float) -> Sequence[Cell]:
    """Return the cells of a failed task's line; it may have been run again meanwhile."""
    message = (
        (line.message, "error")
        if line.status == TaskStatus.FAILED
        else (f"now {line.status}", "dim")
    )
    return (
        line.name,
        formats.moment(line.finished, now),
        duration(line.runtime),
        line.host,
        message,
    )


def _moment(moment: float, now: float) -> str:
    """Return a time of day, or the day where that was not today."""
    return time.strftime(
        "%H:%M:%S" if abs(now - moment) < 86_400 else "%d %b", time.localtime(moment)
    )


def summary(chosen: Sequence[FailureGroup], now: float, width: int) -> Text:
    """Return what is known of groups besides their parameters."""
    text = Text()
    if len(chosen) == 1:
        for line in wrap(
            chosen[0].example, width, max_lines=_MESSAGE_LINES, placeholder=f" {glyph('ellipsis')}"
        ):
            text.append(line + "\n", style="italic")
    kinds = _counted(chosen, "kinds")
    hosts = _counted(chosen, "hosts")
    first, last = min(group.first for group in chosen), max(group.last for group in chosen)
    for line in wrap(
        f"{kinds}; on {hosts}; first {formats.clock(first, now)}, last {formats.clock(last, now)}",
        width,
    ):
        text.append(line + "\n")
    return text


def _counted(chosen: Sequence[FailureGroup], attribute: str) -> str:
    counts: dict[str, int] = {}
    for group in chosen:
        pairs: tuple[tuple[Any, int], ...] = getattr(group, attribute)
        for name, count in pairs:
            counts[name] = counts.get(name, 0) + count
    parts = [
        f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    return ", ".join(parts[:4]) + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")
