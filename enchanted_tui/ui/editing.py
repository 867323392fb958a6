"""Opening configurations in the editor: a file, the one that a run was read from, a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.ui.background import in_thread

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface


async def edit_config_of(app: AppInterface, root: Path) -> None:
    """Open the configuration that a campaign runs with in the editor: the file it was read
    from, where relative paths hold.

    If that has gone, its name with what the run's own copy says, and only if nobody knows where
    it was, that copy.
    """
    from enchanted_tui.operations import actions

    asking = app.screen
    original = await in_thread(actions.original_config, root)
    if app.screen is not asking:
        return  # the person has gone elsewhere in the meantime
    if original is None:
        stored = await in_thread(actions.stored_config, root)
        edit_config(app, stored.path)
        app.notify(
            "This is the copy in the run directory; relative paths in it may not hold there.",
            severity="warning",
            timeout=10,
        )
    elif original.exists:
        edit_config(app, original.path)
        if not original.is_same:
            app.notify(
                f"It says something else than when the campaign ran; that is in {original.stored}.",
                timeout=10,
                markup=False,
            )
    else:
        edit_config(app, original.path, copy=original.stored)
        said = (
            f"{original.path} has gone; this is the copy from the run directory, and saving"
            " puts it back."
        )
        app.notify(said, severity="warning", timeout=10, markup=False)


def edit_config(
    app: AppInterface, path: Path, *, copy: Path | None = None, line: int | None = None
) -> None:
    """Open a configuration, or another file, in the editor, at a `line` counted from 1; with
    `copy`, what that says under the name `path`, not saved yet.
    """
    _show_editor(app, lambda editor: editor.open_file(path, copy, line))


def new_config(app: AppInterface) -> None:
    """Begin a new configuration from a template, in the editor."""
    _show_editor(app, lambda editor: editor.action_config_new())


def _show_editor(app: AppInterface, act: Callable[[Any], None]) -> None:
    """Show the editor, and let it do something."""
    app.editor_is_wanted = True
    app.show_mode("config")
    app.call_after_refresh(lambda: app.perform(_uncovered(app, act)))


async def _uncovered(app: AppInterface, act: Callable[[Any], None]) -> None:
    """Act on the editor; a form or a difference that lies over it is left first."""
    while make_room := getattr(app.screen, "make_room", None):
        covering = app.screen
        await make_room()
        while app.screen is covering and getattr(covering, "has_left", False):
            await asyncio.sleep(0.02)
        if app.screen is covering:
            return
    if hasattr(app.screen, "open_file"):
        act(app.screen)
