"""Screens that lie over another one and come back when their run is shown again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui.kept_choices import kept_text
from enchanted_tui.ui.opening import OpenedOfRun

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices, OpenRun

#: What can lie over a mode, in the order in which one lies over the other.
KINDS = ("plots", "file", "task")


class KeptOver(OpenedOfRun):
    """Mixed into a screen of one run; its run keeps that it lay over a mode, and its choices, until
    a person leaves it.
    """

    KIND = ""  #: one of `KINDS`

    def choices(self) -> Choices:
        """Return what `again` needs, as JSON has it."""
        raise NotImplementedError

    def note_choices(self) -> None:
        """Have its run keep it."""
        run = self.own_run
        if run is None or run.viewer is not self.run_shown or self.has_left or not self.is_mounted:
            return
        self.keep(run)

    def keep(self, run: OpenRun) -> None:
        """Keep it in its run."""
        run.over.setdefault(self.mode_below, {})[self.KIND] = self.choices()

    def before_it_goes(self) -> None:
        self.note_choices()

    def leave(self) -> None:
        """Leave because a person has had enough of it."""
        if self.own_run is not None:
            self.own_run.over.get(self.mode_below, {}).pop(self.KIND, None)
        self.dismiss()


def again(kind: str, kept: Mapping[str, Any], run: OpenRun, mode: str) -> KeptOver | None:
    """Return the screen of a kind of which `choices` gave this; None if there is no such thing."""
    if kind == "plots":
        from enchanted_tui.ui.screens.kept_plots import plot_kept
        from enchanted_tui.ui.screens.plots import PlotsScreen

        condition = kept_text(kept, "condition")
        return PlotsScreen(plot_kept(kept.get("plot")), condition, kept)
    if kind == "file":
        from enchanted_tui.ui.screens.file import FileScreen

        path = Path(str(kept.get("path")))
        if path.is_absolute() or ".." in path.parts or not path.parts:
            return None
        return FileScreen(run.root / path, kept)
    from enchanted_tui.ui.screens.task import TaskScreen

    task = TaskId.named(str(kept.get("task")))
    return TaskScreen(task, run.among.get(mode, ()), kept) if task is not None else None
