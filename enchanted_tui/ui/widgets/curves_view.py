"""The learning curves of several campaigns, worked out on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from enchanted_tui.ui.charts.overlaid import overlaid_curves
from enchanted_tui.ui.widgets.computed_view import ComputedView
from enchanted_tui.ui.widgets.plot import Plot

if TYPE_CHECKING:
    from enchanted_tui.surrogate.work_process import WorkProcess


class CurvesView(ComputedView):
    """Left and right go from output to output, up and down between samples and core-hours."""

    DEFAULT_CSS = """
    CurvesView > Plot { height: 13; display: none; }
    CurvesView.-charted > Plot { display: block; }
    """
    EMPTY = "The learning curves of these runs have not been worked out."
    HELP = (
        "Left and right go from one output to the next; up and down change between samples and"
        " core-hours."
    )

    def __init__(self, roots: Sequence[Path], *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._roots = roots
        self._output = 0
        self._by_cost = False

    def charts(self) -> Iterator[Widget]:
        yield Plot(id="compared-curves")

    def begin(self, root: Path) -> WorkProcess:
        from enchanted_tui.comparison.compare_process import CompareProcess

        return CompareProcess(self._roots)

    def draw(self) -> None:
        one = self._one
        self.set_class(one is not None, "-charted")
        if one is not None and self.report is not None:
            names = [run["name"] for run in self.report["runs"]]
            across = "core_hours" if self._by_cost else "samples"
            self.query_one("#compared-curves", Plot).show(
                lambda width, height: overlaid_curves((width, height), one, across, names)
            )

    @property
    def _one(self) -> dict[str, Any] | None:
        """The output that is shown."""
        outputs = self.report["outputs"] if self.report is not None else []
        return outputs[self._output % len(outputs)] if outputs else None

    def words(self, report: dict[str, Any]) -> Iterator[str]:
        from enchanted_tui.comparison.comparison_text import curve_lines, note_lines

        if self._one is not None:
            yield from curve_lines(self._one, report["judged_by"])
        yield from note_lines(report)

    def on_plot_step(self, event: Plot.Step) -> None:
        event.stop()  # these are no columns of the datasets
        if event.axis == 0:
            self._output += event.step
        else:
            self._by_cost = not self._by_cost
        self._update()

    def on_plot_resized(self, event: Plot.Resized) -> None:
        event.stop()
