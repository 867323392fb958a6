"""A function that asks to be continued."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from enchanted_tui.plugins import Continues


def go_on(run_dir: str, **params: Any) -> dict[str, Any]:
    """Ask twice, in both ways; return what the environment said each time."""
    path = Path(run_dir, "step")
    seen = (path.read_text() if path.exists() else "") + f"{os.environ['ENCHANTED_RESTART']} "
    path.write_text(seen)
    if len(seen.split()) == 1:
        sys.exit(85)
    if len(seen.split()) == 2:
        raise Continues
    return {"seen": seen.strip()}
