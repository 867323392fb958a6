"""``state/live.json``: what only the running supervisor knows - who works on what, and why nothing
happens.

Nothing depends on it: it is written for viewers at most once a second and means nothing once the
lock is gone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from enchanted_tui.whole_files import read_regular


def read_live(path: Path) -> dict[str, Any] | None:
    """Give the file's content, or None if there is none."""
    try:
        content: dict[str, Any] = json.loads(read_regular(path))
    except (OSError, ValueError):
        return None
    return content
