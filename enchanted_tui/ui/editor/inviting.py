"""What somebody is offered who comes to the editor where there is no configuration yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.palette import keys_of

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_HEAD = "No configuration yet. Escape leaves the text; then, or by a click:"
_OFFERED = {
    "config.new": "begin one: with a form for your program or function, or a template",
    "config.open": "open a file",
    "everywhere.runs": "choose a run; its menu has Edit config",
    "config.complete": "or write here: this lists what can be written",
}


def invitation(app: AppInterface) -> list[tuple[Text, str]]:
    """Return lines, each with the action that it offers; the first one offers none."""
    actions = [registry()[name] for name in _OFFERED]
    offered = [action for action in actions if not app.is_refused(action.method)]
    keys = {action.id: next(iter(keys_of(app, action).split()), "") for action in offered}
    width = max(len(key) for key in keys.values())
    lines = [(Text(_HEAD), "")]
    for name, key in keys.items():
        line = Text("  ").append(key.ljust(width), style="bold").append(f"  {_OFFERED[name]}")
        lines.append((line, name))
    return lines
