"""Texts that a person takes away: through the terminal (OSC 52) and, because many terminals ignore
that, in a file.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from textual.screen import Screen

from enchanted_tui.ui.xdg_directories import state_dir

_KEPT = 20  #: files


def write_out(text: str) -> Path | None:
    """Write a text to a file and give its path; None if that is not possible. The latest twenty are
    kept.
    """
    directory = state_dir() / "copied"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = directory / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1000:03d}.txt"
        path.write_text(text if text.endswith("\n") else text + "\n")
        for old in sorted(directory.glob("*.txt"))[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return path


def screen_text(screen: Screen[Any]) -> str:
    """Return the text of a screen, one line a row, without trailing blanks."""
    # what is painted; Textual has no public name for it but as a picture
    strips = screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips[: screen.size.height])
