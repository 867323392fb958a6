"""Scrolling a table sideways by mouse: by the wheel with Shift, a wheel that goes sideways, or the
marks in the heading.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from enchanted_tui.ui.widgets.table_line import LineLayout

if TYPE_CHECKING:
    from textual.scroll_view import ScrollView

    Base = ScrollView
else:
    Base = object


class ScrolledSideways(Base):
    """Mixed into a table whose columns may be more than fit."""

    _layout_now: Callable[[], LineLayout]
    action_sideways: Callable[[int], None]

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether the wheel scrolls sideways: there is no bar, which would cost a line."""
        return self._layout_now().is_scrolled

    def turns_at(self, x: int) -> bool:
        """Scroll by half of what is seen if the heading has a mark at a place; tell whether."""
        layout = self._layout_now()
        by = layout.mark_at(x) * max(8, (layout.room - layout.held) // 2)
        if by:
            self.action_sideways(by)
        return bool(by)
