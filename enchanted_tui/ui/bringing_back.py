"""Bring back what lay over a screen when its run was shown last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui.kept_choices import kept_text

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import OpenRun
    from enchanted_tui.ui.screens.kept_over import KeptOver


def again(kind: str, kept: Mapping[str, Any], run: OpenRun, mode: str) -> KeptOver | None:
    """Return the screen of a kind whose `choices` gave this; None if there is no such thing."""
    if kind == "plots":
        from enchanted_tui.ui.screens.kept_plots import plot_kept
        from enchanted_tui.ui.screens.plots import PlotsScreen

        condition = kept_text(kept, "condition")
        return PlotsScreen(plot_kept(kept.get("plot")), condition, kept)
    if kind == "file":
        from enchanted_tui.ui.screens.file import FileScreen

        path = Path(kept_text(kept, "path"))
        if path.is_absolute() or ".." in path.parts or not path.parts:
            return None
        return FileScreen(run.root / path, kept)
    from enchanted_tui.ui.screens.task import TaskScreen

    task = TaskId.named(str(kept.get("task")))
    return TaskScreen(task, run.among.get(mode, ()), kept) if task is not None else None
