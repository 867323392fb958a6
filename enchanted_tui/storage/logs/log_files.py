"""Which files of a run directory a person can read as logs."""

from __future__ import annotations

import os
import re
from pathlib import Path

from enchanted_tui.storage.layout import CampaignDirectory

_AT_MOST = 500
_ROTATED = re.compile(r"(.*?)\.(\d+)\Z")


def log_files(run_dir: CampaignDirectory) -> list[Path]:
    """Return the files in ``logs/``: the campaign's log, its older parts from the newest on, then
    the others by name.
    """
    try:
        with os.scandir(run_dir.logs) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.is_file() and not entry.name.startswith(".")
            ]
    except OSError:
        return []
    main = run_dir.main_log.name
    return [
        run_dir.logs / name for name in sorted(names, key=lambda name: _rank(name, main))[:_AT_MOST]
    ]


def _rank(name: str, main: str) -> tuple[bool, str, int]:
    rotated = _ROTATED.match(name)
    base, number = (rotated[1], int(rotated[2])) if rotated else (name, 0)
    return base != main, base, number
