"""Before a file is written at a person's wish: whether it may be put there, and the question before
one of their own is written over.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.widgets.dialog import Choice, Dialog

if TYPE_CHECKING:
    from enchanted_tui.ui.app_screen import AppScreen


async def may_write(screen: AppScreen, paths: Iterable[Path]) -> bool:
    """Tell whether files may be written: where there is one already, a person is asked on behalf of
    a screen. Raises ExportError where none must be put, whoever has agreed: in place of what is no
    file, or of a campaign's own record and results.
    """
    paths = tuple(paths)
    for path in await in_thread(_there_already, paths):
        if not await may_replace(screen, path):
            return False
    return True


def _there_already(paths: Iterable[Path]) -> list[Path]:
    from enchanted_tui.export.selection import ExportError, misplaced  # with numpy

    wrong = [sentence for path in paths if (sentence := misplaced(path))]
    if wrong:
        raise ExportError("\n".join(wrong))
    return [path for path in paths if path.exists()]


async def may_replace(screen: AppScreen, path: Path) -> bool:
    """Ask on behalf of a screen whether a file may be replaced."""
    choices = [Choice("keep", "Keep it"), Choice("replace", "Replace", destroys=True)]
    dialog = Dialog(f"{path.name} is there already", f"{path}\nIts content would be lost.", choices)
    answer = await screen.app.ask(screen, dialog, late=True)
    return bool(answer == "replace")
