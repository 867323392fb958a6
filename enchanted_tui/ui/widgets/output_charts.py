"""Charts of one output after another, in a view that takes its time."""

from __future__ import annotations

from typing import Any, ClassVar

from enchanted_tui.ui.widgets.computed_view import ComputedView
from enchanted_tui.ui.widgets.plot import Plot


class OutputCharts(ComputedView):
    """Left and right go from output to output, up and down between two ways to draw it; so does a
    click on what is said of them. Without an output there are no charts.
    """

    WAYS: ClassVar[tuple[str, str]] = ("", "")  #: what the two ways are called

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._output = 0
        self.other_way = False  #: whether the second way to draw was chosen

    @property
    def output(self) -> dict[str, Any] | None:
        """What the report says of the output that is shown."""
        outputs = self.report["outputs"] if self.report is not None else []
        return outputs[self._output % len(outputs)] if outputs else None

    def draw(self) -> None:
        one = self.output
        self.set_class(one is not None, "-charted")
        if one is not None:
            self.draw_output(one)

    def choice_parts(self) -> list[tuple[str, str, str]]:
        parts, one = super().choice_parts(), self.output
        if one is None:
            return parts
        shown = [*parts, ("  ", "", ""), (f"output {one['name']}", "", "step(0)"), ("  ", "", "")]
        return [*shown, (self.WAYS[self.other_way], "", "step(1)")]

    def action_step(self, axis: int) -> None:
        """Show the next output (0), or draw it the other way (1)."""
        self._step(axis, 1)

    def draw_output(self, one: dict[str, Any]) -> None:
        """Draw an output."""
        raise NotImplementedError

    def on_plot_step(self, event: Plot.Step) -> None:
        event.stop()  # these are no columns of a dataset
        self._step(event.axis, event.step)

    def _step(self, axis: int, step: int) -> None:
        if axis == 0:
            self._output += step
        else:
            self.other_way = not self.other_way
        self._update()

    def on_plot_resized(self, event: Plot.Resized) -> None:
        event.stop()
