"""The app's menus, made from the registry of actions as palette and help are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.widgets import Input, TextArea

from enchanted_tui.ui.actions import Action, registry
from enchanted_tui.ui.glyphs import spelled
from enchanted_tui.ui.opening import Opening

if TYPE_CHECKING:
    from enchanted_tui.ui.screens.action_menu import ActionMenu, Menu, MenuEntry

#: The titles of the bar where they differ from the area's name.
_TITLES = {"everywhere": "App"}
#: What a menu in a text begins with: Textual's own actions, which every text has.
_OF_TEXTS = (
    ("undo", "Undo", "ctrl+z", "Take back the last edit."),
    ("redo", "Redo", "ctrl+y", "Make it again."),
    ("cut", "Cut", "ctrl+x", "Take away what is selected, and keep it for pasting."),
    ("copy", "Copy", "ctrl+c", "Keep what is selected for pasting, here and in other programs."),
    ("paste", "Paste", "ctrl+v", "Put in what was cut or copied in this app."),
    ("select_all", "Select all", "", "Select the whole text."),
)
#: The order of the bar; areas that are not named here come before the app's own.
_ORDER = (
    *("runs", "config", "monitor", "failures", "results", "plots", "log", "task", "compare"),
    "campaign",
)


class Menus(Opening):
    """The part of the app that opens menus."""

    def action_everywhere_menu(self) -> None:
        self.open_menu_bar()

    def open_menu_bar(self) -> None:
        """Open the bar with the menu of the screen that is shown."""
        from enchanted_tui.ui.screens.action_menu import MenuBar

        if not self.screen.is_modal:
            areas = _areas()
            own = _area_of_screen(type(self.screen).__name__, areas)
            menus = [self._menu(area, actions) for area, actions in areas.items()]
            self._offer(MenuBar(menus, list(areas).index(own)))

    def action_everywhere_here(self) -> None:
        """Open the menu of what has the focus, beside it."""
        focused = self.screen.focused
        if not self.screen.is_modal:
            region = self.screen.region if focused is None else focused.region
            self.open_menu_at(Offset(region.x + 1, region.y + 1))

    def action_everywhere_settings(self) -> None:
        """Ask what is preferred, and write it."""
        from enchanted_tui.ui.changing_settings import change_settings

        if not self.screen.is_modal:
            self.perform(change_settings(self))

    def open_menu_at(self, place: Offset) -> None:
        """Open a menu of what can be done on the screen with what has the focus."""
        from enchanted_tui.ui.palette import actions_around
        from enchanted_tui.ui.screens.action_menu import ActionMenu, Menu

        here = [action for action in actions_around(self, self.screen) if not _is_of_app(action)]
        entries = [*self._of_text(), *(self._entry(action) for action in here)]
        if entries and not self.screen.is_modal:
            self._offer(ActionMenu(Menu("", entries), place))

    def _of_text(self) -> list[MenuEntry]:
        """Return what can be done with the text that has the focus, if one has."""
        from enchanted_tui.ui.screens.action_menu import MenuEntry

        focused = self.screen.focused
        if not isinstance(focused, TextArea | Input):
            return []
        is_fixed = isinstance(focused, TextArea) and focused.read_only
        return [
            MenuEntry(name, title, keys, said, is_fixed and name not in ("copy", "select_all"))
            for name, title, keys, said in _OF_TEXTS
            if hasattr(focused, f"action_{name}")
        ]

    def _menu(self, area: str, actions: Sequence[Action]) -> Menu:
        from enchanted_tui.ui.screens.action_menu import Menu

        title = _TITLES.get(area, area.capitalize())
        return Menu(title, [self._entry(action) for action in actions])

    def _entry(self, action: Action) -> MenuEntry:
        from enchanted_tui.ui.palette import keys_of
        from enchanted_tui.ui.screens.action_menu import MenuEntry

        refused = self.is_refused(action.method)
        keys = keys_of(self, action)
        return MenuEntry(action.id, spelled(action.title), keys, action.help, refused)

    def _offer(self, menu: ActionMenu) -> None:
        self.perform(self._choose(menu))

    async def _choose(self, menu: ActionMenu) -> None:
        from enchanted_tui.ui.palette import perform

        focused = self.screen.focused
        chosen = await self.ask(self.screen, menu)
        if chosen in registry():
            await perform(self, registry()[chosen])
        elif chosen is not None and focused is not None:
            await self.run_action(chosen, focused)


def _is_of_app(action: Action) -> bool:
    return action.id.startswith("everywhere.")


def _areas() -> dict[str, list[Action]]:
    """Return all actions by their areas, in the order of the bar."""
    found: dict[str, list[Action]] = {area: [] for area in _ORDER}
    for action in registry().values():
        found.setdefault(action.id.partition(".")[0], []).append(action)
    found["everywhere"] = found.pop("everywhere")
    return {area: actions for area, actions in found.items() if actions}


def _area_of_screen(name: str, areas: dict[str, list[Action]]) -> str:
    own = name.removesuffix("Screen").lower()
    return own if own in areas else "everywhere"
