"""A line to type into that takes all keys in the order in which they come."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.widgets import Input

_OWN_KEYS = {
    key: binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding)
    for key in binding.key.split(",")
}


class TypedLine(Input):
    """Textual's line takes letters itself, but has what takes back or moves go through all that is
    around it: letters typed quickly, or that come at once over a slow connection, would overtake a
    backspace.
    """

    async def on_key(self, event: events.Key) -> None:
        action = _OWN_KEYS.get(event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(action)
