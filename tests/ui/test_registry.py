"""Every action a person can take is in the registry once, and works from key, palette and help
alike.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

import enchanted_tui.ui
from enchanted_tui.command_parser import command_parser
from enchanted_tui.ui.actions import Action, registry
from enchanted_tui.ui.app import MODE_NAMES, EnchantedApp
from enchanted_tui.ui.palette import ActionCommands, area
from helpers.ui.campaigns import until
from helpers.ui.routes import TAKEN, bindings_of, separate
from helpers.ui.watching import in_loop

ROOT = Path(enchanted_tui.ui.__file__).parent
ACTIONS = list(registry().values())


def _nodes() -> list[type[DOMNode]]:
    """All screens and widgets of the app, and the app itself."""
    found: dict[type[DOMNode], None] = {EnchantedApp: None}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(
            ".".join(["enchanted_tui.ui", *parts]).removesuffix(".__init__")
        )
        for value in vars(module).values():
            if (
                inspect.isclass(value)
                and issubclass(value, Screen | Widget)
                and value.__module__.startswith("enchanted_tui")
            ):
                found[value] = None
    return list(found)


NODES = _nodes()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_action_is_complete(action: Action) -> None:
    """Each action has a name in an area, a title, a sentence of help, and a command line or a
    reason for having none.
    """
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", action.id)
    assert action.title and len(action.title) <= 22
    assert action.help.endswith((".", "?")) and len(action.help) <= 140
    assert bool(action.command_line) != bool(action.reason)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_action_is_bound_where_it_is_defined(action: Action) -> None:
    """Whoever binds an action defines its method, and somebody does: the palette finds it there."""
    claiming = [
        node for node in NODES if any(binding.id == action.id for binding in bindings_of(node))
    ]
    assert claiming, f"nothing binds {action.id}"
    for node in claiming:
        assert callable(getattr(node, f"action_{action.method}", None)), (
            f"{node.__name__} binds {action.id} and does not define it"
        )


@pytest.mark.parametrize(
    "action", [action for action in ACTIONS if action.command_line], ids=lambda action: action.id
)
def test_command_line_exists(action: Action) -> None:
    """The options of the command line that help and documentation name exist."""
    parser = command_parser()
    known = {option for entry in parser._actions for option in entry.option_strings}
    if action.command_line.startswith("enchanted-tui"):
        assert set(re.findall(r"(?<!\S)--[a-z-]+", action.command_line)) <= known


@pytest.mark.parametrize(
    "node", [node for node in NODES if bindings_of(node)], ids=lambda node: node.__name__
)
def test_no_key_means_two_things(node: type[DOMNode]) -> None:
    """On one screen a key does one thing, and none that works everywhere is taken away except
    Escape and what dialogs need.
    """
    own = {binding.id or binding.action: binding for binding in bindings_of(node)}
    counted = Counter(key for binding in own.values() for key in separate(binding.key))
    assert not {key: count for key, count in counted.items() if count > 1}
    if issubclass(node, Screen) and not issubclass(
        node, __import__("textual.screen").screen.ModalScreen
    ):
        everywhere = {key for binding in bindings_of(EnchantedApp) for key in separate(binding.key)}
        assert not everywhere & set(counted), (
            f"{node.__name__} takes keys that mean something everywhere"
        )


@pytest.mark.parametrize(
    "action", [action for action in ACTIONS if action.keys], ids=lambda action: action.id
)
def test_keys_are_left_to_a_person(action: Action) -> None:
    """No action can be reached only by keys that terminals and multiplexers take, or that move in
    lists.
    """
    assert set(separate(action.keys)) - TAKEN


@pytest.mark.slow
@in_loop
async def test_palette_lists_every_action(tmp_path: Path) -> None:
    """The palette has an entry for each action, with its help and keys, wherever it is opened."""
    app = EnchantedApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.screen_stack, pilot.pause)
        for mode in MODE_NAMES:
            await app.switch_mode(mode)
            await pilot.pause()
            provider = ActionCommands(app.screen)
            hits: list[Any] = [hit async for hit in provider.discover()]
            shown = [str(hit.text or hit.display) for hit in hits]
            for action in ACTIONS:
                assert any(
                    label.startswith(f"{area(action).capitalize()}: {action.title}")
                    for label in shown
                ), action.id
            assert len(hits) == len(ACTIONS)
