"""Where the app keeps things, by the XDG Base Directory Specification.

Standard library only: the command line notes the campaigns that it starts, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def state_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the app keeps what it remembers from one session to the next."""
    return xdg_directory(environment, "XDG_STATE_HOME", ".local/state")


def xdg_directory(environment: Mapping[str, str], variable: str, default: str) -> Path:
    """Return the app's own directory in that which `variable` names, or in `default` at home."""
    given = environment.get(variable, "")
    base = (
        Path(given)
        if os.path.isabs(given)
        else Path(environment.get("HOME") or os.path.expanduser("~")) / default
    )
    return base / "enchanted-tui"
