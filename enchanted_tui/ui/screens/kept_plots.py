"""What a run keeps of a plot that lay over its results, and the plot again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from enchanted_tui.plotting.plot_wanted import GRAINS, PlotWanted
from enchanted_tui.ui.kept_choices import kept_fields, kept_text
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


def plot_choices(wanted: PlotWanted) -> Choices:
    """Return what a person has chosen of a plot, as JSON has it."""
    chosen = {name: getattr(wanted, name) for name in _CHOSEN}
    objectives = dict(wanted.objectives.objectives)
    return {**chosen, "columns": list(wanted.columns), "objectives": objectives}


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
