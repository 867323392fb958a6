"""The lines above the panes of the monitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.query import NoMatches

from enchanted_tui.ui import overview_facts
from enchanted_tui.ui.widgets.line import Line
from enchanted_tui.ui.widgets.pane import batch_name
from enchanted_tui.ui.widgets.progress_bar import ProgressLine

if TYPE_CHECKING:
    from enchanted_tui.views.viewing import View

_MAX_STAGES = 6
_WIDE = 100  #: columns from which there is room for more words


class Overview(Vertical):
    """Campaign, stages, current batch, pace, resources, and why nothing happens: six lines where
    there is little room.
    """

    DEFAULT_CSS = """
    Overview { height: auto; padding: 0 1; }
    Overview .stage { display: none; }
    Overview .stage.-shown { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.used: tuple[int, int, bool] | None = None  #: files and bytes, once counted

    def compose(self) -> ComposeResult:
        yield ProgressLine(id="campaign")
        for number in range(_MAX_STAGES):
            yield ProgressLine(id=f"stage{number}", classes="stage")
        yield ProgressLine(id="batch")
        yield Line(id="pace")
        yield Line(id="resources")
        yield Line(id="reason")

    def show(self, view: View, *, roomy: bool) -> None:
        """Show a view; all stages if there is room, otherwise the current one."""
        try:
            campaign = self.query_one("#campaign", ProgressLine)
        except NoMatches:
            return
        taken = view.snapshot
        beside = overview_facts.outcome(taken.succeeded, taken.failed, campaign.colour)
        campaign.set("campaign", taken.tasks_done, taken.tasks_expected, beside)
        self._show_stages(view, roomy)
        self._show_batch(view)
        pace, resources, reason = (
            self.query_one(f"#{name}", Line) for name in ("pace", "resources", "reason")
        )
        width = self.content_size.width
        pace.show(overview_facts.pace(view, width, pace.colour))
        resources.show(overview_facts.resources(view, self.used, width))
        reason.show(overview_facts.reason(view, reason.colour))

    def clear(self) -> None:
        """Show nothing: no campaign is open, or another one."""
        self.used = None
        for line in self.query(Line):
            line.show("")
            line.remove_class("-shown")

    def _show_stages(self, view: View, roomy: bool) -> None:
        stages = view.snapshot.stages
        wanted = stages[:_MAX_STAGES] if roomy else view.snapshot.in_progress[:_MAX_STAGES]
        if len(stages) == 1 and len(stages[0].runners) == 1 and not roomy:
            wanted = ()
        for number in range(_MAX_STAGES):
            line = self.query_one(f"#stage{number}", ProgressLine)
            line.set_class(number < len(wanted), "-shown")
            if number < len(wanted):
                stage = wanted[number]
                line.set(
                    overview_facts.stage_label(stage, len(stages)),
                    stage.done,
                    stage.expected,
                    overview_facts.stage_beside(stage),
                )

    def _show_batch(self, view: View) -> None:
        line = self.query_one("#batch", ProgressLine)
        current = next(
            (batch for batch in view.batches if batch.done < batch.count),
            view.batches[-1] if view.batches else None,
        )
        if current is None:
            line.show("no batch has been drawn yet")
            return
        stage = view.snapshot.stages[current.depth]
        label = f"batch {batch_name(current)}"
        if self.size.width >= _WIDE:
            label += f" ({stage.batches_done} of {stage.batches} complete)"
        beside = overview_facts.outcome(current.done - current.failed, current.failed, line.colour)
        line.set(label, current.done, current.count, beside)
