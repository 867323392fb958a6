"""What leads to an action: which screen binds it, its keys, its hint in the footer, its entry in
the palette.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList
from textual.widgets._footer import FooterKey

import enchanted_tui.ui
from enchanted_tui.ui.actions import Action, registry
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.palette import area, keys_of
from enchanted_tui.ui.screens.action_menu import MenuBar
from helpers.ui.watching import Watcher

#: Keys that terminals, multiplexers and flow control take for themselves, or that move in lists.
TAKEN = {
    "ctrl+b",
    "ctrl+a",
    "ctrl+s",
    "ctrl+q",
    "ctrl+o",
    "ctrl+t",
    "ctrl+n",
    "j",
    "k",
    "h",
    "l",
    "g",
    "G",
}


def bindings_of(node: type[DOMNode]) -> list[Binding]:
    """Give the bindings of a class and of the classes below it that are ours."""
    declared: list[Binding] = []
    for base in node.__mro__:
        if base.__module__.startswith("enchanted_tui"):
            declared += [
                binding
                for binding in base.__dict__.get("BINDINGS", ())
                if isinstance(binding, Binding)
            ]
    return declared


def screens_on_top() -> set[type[Screen[Any]]]:
    """Give the classes of all screens and dialogs that are no base of another one."""
    root = Path(enchanted_tui.ui.__file__).parent
    found: set[type[Screen[Any]]] = set()
    for path in root.rglob("*.py"):
        parts = ["enchanted_tui.ui", *path.relative_to(root).with_suffix("").parts]
        module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        found |= {
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, Screen)
            if value.__module__.startswith("enchanted_tui")
        }
    return found - {base for screen in found for base in screen.__mro__[1:]}


def separate(keys: str) -> list[str]:
    """Give keys as they are written, with commas between, one by one."""
    return [key.strip() for key in keys.split(",") if key.strip()]


def actions_on(screen: type[Screen[Any]]) -> list[Action]:
    """Give the registered actions that a screen or the app binds."""
    bound = dict.fromkeys(
        binding.id for node in (screen, EnchantedApp) for binding in bindings_of(node)
    )
    known = registry()
    return [known[name] for name in bound if name in known]


#: the actions that were reached, each with the screen or app whose action it is
Reached = list[tuple[str, DOMNode]]


@contextmanager
def reached_only(screen: type[Screen[Any]]) -> Iterator[Reached]:
    """Note which actions are reached on a screen and on the app, without performing them; the
    palette opens all the same.
    """
    reached: Reached = []

    def noting(action: Action, method: Any) -> Any:
        @wraps(method)
        def note(self: Any) -> None:
            reached.append((action.id, self))
            if action.id == "everywhere.palette":
                method(self)

        return note

    with pytest.MonkeyPatch.context() as patch:
        for action in registry().values():
            name = f"action_{action.method}"
            for base in dict.fromkeys((*screen.__mro__, *EnchantedApp.__mro__)):
                if name in vars(base):
                    patch.setattr(base, name, noting(action, vars(base)[name]))
        yield reached


def entry_of(action: Action, app: EnchantedApp) -> str:
    """Give an action's entry in the palette: its area, its title and its keys."""
    keys = keys_of(app, action)
    return f"{area(action).capitalize()}: {action.title}" + (f"  ({keys})" if keys else "")


def hint_of(action: Action, screen: Screen[Any]) -> FooterKey | None:
    """Give an action's hint in the footer, if it has one there."""
    return next(
        (
            hint
            for hint in screen.query_one(Footer).query(FooterKey)
            if hint.action.removeprefix("app.") == action.method
        ),
        None,
    )


async def open_palette(watcher: Watcher) -> OptionList:
    """Open the palette and give its list."""
    watcher.app.action_command_palette()
    await watcher.until(lambda: watcher.screen.query("CommandInput:focus"))
    entries: OptionList = watcher.screen.query_one("CommandList", OptionList)
    return entries


async def choose_by_typing(watcher: Watcher, action: Action) -> None:
    """Type an action's area and title into the palette, and press Enter once its entry is the
    first.
    """
    entries = await open_palette(watcher)
    entry = entry_of(action, watcher.app)
    watcher.screen.query_one("CommandInput", Input).value = entry.partition("  (")[0]
    await watcher.until(
        lambda: entries.option_count and str(entries.options[0].prompt).startswith(entry)
    )
    await watcher.press("enter")


async def choose_in_menu(watcher: Watcher, action: Action) -> None:
    """Open the menu bar, click on the title of an action's area, and press Enter on the action."""
    watcher.app.open_menu_bar()
    await watcher.until(lambda: isinstance(watcher.screen, MenuBar) and watcher.screen.is_mounted)
    await watcher.pilot.pause()
    bar = watcher.screen
    menu = next(menu for menu in bar._menus if any(one.id == action.id for one in menu.entries))
    if bar._menu is not menu:
        line = watcher.text.splitlines()[0] + " "
        await watcher.pilot.click(offset=(line.index(f" {menu.title} ") + 2, 0))
        await watcher.until(lambda: bar._menu is menu)
    bar.listed.highlighted = next(
        row for row, option in enumerate(bar.listed.options) if option.id == action.id
    )
    await watcher.press("enter")


async def choose_by_mouse(watcher: Watcher, action: Action) -> None:
    """Open the palette, scroll to an action's entry and click on it."""
    entries = await open_palette(watcher)
    await watcher.until(lambda: entries.option_count == len(registry()))
    entry = entry_of(action, watcher.app)
    entries.highlighted = next(
        row for row, option in enumerate(entries.options) if str(option.prompt).startswith(entry)
    )
    await watcher.click(entry)
