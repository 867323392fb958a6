"""What an app that only looks (`--read-only`) refuses, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from textual.actions import ActionParseResult, parse
from textual.dom import DOMNode

from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.app_interface import AppInterface
from enchanted_tui.ui.glyphs import spelled
from enchanted_tui.ui.opened import Opened


class Refusing(AppInterface):
    """The part of the app that says no: whichever way leads to an action, its refusal is said."""

    def is_refused(self, action: str) -> bool:
        """Tell whether an action (by its method's name) is refused because this app only looks."""
        return self.read_only and any(
            known.method == action and known.changes for known in registry().values()
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out, rather than hide, what is refused."""
        return None if self.is_refused(action) else super().check_action(action, parameters)

    def say_refused(self, action: str) -> None:
        """Say that an action (by its method's name) is refused, and why."""
        title = next(known.title for known in registry().values() if known.method == action)
        self.notify(
            f"{spelled(title)}: refused, because this app only looks (it was started with"
            " --read-only, or is in a browser without --steer).",
            severity="warning",
            markup=False,
        )

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Take an action, as Textual does; where it is refused, say so instead of nothing. A key
        that comes before its dialog has been put together waits for that; one that comes when the
        dialog goes is dropped.
        """
        if isinstance(default_namespace, Opened):
            if default_namespace.is_going:
                return True
            if not default_namespace.is_mounted:
                again = partial(self.run_action, action, default_namespace, namespaces)
                default_namespace.call_later(self.call_later, again)
                return True
        if await super().run_action(action, default_namespace, namespaces):
            return True
        _, name, _ = parse(action) if isinstance(action, str) else action
        if not self.is_refused(name):
            return False
        self.say_refused(name)
        return True
