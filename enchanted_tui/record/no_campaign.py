"""What is said where a run directory was asked for and none is there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from enchanted_tui.suggestions import nearest


def no_campaign(root: Path) -> str:
    """Return the sentence for a path at which no campaign is recorded, with the directory beside it
    that has the nearest name, if it is none itself.
    """
    if root.is_dir():
        return f"{root} holds no campaign: it has no journal; name the run directory of a campaign."
    beside: list[str] = []
    with suppress(OSError):
        beside = [path.name for path in root.parent.iterdir() if path.is_dir()]
    guess = nearest(root.name, beside)
    meant = f"; did you mean {root.with_name(guess)}?" if guess is not None else ""
    return f"{root} is not a directory{meant or '; name the run directory of a campaign.'}"
