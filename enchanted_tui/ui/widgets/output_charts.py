"""Charts of one output after another, in a view that takes its time."""

from __future__ import annotations

from typing import Any

from enchanted_tui.ui.widgets.computed_view import ComputedView
from enchanted_tui.ui.widgets.plot import Plot


class OutputCharts(ComputedView):
    """Left and right go from output to output, up and down between two ways to draw it. Without an
    output there are no charts.
    """

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

    def draw_output(self, one: dict[str, Any]) -> None:
        """Draw an output."""
        raise NotImplementedError

    def on_plot_step(self, event: Plot.Step) -> None:
        event.stop()  # these are no columns of a dataset
        if event.axis == 0:
            self._output += event.step
        else:
            self.other_way = not self.other_way
        self._update()

    def on_plot_resized(self, event: Plot.Resized) -> None:
        event.stop()
