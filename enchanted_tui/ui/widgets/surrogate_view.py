"""How good a surrogate from the dataset would be: learning curve, parity, table of errors, next
step.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual.containers import Horizontal
from textual.widget import Widget

from enchanted_tui.ui.charts.surrogate_charts import curve_picture, parity_picture
from enchanted_tui.ui.widgets.computed_view import ComputedView
from enchanted_tui.ui.widgets.plot import Plot


class SurrogateView(ComputedView):
    """Left and right go from output to output, up and down between predictions and their errors."""

    DEFAULT_CSS = """
    SurrogateView > Horizontal { height: 11; display: none; }
    SurrogateView.-charted > Horizontal { display: block; }
    """
    EMPTY = "No surrogate has been fitted to these samples."
    HELP = (
        "Left and right go from one output to the next; up and down change between predictions and"
        " their errors."
    )

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._output = 0
        self._residuals = False

    def charts(self) -> Iterator[Widget]:
        with Horizontal():
            yield Plot(id="learning-curve")
            yield Plot(id="parity")

    def stored(self, root: Path) -> dict[str, Any] | None:
        from enchanted_tui.surrogate.stored_report import stored_report

        return stored_report(root)

    def draw(self) -> None:
        self.set_class(self.report is not None, "-charted")
        if self.report is None:
            return
        outputs = self.report["outputs"]
        one, residuals = outputs[self._output % len(outputs)], self._residuals
        self.query_one("#learning-curve", Plot).show(
            lambda width, height: curve_picture((width, height), one)
        )
        self.query_one("#parity", Plot).show(
            lambda width, height: parity_picture((width, height), one, residuals=residuals)
        )

    def words(self, report: dict[str, Any]) -> Iterator[str]:
        from enchanted_tui.surrogate.fit_text import output_lines, success_lines, summary_lines

        outputs = report["outputs"]
        yield from (f"next: {step}" for step in report["next"])
        yield ""
        yield from summary_lines(outputs)
        yield ""
        yield from output_lines(outputs[self._output % len(outputs)])
        yield ""
        yield from success_lines(report["success"])
        yield f"errors by {report['judged_by']}"
        yield from (f"note: {note}" for note in report["notes"])

    def on_plot_step(self, event: Plot.Step) -> None:
        event.stop()  # these are no columns of the dataset
        if event.axis == 0:
            self._output += event.step
        else:
            self._residuals = not self._residuals
        self._update()

    def on_plot_resized(self, event: Plot.Resized) -> None:
        event.stop()
