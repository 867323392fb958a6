"""The learning curves of several campaigns, worked out on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from enchanted_tui.ui.charts.overlaid import overlaid_curves
from enchanted_tui.ui.widgets.output_charts import OutputCharts
from enchanted_tui.ui.widgets.plot import Plot

if TYPE_CHECKING:
    from enchanted_tui.surrogate.work_process import WorkProcess


class CurvesView(OutputCharts):
    """Left and right go from output to output, up and down between samples and core-hours."""

    DEFAULT_CSS = """
    CurvesView > Plot { height: 13; display: none; }
    CurvesView.-charted > Plot { display: block; }
    """
    EMPTY = "The learning curves of these runs have not been worked out."
    WAYS = ("over samples", "over core-hours")
    HELP = (
        "Left and right go from one output to the next; up and down change between samples and"
        " core-hours."
    )

    def __init__(self, roots: Sequence[Path], *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._roots = roots

    def charts(self) -> Iterator[Widget]:
        yield Plot(id="compared-curves")

    def begin(self, root: Path) -> WorkProcess:
        from enchanted_tui.comparison.compare_process import CompareProcess

        return CompareProcess(self._roots)

    def draw_output(self, one: dict[str, Any]) -> None:
        names = [run["name"] for run in self.report["runs"]] if self.report is not None else []
        across = "core_hours" if self.other_way else "samples"
        self.query_one("#compared-curves", Plot).show(
            lambda width, height: overlaid_curves((width, height), one, across, names)
        )

    def words(self, report: dict[str, Any]) -> Iterator[str]:
        from enchanted_tui.comparison.comparison_text import curve_lines, note_lines

        if self.output is not None:
            yield from curve_lines(self.output, report["judged_by"])
        yield from note_lines(report)
