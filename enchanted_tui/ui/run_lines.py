"""What the list of runs shows of a run: its line, its order among others, and what is said
below.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.text import Text

from enchanted_tui.durations import rough_duration
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.status_line import COLOURS
from enchanted_tui.ui.widgets.table import Cell, Column
from enchanted_tui.views.known_runs import RunEntry

COLUMNS = (
    Column("state", "STATE", 12, sortable=True),
    Column("name", "RUN DIRECTORY", 18, grow=3, sortable=True, name=True),
    Column("batch", "BATCH", 7, "right", priority=4),
    Column("done", "DONE", 13, "right", sortable=True),
    Column("ok", "OK", 5, "right", priority=1, sortable=True),
    Column("changed", "CHANGED", 10, "right", sortable=True),
    Column("where", "IN", 20, grow=2, priority=5, name=True),
)
#: By name: the key of the order, and whether the largest come first.
ORDERS: dict[str, tuple[Callable[[RunEntry], Any], bool]] = {
    "changed": (lambda entry: entry.last_change, True),
    "name": (lambda entry: entry.name.lower(), False),
    "state": (
        lambda entry: (list(COLOURS).index(entry.phase), -entry.last_change),
        False,
    ),
    "done": (lambda entry: entry.done / entry.expected if entry.expected else 0.0, True),
    "ok": (lambda entry: entry.success_rate if entry.success_rate is not None else -1.0, True),
}


def cells(entry: RunEntry, *, marked: bool = False) -> list[Cell]:
    """Return the cells of a run's line."""
    word, colour = (
        ("older", "secondary") if entry.older else (entry.phase.value, COLOURS[entry.phase])
    )
    rate = entry.success_rate
    return [
        (f"{glyph(word)} {word}", colour),
        (f"{glyph('marked')} {entry.name}", "accent") if marked else entry.name,
        f"{entry.batches_done}/{entry.batches}" if entry.batches else "",
        f"{entry.done}/{entry.expected}" if entry.expected else "",
        f"{100 * rate:.0f}%" if rate is not None else "",
        _ago(entry.last_change),
        (_folder(entry.root), "dim"),
    ]


def detail(entry: RunEntry | None, width: int) -> Text:
    """Return what is said of the run under the cursor."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if entry is None:
        return text
    facts = [
        f"config {entry.config}" if entry.config else "",
        f"failed {entry.failed}" if entry.failed else "",
        entry.holder.describe() if entry.holder is not None else "",
    ]
    lines = [
        cut_name(str(entry.root), width),
        f" {glyph('dot')} ".join(entry.stages),
        "   ".join(fact for fact in facts if fact),
        entry.why,
    ]
    return text.append("\n".join(line for line in lines if line))


def searchable(entry: RunEntry) -> str:
    """Return the text in which the words of the filter are looked for."""
    return (
        f"{entry.root} {entry.phase} {'older' if entry.older else ''} {' '.join(entry.stages)}"
        f" {entry.config}".lower()
    )


def _ago(moment: float) -> str:
    return f"{rough_duration(max(0.0, time.time() - moment))} ago" if moment else ""


def _folder(root: Path) -> str:
    """Name the directory that a run lies in, the user's home as ~."""
    home = str(Path.home())
    folder = str(root.parent)
    return (
        "~" + folder.removeprefix(home)
        if folder == home or folder.startswith(home + "/")
        else folder
    )
