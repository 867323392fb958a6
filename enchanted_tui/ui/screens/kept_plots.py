"""What a run keeps of the plots that lay over its results: which one, of what, and the cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from enchanted_tui.plotting.plot_wanted import GRAINS, PlotWanted
from enchanted_tui.ui.kept_choices import kept_fields, kept_text
from enchanted_tui.ui.screens.kept_over import KeptOver
from enchanted_tui.ui.screens.plot_choosing import PlotChoosing
from enchanted_tui.views.front import FrontAim

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices

#: The plots that have a cursor, in the order of their tabs.
PLOTS = (
    "scatter", "density", "mean", "errors", "correlation", "parallel", "front", "timeline",
    "use",
)  # fmt: skip
#: What a person can choose of a plot, besides the columns of those that have many.
_CHOSEN = ("kind", "x", "y", "value", "error", "colour", "log_x", "log_y", "grain")


class KeptPlots(KeptOver, PlotChoosing):
    """A screen that shows plots, of the rows that keep a condition; it is opened again when its run
    is shown again.
    """

    KIND = "plots"
    condition: str  #: empty for all rows

    def choices(self) -> Choices:
        wanted = self.wanted
        plot = {name: getattr(wanted, name) for name in _CHOSEN}
        plot["columns"] = list(wanted.columns)
        plot["objectives"] = dict(wanted.objectives.objectives)
        return {
            "plot": plot,
            "condition": self.condition,
            "first": self.first,
            "cursor": self.plot.kept_member,
        }

    def show_kept(self, kept: Mapping[str, Any]) -> None:
        """Show what `choices` has once given; the cursor is put where it was once that is drawn."""
        first, cursor = kept.get("first"), kept.get("cursor")
        self.first = first if isinstance(first, int) and first > 0 else 0
        self.plot.await_member(cursor if isinstance(cursor, int) else None)


def plot_kept(kept: object) -> PlotWanted:
    """Return the plot that was kept; the usual ones of it for what is none."""
    kept = kept if isinstance(kept, Mapping) else {}
    wanted = kept_fields(PlotWanted("scatter"), {name: kept.get(name) for name in _CHOSEN})
    columns, objectives = kept.get("columns"), kept.get("objectives")
    if isinstance(objectives, Mapping):
        aim = FrontAim({str(name): str(objectives[name]) for name in objectives})
        wanted = replace(wanted, objectives=aim)
    return replace(
        wanted,
        kind=kept_text(kept, "kind", PLOTS) or "scatter",
        grain=wanted.grain if wanted.grain in GRAINS else "auto",
        columns=tuple(map(str, columns)) if isinstance(columns, list) else (),
    )
