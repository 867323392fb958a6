"""The command palette: every registered action, those of this screen first, each with its keys and
help.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.screen import Screen

from enchanted_tui.ui.actions import Action, registry
from enchanted_tui.ui.glyphs import spelled

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

#: The screen on which the actions of an area are at home.
MODE_OF_AREA = {
    "task": "monitor",
    "campaign": "monitor",
    "plots": "results",
    "compare": "runs",
    "form": "config",
}


def area(action: Action) -> str:
    """Return the first part of an action's id."""
    return action.id.partition(".")[0]


def keys_of(app: AppInterface, action: Action) -> str:
    """Return the keys of an action as a person reads them, those of the user's keymap if it names
    some.
    """
    keys = app.settings.preferences.keymap.get(action.id, action.keys)
    return " ".join(_spelled(key.strip()) for key in keys.split(",") if key.strip())


_SPELLINGS = {
    "question_mark": "?",
    "colon": ":",
    "vertical_line": "|",
    "slash": "/",
    "ampersand": "&",
    "number_sign": "#",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "equals_sign": "=",
}


def _spelled(key: str) -> str:
    return _SPELLINGS.get(key, key)


def find_target(app: AppInterface, action: Action) -> DOMNode | None:
    """Return what performs an action here: what has the focus, what is around it, the screen or the
    app; None if nothing does.
    """
    return _first_that_can(action, _performers(app))


def _first_that_can(action: Action, nodes: Sequence[DOMNode]) -> DOMNode | None:
    return next(
        (node for node in nodes if callable(getattr(node, f"action_{action.method}", None))), None
    )


def actions_around(app: AppInterface, screen: Screen[Any]) -> list[Action]:
    """Return the actions of what has the focus on a screen, of what is around it, of the screen and
    of the app, those of campaigns and of the app last.
    """
    focused = screen.focused
    chain = list(focused.ancestors_with_self) if focused is not None else [screen, app]
    found = [action for action in registry().values() if _first_that_can(action, chain) is not None]
    return sorted(
        found, key=lambda action: (area(action) == "everywhere", area(action) == "campaign")
    )


def _performers(app: AppInterface) -> list[DOMNode]:
    """Return all that may perform actions here, the nearest to the focus first.

    Other widgets that can have the focus come last: a palette that is opened elsewhere on the
    screen should find their actions too.
    """
    base = (
        app.screen_stack[-1]
        if not app.screen.is_modal
        else next((s for s in reversed(app.screen_stack) if not s.is_modal), app.screen)
    )
    chain = list(base.focused.ancestors_with_self) if base.focused is not None else [base, app]
    return [*chain, *(widget for widget in base.query("*") if widget.focusable)]


async def perform(app: AppInterface, action: Action) -> None:
    """Perform an action, on its own screen if it is not at home here."""
    target = find_target(app, action)
    if target is None:
        mode = MODE_OF_AREA.get(area(action), area(action))
        if (shown := app.show_mode(mode)) is not None:
            await shown
        target = find_target(app, action)
    if target is None:
        app.notify(
            f"{spelled(action.title)}: not possible at the moment. {action.help}",
            severity="warning",
            markup=False,
        )
    elif app.is_refused(action.method):
        app.say_refused(action.method)
    elif not await app.run_action(action.method, target):
        app.notify(
            f"{spelled(action.title)}: not possible at the moment.",
            severity="warning",
            markup=False,
        )


class ActionCommands(Provider):
    """Gives the actions to Textual's palette."""

    async def discover(self) -> Hits:
        for action, label in self._entries():
            yield DiscoveryHit(label, self._runner(action), help=action.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, label in self._entries():
            score = max(matcher.match(label), 0.8 * matcher.match(action.help))
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(label),
                    self._runner(action),
                    text=label,
                    help=action.help,
                )

    def _entries(self) -> Iterator[tuple[Action, str]]:
        app: AppInterface = self.app  # type: ignore[assignment]
        actions = list(registry().values())
        nodes = _performers(app)
        here = {action.id: _first_that_can(action, nodes) is not None for action in actions}
        for action in sorted(
            actions, key=lambda action: (not here[action.id], area(action) == "everywhere")
        ):
            keys = keys_of(app, action)
            yield (
                action,
                f"{area(action).capitalize()}: {spelled(action.title)}"
                + (f"  ({keys})" if keys else ""),
            )

    def _runner(self, action: Action):  # type: ignore[no-untyped-def]
        app: AppInterface = self.app  # type: ignore[assignment]

        async def run() -> None:
            await perform(app, action)

        return run
