"""Which columns of a table are shown: found by typing, hidden and shown by the space bar."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from enchanted_tui.ui.widgets.chooser import Chooser

_BOX = 3  #: characters that say whether a column is shown


class ColumnChooser(Chooser):
    """Hides and shows columns at once, and returns the number of the one to go to, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "hide_or_show", "Hide or show", show=False, priority=True),
    ]
    ALWAYS = 1
    HINT = "type to find; Space, or a click on [x], hides or shows; Enter goes there"

    def __init__(
        self,
        names: Sequence[str],
        hidden: Collection[str],
        take: Callable[[frozenset[str]], None],
        current: int = 0,
    ) -> None:
        """`take` is given the hidden columns whenever they change; `current`: the column marked at
        first.
        """
        self._names, self._take = tuple(names), take
        self.hidden = frozenset(hidden)
        super().__init__("Columns", self._words(), current + 1)

    def _words(self) -> list[str]:
        named = [f"[{' ' if name in self.hidden else 'x'}] {name}" for name in self._names]
        return ["hide or show all that are listed", *named]

    @property
    def names(self) -> Sequence[str]:
        return ["", *self._names]

    def action_hide_or_show(self) -> None:
        """Hide the marked column, or show it; by the first line all that are listed."""
        marked = self.options.marked
        if marked is None:
            return
        listed = [self._names[number - 1] for number in self.options.listed if number]
        these = {self._names[marked - 1]} if marked else set(listed)
        self.hidden = self.hidden - these if these <= self.hidden else self.hidden | these
        self.options.set_lines(self._words())
        self._take(self.hidden)

    def choose(self, number: int) -> None:
        """Go to a column, which is shown then; a click, or Enter, on the first line is for all, and
        a click on the box before a name hides or shows it.
        """
        clicked = self.options.clicked_at
        if number == 0 or (clicked is not None and clicked < _BOX):
            self.action_hide_or_show()
            return
        if self._names[number - 1] in self.hidden:
            self.action_hide_or_show()
        self.dismiss(number - 1)
