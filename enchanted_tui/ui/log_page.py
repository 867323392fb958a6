"""What is seen of a log: a screen of its lines, and what is said beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from enchanted_tui.storage.logs.log_text import Level


@dataclass(frozen=True)
class LogRow:
    """A row of the screen: a line of the log, or a part of one that is wrapped."""

    start: int  #: where the line begins in the file
    text: str
    level: Level


@dataclass(frozen=True)
class Page:
    """What is on the screen."""

    path: Path
    rows: tuple[LogRow, ...] = ()
    top: int = 0  #: where the first line begins
    bottom: int = 0  #: where the last line ends
    size: int = 0  #: of the file
    follow: bool = False
    number: int | None = None  #: of the first line, from 1; None while lines are still counted
    total: int | None = None  #: number of lines
    chosen: int | None = None  #: number of lines that the selection takes; None without one
    busy: str = ""  #: what takes long, and how far it is
    note: str = ""  #: what has happened: rotated, truncated, not found
    found: int | None = None  #: where the line begins that the last search has found
