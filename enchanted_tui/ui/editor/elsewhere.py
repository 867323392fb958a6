"""The text in a person's own editor: the app lends it the terminal, and takes back what it
leaves.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface


def edited_elsewhere(app: AppInterface, text: str, name: str) -> str:
    """Return the text as ``$VISUAL`` or ``$EDITOR`` leaves a copy of it; as it was if that fails,
    which is said.
    """
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    suffix = f"-{name}".replace(" ", "-").removesuffix(".yaml") + ".yaml"
    descriptor, copy = tempfile.mkstemp(prefix="enchanted-", suffix=suffix)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return (
            Path(copy).read_bytes().decode("utf-8", "replace")
            if _run(app, [*command, copy])
            else text
        )
    finally:
        with contextlib.suppress(OSError):
            os.unlink(copy)


def _run(app: AppInterface, command: list[str]) -> bool:
    """Lend the terminal to a program; the app itself has none of its own."""
    try:
        code = app.run_in_terminal(command)
    except SuspendNotSupported:
        app.notify("This terminal cannot be handed over to another program.", severity="error")
        return False
    if code == 127:
        app.notify(
            f"There is no program {command[0]}. Set $EDITOR.", severity="error", markup=False
        )
        return False
    if code != 0:
        app.notify(
            f"{command[0]} ended with code {code}; the text is as it was.",
            severity="warning",
            markup=False,
        )
        return False
    return True
