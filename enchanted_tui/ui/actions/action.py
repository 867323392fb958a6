"""What an action is, and where those of all screens are gathered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """One thing that a person can do."""

    id: str  #: such as ``runs.open``; the method is ``action_runs_open``
    keys: (
        str  #: as Textual writes them, comma-separated, or none; the user's keymap may replace them
    )
    title: str  #: in the footer and the palette
    help: str  #: one sentence
    command_line: str = ""  #: the same on the command line, with RUN_DIR and CONFIG as placeholders
    reason: str = ""  #: why there is no such command
    shown: bool = True  #: in the footer
    changes: bool = False  #: a run directory or a file; refused in read-only mode

    @property
    def method(self) -> str:
        """What Textual calls it."""
        return self.id.replace(".", "_")


registered: dict[str, Action] = {}


def register(*actions: Action) -> None:
    """Add actions; each has a command line or a reason for having none."""
    for action in actions:
        if action.id in registered:
            raise ValueError(f"the action {action.id} is registered twice")
        if bool(action.command_line) == bool(action.reason):
            raise ValueError(
                f"the action {action.id} needs either a command line or a reason for having none"
            )
        registered[action.id] = action
