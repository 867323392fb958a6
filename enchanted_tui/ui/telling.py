"""Say that something has happened to a run, to somebody who may be looking elsewhere: in the
corner, by the bell, and as a notice of the desktop where the terminal makes one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from enchanted_tui.views.run_alerts import Event, RunAlert

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_LONGEST = 200  #: characters of a notice
_SEVERITIES = {Event.FINISHED: "information"}


def tell(app: AppInterface, write: Callable[[str], None], alert: RunAlert) -> None:
    """Tell of something; `write` writes to the terminal as it stands."""
    title = f"{alert.root.name} {alert.event}"
    app.notify(
        alert.message or str(alert.root),
        title=title,
        severity=_SEVERITIES.get(alert.event, "warning"),  # type: ignore[arg-type]
        timeout=10,
        markup=False,
    )
    preferences = app.settings.preferences
    if preferences.bell:
        app.bell()
    if preferences.notices != "off":
        write(notice(preferences.notices, title, alert.message, in_tmux="TMUX" in os.environ))


def notice(kind: str, title: str, message: str, *, in_tmux: bool = False) -> str:
    """Return the escape sequence for a notice of the desktop: ``osc9`` as iTerm2, Windows Terminal,
    WezTerm and kitty read it, ``osc777`` as urxvt, foot, Konsole and VTE do. tmux hands it on where
    `allow-passthrough` is on.
    """
    title, message = _printable(title).replace(";", ","), _printable(message)
    if kind == "osc777":
        sequence = f"\x1b]777;notify;{title};{message}\x1b\\"
    else:
        sequence = f"\x1b]9;{title}: {message}\x1b\\" if message else f"\x1b]9;{title}\x1b\\"
    if in_tmux:
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence


def _printable(text: str) -> str:
    """Return a text without what a terminal would obey, and not too long."""
    kept = "".join(character if character.isprintable() else " " for character in text)
    return kept[:_LONGEST]
