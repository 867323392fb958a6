"""What a run keeps of the task whose screen lay over another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.kept_choices import kept_row
from enchanted_tui.ui.screens.kept_over import KeptOver
from enchanted_tui.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from enchanted_tui.journal_lines import TaskId
    from enchanted_tui.ui.open_run import Choices, OpenRun


class KeptTask(KeptOver, CampaignScreen):
    """A screen that shows a task of a list; it is opened again when its run is shown again."""

    KIND = "task"
    shown_task: TaskId
    _among: Sequence[TaskId]
    _kept: Mapping[str, Any]  #: what was kept of an earlier one and has not been shown yet
    _part = ""
    _shown: str | None = None  #: the file or text that is open

    def choices(self) -> Choices:
        rows = {
            name: kept_row(self.query_one(f"#{name}", VirtualTable)) for name in ("values", "files")
        }
        part, shown = self._part or self._kept.get("part"), self._shown or self._kept.get("shown")
        return {"task": self.shown_task.name, "part": part, "shown": shown, **rows}

    def keep(self, run: OpenRun) -> None:
        super().keep(run)
        run.among[self.mode_below] = self._among
