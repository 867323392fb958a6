"""How evenly the parameters are covered, as wide as there is room."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from enchanted_tui.ui.charts.coverage import coverage_text
from enchanted_tui.ui.widgets.line import Line
from enchanted_tui.views.dataset_statistics import Results


class CoverageView(VerticalScroll):
    """Shows a dataset's coverage, again when its size changes."""

    DEFAULT_CSS = """
    CoverageView { padding: 0 1; scrollbar-size-vertical: 1; }
    CoverageView > Line { height: auto; }
    """
    _results: Results | None = None

    def compose(self) -> ComposeResult:
        yield Line()

    def show(self, results: Results) -> None:
        """Show a dataset."""
        self._results = results
        width = self.size.width - 3  # beside padding and scroll bar
        if width > 0:
            line = self.query_one(Line)
            line.show(coverage_text(results, width))
            line.refresh(layout=True)

    def on_resize(self) -> None:
        if self._results is not None:
            self.show(self._results)
