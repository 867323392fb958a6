"""Every action a person can take, once: its keys, footer text, help, palette entry and command-line
equivalent come from here.

A screen says `BINDINGS = bindings("runs.open", ...)` and defines `action_runs_open`. The palette,
the help and the user's keymap find the same actions by the same names.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


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


_registry: dict[str, Action] = {}


def register(*actions: Action) -> None:
    """Add actions; each has a command line or a reason for having none."""
    for action in actions:
        if action.id in _registry:
            raise ValueError(f"the action {action.id} is registered twice")
        if bool(action.command_line) == bool(action.reason):
            raise ValueError(
                f"the action {action.id} needs either a command line or a reason for having none"
            )
        _registry[action.id] = action


def registry() -> dict[str, Action]:
    """Give all actions by id."""
    from enchanted_tui.ui.actions import (
        campaign,  # noqa: F401
        config,  # noqa: F401
        everywhere,  # noqa: F401
        failures,  # noqa: F401
        log,  # noqa: F401
        monitor,  # noqa: F401
        results,  # noqa: F401
        runs,  # noqa: F401
        task,  # noqa: F401
    )

    return _registry


def bindings(*ids: str) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Give Textual's bindings for some actions, in the order of the footer."""
    found = registry()
    return [
        Binding(
            action.keys
            or f"no_key_for_{action.method}",  # bound all the same, so that the user's keymap can give it a key
            action.method,
            action.title,
            show=action.shown and bool(action.keys),
            id=action.id,
            tooltip=action.help,
        )
        for action in (found[name] for name in ids)
    ]
