"""Changing preferences from the app: asked in a dialog, written into their file, and in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.ui import settings, settings_file
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editing import edit_config
from enchanted_tui.ui.screens.settings_dialog import OPEN_FILE, SettingsDialog

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

#: What the terminal is set up by when the app starts.
_AT_START = {
    "ascii": "characters",
    "low_bandwidth": "line",
    "mouse": "mouse",
    "read_only": "looking",
}


async def change_settings(app: AppInterface) -> None:
    """Ask what is preferred, and write what has changed."""
    path = app.settings.path or settings.config_file()
    has_file = await in_thread(path.is_file)
    dialog = SettingsDialog(app.settings.preferences, path, has_file=has_file)
    changes = await app.ask(app.screen, dialog)
    if changes is OPEN_FILE:
        edit_config(app, path)
    elif changes:
        await in_thread(settings_file.write, path, changes)
        app.settings = await in_thread(settings.load, path)
        if "theme" in changes:
            app.theme = app.settings.preferences.theme
        later = [what for key, what in _AT_START.items() if key in changes]
        when = f"; {', '.join(later)}: from the next start on" if later else ""
        app.notify(f"Saved {path}{when}.", markup=False)
        if app.settings.has_errors:
            first = next(each for each in app.settings.problems if each.severity == "error")
            said = f"The defaults hold until this is mended in the file: {first}"
            app.notify(said, severity="error", timeout=10, markup=False)
