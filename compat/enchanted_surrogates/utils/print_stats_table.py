"""A table of numbers for the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from enchanted_surrogates.utils.logger import get_logger


def print_stats_table(stats: Mapping[str, Any]) -> None:
    """Log `stats`, one line each in a frame, below its ``header`` and, if it has one, its
    ``subheader``.
    """
    lines = [
        f"{key:<20}: {value}" for key, value in stats.items() if key not in ("header", "subheader")
    ]
    titles = [f"** {str(stats.get('header', 'STATS')).upper()} **"]
    if stats.get("subheader"):
        titles.append(f"-- {stats['subheader']} --")
    width = max(map(len, [*titles, *lines])) + 6
    border = f"+{'-' * (width - 2)}+"
    framed = [f"|  {line.ljust(width - 6)}  |" for line in lines]
    for line in (border, *titles, str(datetime.now()), border, *framed, border):
        get_logger(__name__).info(line)
