"""The menu of a tab: what can be done with the run, or the text of the editor, that it is of, which
need not be the one that is shown.
"""

from __future__ import annotations

from os.path import basename
from typing import TYPE_CHECKING

from textual.geometry import Offset

from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.glyphs import spelled

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface
    from enchanted_tui.ui.open_run import OpenRun
    from enchanted_tui.ui.screens.action_menu import ActionMenu, MenuEntry

#: What concerns no tab in particular, below what concerns the one that was clicked.
_OF_ALL = ("everywhere.tabs", "everywhere.next_tab", "everywhere.previous_tab")


def open_tab_menu(app: AppInterface, run: OpenRun | None, place: Offset) -> None:
    """Open the menu of a run's tab at a place of the screen, or that of the bar for no run."""
    if not app.screen.is_modal:
        app.perform(_choose(app, run, place))


def menu_of_text(path: str, place: Offset) -> ActionMenu:
    """Return the menu of the tab of a text, at a place of the screen; it gives ``show``, ``close``,
    ``others`` or ``path``.
    """
    from enchanted_tui.ui.screens.action_menu import ActionMenu, Menu, MenuEntry

    asked = "What is not saved is asked about first."
    entries = [
        MenuEntry("show", f"Show {basename(path)}", "", f"Edit {path}."),
        MenuEntry("close", "Close", "", f"Close {path}. {asked}"),
        MenuEntry("others", "Close the others", "", f"Close all other texts. {asked}"),
        MenuEntry("path", "Copy path", "", f"Copy {path}."),
    ]
    return ActionMenu(Menu("", entries), place)


async def _choose(app: AppInterface, run: OpenRun | None, place: Offset) -> None:
    from enchanted_tui.ui.palette import perform
    from enchanted_tui.ui.screens.action_menu import ActionMenu, Menu

    entries = [*([] if run is None else _of_run(run)), *_of_all(app)]
    chosen = await app.ask(app.screen, ActionMenu(Menu("", entries), place))
    if chosen in registry():
        await perform(app, registry()[chosen])
    elif run in app.runs:  # it may have been closed meanwhile
        if chosen == "show":
            app.show_run(run)
        elif chosen == "close":
            app.close_tabs([run])
        elif chosen == "others":
            app.close_tabs([other for other in app.runs if other is not run])
        elif chosen == "path":
            app.copy(str(run.root), "the path of the run directory")


def _of_run(run: OpenRun) -> list[MenuEntry]:
    from enchanted_tui.ui.screens.action_menu import MenuEntry

    nothing = "Nothing happens to what they run, and all are on the screen Runs."
    return [
        MenuEntry("show", f"Show {run.root.name}", "", f"Have all screens show {run.root}."),
        MenuEntry("close", "Close", "", f"Close {run.root}; nothing happens to its campaign."),
        MenuEntry("others", "Close the others", "", f"Close all other runs. {nothing}"),
        MenuEntry("path", "Copy path", "", f"Copy {run.root}."),
    ]


def _of_all(app: AppInterface) -> list[MenuEntry]:
    from enchanted_tui.ui.palette import keys_of
    from enchanted_tui.ui.screens.action_menu import MenuEntry

    actions = [registry()[name] for name in _OF_ALL]
    return [
        MenuEntry(action.id, spelled(action.title), keys_of(app, action), action.help)
        for action in actions
    ]
