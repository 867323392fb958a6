"""The question before a file of a person's own is written over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.ui.widgets.dialog import Choice, Dialog

if TYPE_CHECKING:
    from enchanted_tui.ui.app import EnchantedApp


async def may_replace(app: EnchantedApp, path: Path) -> bool:
    """Ask whether a file may be replaced."""
    choices = [Choice("keep", "Keep it"), Choice("replace", "Replace", destroys=True)]
    answer = await app.push_screen_wait(Dialog(f"{path.name} is there already", f"{path}\nIts content would be lost.", choices))
    return bool(answer == "replace")
