"""The question before a file of a person's own is written over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.ui.widgets.dialog import Choice, Dialog

if TYPE_CHECKING:
    from enchanted_tui.ui.app_screen import AppScreen


async def may_replace(screen: AppScreen, path: Path) -> bool:
    """Ask on behalf of a screen whether a file may be replaced."""
    choices = [Choice("keep", "Keep it"), Choice("replace", "Replace", destroys=True)]
    dialog = Dialog(f"{path.name} is there already", f"{path}\nIts content would be lost.", choices)
    answer = await screen.app.ask(screen, dialog, late=True)
    return bool(answer == "replace")
