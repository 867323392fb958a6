"""What becomes of the campaign in this process when a rule of its own has paused it."""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.record.records import GuardRecord
from enchanted_tui.ui.widgets.dialog import Choice, Dialog


class PausedDialog(Dialog):
    """Answers: wait, continue or drain."""

    def __init__(self, root: Path, record: GuardRecord) -> None:
        choices = [
            Choice("wait", "Leave it paused", "l"),
            Choice("continue", "Go on", "g"),
            Choice("drain", "Stop", "s"),
        ]
        super().__init__(
            f"The campaign in {root.name} has paused itself",
            f"{record['message']}\n\nFor example: {record['example'].strip()[:500]}\n\n"
            "Leave it paused: look around, and continue or stop it later.\n"
            "Go on: all the rest begins.\n"
            "Stop: running tasks finish; correct the cause, then resume.",
            choices,
        )
