"""The keys that move in tables."""

from __future__ import annotations

from textual.binding import Binding, BindingType

TABLE_KEYS: list[BindingType] = [
    Binding("up,k", "move(-1)", "Up", show=False),
    Binding("down,j", "move(1)", "Down", show=False),
    Binding("pageup,ctrl+u", "move_page(-1)", "Page up", show=False),
    Binding("pagedown,ctrl+d", "move_page(1)", "Page down", show=False),
    Binding("home,g", "first", "First", show=False),
    Binding("end,G", "last", "Last", show=False),
    Binding("left,h", "sideways(-8)", "Left", show=False),
    Binding("right,l", "sideways(8)", "Right", show=False),
    Binding("enter", "choose", "Open", show=False),
]
