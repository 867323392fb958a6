"""What the Results screen keeps of a run: the view, the axes, the order, the objectives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.charts.chart_choice import ChartChoice
from enchanted_tui.ui.kept_choices import await_row, kept_fields, kept_row, kept_text
from enchanted_tui.ui.widgets.dataset_table import DatasetTable

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices


class KeptResults(CampaignScreen):
    """A screen that shows a dataset in one view at a time; rows are known by their numbers."""

    KEPT = "results"
    choice: ChartChoice
    _shown: str  #: the name of the view

    def _go(self, name: str) -> None:
        """Show a view."""
        raise NotImplementedError

    @property
    def table(self) -> DatasetTable:
        return self.query_one("#table", DatasetTable)

    def view_names(self) -> tuple[str, ...]:
        """Return the names of the views."""
        raise NotImplementedError

    def choices(self) -> Choices:
        return {
            **super().choices(),
            "view": self._shown,
            "chart": asdict(self.choice),
            "sort": list(self.table.sort),
            "row": kept_row(self.table),
        }

    def restore(self, choices: Mapping[str, Any]) -> None:
        super().restore(choices)
        self.choice = kept_fields(self.choice, choices.get("chart"))
        match choices.get("sort"):
            case [str(name), bool(descending)]:
                self.table.sort = (name, descending)
                self.table.set_sort(name, descending=descending)
        await_row(self.table, choices.get("row"))
        if view := kept_text(choices, "view", self.view_names()):
            self._go(view)
