"""Which columns are objectives of a Pareto front, and which way each is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.views.front import next_direction


class ObjectiveChooser(Chooser):
    """Makes columns objectives, or none, at once; returns None, by Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "Change", show=False, priority=True),
    ]
    HINT = "type to find, Enter changes, Escape ends it"

    def __init__(
        self,
        names: Sequence[str],
        objectives: Mapping[str, str],
        take: Callable[[Mapping[str, str]], None],
    ) -> None:
        """`take` is given the objectives whenever they change."""
        self._names, self._take, self.objectives = tuple(names), take, dict(objectives)
        super().__init__("Objectives; Enter: minimize, maximize, neither", self._words())

    def _words(self) -> list[str]:
        return [f"{self.objectives.get(name, '-'):<9} {name}" for name in self._names]

    @property
    def names(self) -> Sequence[str]:
        return self._names

    def action_select(self) -> None:
        if self.options.marked is not None:
            self.choose(self.options.marked)

    def choose(self, number: int) -> None:
        """Let a column be the next thing that it can be."""
        self.objectives = next_direction(self.objectives, self._names[number])
        self.options.set_lines(self._words())
        self._take(self.objectives)
