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
from enchanted_tui.ui.widgets.output_charts import OutputCharts
from enchanted_tui.ui.widgets.plot import Plot


class SurrogateView(OutputCharts):
    """Left and right go from output to output, up and down between predictions and their errors."""

    DEFAULT_CSS = """
    SurrogateView > Horizontal { height: 11; display: none; }
    SurrogateView.-charted > Horizontal { display: block; }
    """
    EMPTY = "No surrogate has been fitted to these samples."
    WAYS = ("predictions", "errors of predictions")
    HELP = (
        "Left and right go from one output to the next; up and down change between predictions and"
        " their errors."
    )

    def charts(self) -> Iterator[Widget]:
        with Horizontal():
            yield Plot(id="learning-curve")
            yield Plot(id="parity")

    def stored(self, root: Path) -> dict[str, Any] | None:
        from enchanted_tui.surrogate.stored_report import stored_report

        return stored_report(root)

    def draw_output(self, one: dict[str, Any]) -> None:
        residuals = self.other_way
        self.query_one("#learning-curve", Plot).show(
            lambda width, height: curve_picture((width, height), one)
        )
        self.query_one("#parity", Plot).show(
            lambda width, height: parity_picture((width, height), one, residuals=residuals)
        )

    def words(self, report: dict[str, Any]) -> Iterator[str]:
        from enchanted_tui.surrogate.fit_text import output_lines, success_lines, summary_lines

        yield from (f"next: {step}" for step in report["next"])
        yield ""
        yield from summary_lines(report["outputs"])
        yield ""
        if self.output is not None:
            yield from output_lines(self.output)
        yield ""
        yield from success_lines(report["success"])
        yield f"errors by {report['judged_by']}"
        yield from (f"note: {note}" for note in report["notes"])
