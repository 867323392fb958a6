"""The pane of campaigns whose sampler learns: how good its model is, what it has found, what it
expects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from enchanted_tui.durations import duration
from enchanted_tui.ui import formats
from enchanted_tui.ui.widgets.pane import Pane, Target
from enchanted_tui.ui.widgets.table import Cell, Column

if TYPE_CHECKING:
    from enchanted_tui.record.learned import LearnedPoint
    from enchanted_tui.record.snapshot import StageSummary
    from enchanted_tui.ui.widgets.plot import Plot
    from enchanted_tui.views.viewing import View


def stage_that_learns(view: View) -> StageSummary | None:
    """Return the latest stage in which a model has been fitted."""
    return next((stage for stage in reversed(view.snapshot.stages) if stage.learned), None)


class LearnedPane(Pane):
    """Charts over a table of the fits, the newest first."""

    DEFAULT_CSS = """
    LearnedPane > Plot { height: 2fr; min-height: 6; }
    LearnedPane > VirtualTable { height: 1fr; min-height: 3; }
    """
    TITLE = "Model"
    ABSENT = "No sampler of this campaign has fitted a model."
    EMPTY = "no model has been fitted yet"
    COLUMNS = (
        Column("known", "SAMPLES", 7, "right"),
        Column("error", "ERROR", 10, "right"),
        Column("relative", "OF SPREAD", 9, "right", priority=1),
        Column("best", "BEST", 10, "right"),
        Column("acquisition", "ACQUISITION", 11, "right", priority=2),
        Column("failed", "FAILED", 6, "right", priority=3),
        Column("took", "FIT TOOK", 9, "right", grow=1, priority=4),
    )

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._points: tuple[LearnedPoint, ...] = ()
        self._plot: Plot | None = None

    def is_wanted(self, view: View) -> bool:
        return stage_that_learns(view) is not None

    def target_of(self, key: int) -> Target:
        return "A fit has no file of its own; the journal holds its record."

    def show(self, view: View) -> None:
        stage = stage_that_learns(view)
        points = stage.learned if stage is not None else ()
        is_news, self._points = points != self._points, points
        super().show(view)
        if is_news and points:
            self._draw()

    def _draw(self) -> None:
        if self._plot is None:
            # with it comes numpy, which the first screen does not wait for
            from enchanted_tui.ui.widgets.plot import (
                Plot,
            )

            self._plot = Plot()
            self._plot.can_focus = False
            self.mount(self._plot, before=self.table)
        from enchanted_tui.ui.charts.learning_curves import learned

        points = self._points
        self._plot.show(lambda width, height: learned((width, height), points))

    def rows(self, view: View) -> Sequence[Any]:
        return range(len(self._points) - 1, -1, -1)

    def title_of(self, view: View) -> str:
        stage = stage_that_learns(view)
        if stage is None:
            return "Model"
        last = self._points[-1]
        parts = [f"best {formats.number(last.best)}"] if last.best is not None else []
        if last.front is not None:
            parts = [f"front of {last.front:,}"]
            if last.best is not None:
                parts.append(f"hypervolume {formats.number(last.best)}")
        if last.cv_error_relative is not None:
            parts.append(f"error {100 * last.cv_error_relative:.3g}% of spread")
        parts.append(f"{last.observations:,} values by {stage.sampler}")
        return f"Model  {', '.join(parts)}"

    def cells(self, key: int) -> Sequence[Cell]:
        point = self._points[key]
        return (
            f"{point.known:,}",
            _number(point.cv_error),
            f"{100 * point.cv_error_relative:.3g}%" if point.cv_error_relative is not None else "",
            _number(point.best),
            _number(point.acquisition),
            (f"{point.failed:,}", "error" if point.failed else "dim"),
            duration(point.seconds),
        )

    def clear(self) -> None:
        self._points = ()
        super().clear()


def _number(value: float | None) -> str:
    return f"{value:.4g}" if value is not None else ""
