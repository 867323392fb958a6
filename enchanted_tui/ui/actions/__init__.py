"""Every action a person can take, once: its keys, footer text, help, palette entry and command-line
equivalent come from here.

A screen says `BINDINGS = bindings("runs.open", ...)` and defines `action_runs_open`. The palette,
the help and the user's keymap find the same actions by the same names.
"""

from __future__ import annotations

from textual.binding import Binding

from enchanted_tui.ui.actions.action import Action, registered

__all__ = ["Action", "bindings", "help_of", "registry"]


def registry() -> dict[str, Action]:
    """Return all actions by id."""
    from enchanted_tui.ui.actions import (
        compare,  # noqa: F401
        config,  # noqa: F401
        everywhere,  # noqa: F401
        failures,  # noqa: F401
        filling,  # noqa: F401
        log,  # noqa: F401
        monitor,  # noqa: F401
        on_campaigns,  # noqa: F401
        plots,  # noqa: F401
        results,  # noqa: F401
        runs,  # noqa: F401
        task,  # noqa: F401
    )

    return registered


def help_of(method: str) -> str | None:
    """Return what an action is for, by its method's name, which may come with parameters."""
    name = method.partition("(")[0]
    return next((action.help for action in registry().values() if action.method == name), None)


def bindings(*ids: str) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Return Textual's bindings for some actions, in the order of the footer."""
    found = registry()
    return [
        Binding(
            action.keys
            # bound all the same, so that the user's keymap can give it a key
            or f"no_key_for_{action.method}",
            action.method,
            action.title,
            show=action.shown and bool(action.keys),
            id=action.id,
            tooltip=action.help,
        )
        for action in (found[name] for name in ids)
    ]
