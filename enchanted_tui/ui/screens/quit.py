"""What becomes of the campaign in this process when the app is left."""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.commands import command_line
from enchanted_tui.ui.widgets.dialog import Choice, Dialog


class QuitDialog(Dialog):
    """Answers: keep, drain, abort, or stay."""

    def __init__(self, root: Path, *, stopping: bool = False) -> None:
        begun = (
            "It is being drained: the app closes when its running tasks have finished.\n\n"
            if stopping
            else ""
        )
        drain = (
            ""
            if stopping
            else "Drain: running tasks finish, then the app closes. To go on later: resume.\n"
        )
        choices = [
            Choice("stay", "Stay", "s"),
            Choice("keep", "Keep running", "k"),
            *([] if stopping else [Choice("drain", "Drain and stop", "d")]),
            Choice("abort", "Abort", "a", destroys=True),
        ]
        super().__init__(
            f"The campaign in {root.name} runs in this app",
            f"{begun}Keep running: it goes on in the background without the app;"
            f" {command_line(root)} shows it again.\n{drain}Abort: running tasks are killed; they"
            " run again on resume.\nNothing that has finished is lost in any of these.",
            choices,
        )
