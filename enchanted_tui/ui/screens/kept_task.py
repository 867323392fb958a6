"""What a run keeps of the task whose screen lay over another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.kept_choices import kept_row
from enchanted_tui.ui.opening import OpenedOfRun
from enchanted_tui.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from enchanted_tui.journal_lines import TaskId
    from enchanted_tui.ui.open_run import Choices


class KeptTask(OpenedOfRun, CampaignScreen):
    """A screen that shows a task of a list; it is opened again when its run is shown again."""

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

    def note_choices(self) -> None:
        """Have its run keep that it lay over this mode of the app, and what was read in it."""
        run = self._run
        if run is None or run.viewer is not self.run_shown or self.has_left or not self.is_mounted:
            return
        run.tasks[self.mode_below] = self.choices()
        run.among[self.mode_below] = self._among

    def before_it_goes(self) -> None:
        self.note_choices()
