"""The footer: whole hints only, as many as there is room for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from enchanted_tui.ui.glyphs import spelled

#: Hints that a person who knows nothing else needs; the others make room for them.
_ALWAYS = ("app.everywhere_help", "app.everywhere_quit", "everywhere_help", "everywhere_quit")


@dataclass(frozen=True)
class _Hint:
    """A key and what it does."""

    key: str
    shown_key: str
    description: str
    action: str
    enabled: bool
    tooltip: str

    @property
    def width(self) -> int:
        return len(self.shown_key) + len(self.description) + 2


class HintKey(FooterKey):
    """One hint; it may become another one."""

    def __init__(self, hint: _Hint) -> None:
        super().__init__(
            hint.key,
            hint.shown_key,
            hint.description,
            hint.action,
            disabled=not hint.enabled,
            tooltip=hint.tooltip,
            classes="-compact",
        )
        self.hint = hint

    def become(self, hint: _Hint) -> None:
        if hint == self.hint:
            return
        self.hint = hint
        self.key, self.key_display = hint.key, hint.shown_key
        self.description, self.action = hint.description, hint.action
        self._disabled = not hint.enabled
        self.set_class(not hint.enabled, "-disabled")
        self.tooltip = hint.tooltip or None
        self.refresh(layout=True)


class Hints(Footer):
    """Leaves out, where the terminal is too narrow, what comes last, rather than cutting a hint in
    the middle. The focus changes often, and hints seldom: those that are the same stay, since a
    widget that is made anew has its styles and its place worked out again.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._changing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        for hint in self._wanted():
            yield HintKey(hint)

    async def recompose(self) -> None:
        """Show the hints of what has the focus now."""
        async with self._changing:
            if not self.is_attached or self._pruning:
                return
            wanted, shown = self._wanted(), list(self.query_children(HintKey))
            if wanted == [one.hint for one in shown]:
                return
            async with self.batch():
                for one, hint in zip(shown, wanted, strict=False):
                    one.become(hint)
                for one in shown[len(wanted) :]:
                    await one.remove()
                if self.is_attached:
                    await self.mount_all(HintKey(hint) for hint in wanted[len(shown) :])

    async def on_resize(self, event: Resize) -> None:
        await self.recompose()

    def _wanted(self) -> list[_Hint]:
        """Return the hints that there is room for."""
        if not self._bindings_ready:
            return []
        by_action: dict[str, _Hint] = {}
        for _, binding, enabled, tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in by_action:
                by_action[binding.action] = _Hint(
                    binding.key,
                    self.app.get_key_display(binding),
                    spelled(binding.description),
                    binding.action,
                    enabled,
                    tooltip,
                )
        return list(_fitting(list(by_action.values()), self.app.size.width))


def _fitting(hints: list[_Hint], room: int) -> Iterable[_Hint]:
    """Return the hints that fit, in their order."""
    left = room + 1 - sum(hint.width for hint in hints if hint.action in _ALWAYS)
    is_full = False
    for hint in hints:
        is_needed = hint.action in _ALWAYS
        is_full = is_full or (not is_needed and hint.width > left)
        if is_needed:
            yield hint
        elif not is_full:
            left -= hint.width
            yield hint
