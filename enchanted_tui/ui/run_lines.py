"""What the list of runs shows of a run: its line, its order among others, and what is said
below.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.text import Text

from enchanted_tui.durations import between, rough_duration
from enchanted_tui.ui import formats
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.columns import Painted
from enchanted_tui.ui.widgets.progress_bar import bar, percent
from enchanted_tui.ui.widgets.sparkline import sparkline
from enchanted_tui.ui.widgets.status_line import COLOURS
from enchanted_tui.ui.widgets.table import Cell, Column
from enchanted_tui.views.known_runs import RunEntry

_BAR = 8  #: characters of a bar
_TREND = 20  #: characters of the course of the rate

#: What a wide terminal has more room for comes later and has a higher number.
COLUMNS = (
    Column("state", "STATE", 10, sortable=True),
    Column("name", "RUN DIRECTORY", 15, grow=3, sortable=True, name=True),
    Column("bar", "PROGRESS", _BAR + 5, sortable=True),
    Column("done", "DONE", 11, "right", priority=1),
    Column("failed", "FAILED", 6, "right", sortable=True),
    Column("changed", "WHEN", 11, "right", sortable=True),
    Column("rate", "RATE", 10, "right", priority=2, sortable=True),
    Column("trend", "TREND", _TREND, priority=3),
    Column("tags", "TAGS", 10, grow=1, priority=4, name=True),
    Column("ok", "OK", 5, "right", priority=5, sortable=True),
    Column("between", "TIME LEFT", 13, "right", priority=6),
    Column("batch", "BATCH", 7, "right", priority=7),
    Column("where", "IN", 20, grow=2, priority=8, name=True),
)
#: By name: the key of the order, and whether the largest come first.
ORDERS: dict[str, tuple[Callable[[RunEntry], Any], bool]] = {
    "changed": (lambda entry: entry.last_change, True),
    "name": (lambda entry: entry.name.lower(), False),
    "state": (
        lambda entry: (list(COLOURS).index(entry.phase), -entry.last_change),
        False,
    ),
    "bar": (lambda entry: entry.done / entry.expected if entry.expected else 0.0, True),
    "ok": (lambda entry: entry.success_rate if entry.success_rate is not None else -1.0, True),
    "failed": (lambda entry: entry.failed, True),
    "rate": (lambda entry: entry.rate or 0.0, True),
}


def cells(entry: RunEntry, *, marked: bool = False) -> list[Cell]:
    """Return the cells of a run's line."""
    word, colour = (
        ("older", "secondary") if entry.older else (entry.phase.value, COLOURS[entry.phase])
    )
    ok = entry.success_rate
    return [
        (f"{glyph(word)} {word}", colour),
        (f"{glyph('marked')} {entry.name}", "accent") if marked else entry.name,
        _progress(entry),
        f"{entry.done}/{entry.expected}" if entry.expected else "",
        (f"{entry.failed:,}", "error" if entry.failed else "dim") if entry.expected else "",
        _when(entry),
        formats.rate(entry.rate) if entry.rate else "",
        _trend(entry),
        (" ".join(entry.tags), "secondary"),
        f"{100 * ok:.0f}%" if ok is not None else "",
        between(entry.eta_low, entry.eta_high) if entry.phase.at_work else "",
        f"{entry.batches_done}/{entry.batches}" if entry.batches else "",
        (_folder(entry.root), "dim"),
    ]


def _progress(entry: RunEntry) -> Cell:
    """Return a bar with a percentage; what is complete is full, and nothing else."""
    if not entry.expected:
        return ""
    share = entry.done / entry.expected
    colour = "primary" if entry.phase.at_work else "dim"
    return Painted(((bar(share, _BAR), colour), (f" {percent(entry.done, entry.expected):>4}", "")))


def _when(entry: RunEntry) -> Cell:
    """Return how long a run will still take, that it stalls, or when something happened last."""
    if entry.silence:
        return ("stalls", "warning")
    if entry.phase.at_work and entry.eta is not None:
        return f"{rough_duration(entry.eta)} left"
    return _ago(entry.last_change)


def _trend(entry: RunEntry) -> Cell:
    """Return the course of the rate; nothing for a run of which none is known."""
    if not any(entry.rates):
        return ""
    return (sparkline(entry.rates, _TREND), "accent" if entry.phase.at_work else "dim")


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
        "   ".join(fact for fact in (entry.note, entry.why) if fact),
    ]
    return text.append("\n".join(line for line in lines if line))


def searchable(entry: RunEntry) -> str:
    """Return the text in which the words of the filter are looked for."""
    return (
        f"{entry.root} {entry.phase} {'older' if entry.older else ''} {' '.join(entry.stages)}"
        f" {entry.config} {' '.join(entry.tags)} {entry.note}".lower()
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
