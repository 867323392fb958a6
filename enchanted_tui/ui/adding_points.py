"""Adding points to a campaign by hand: which file, which stage, what they are, and whether they are
meant.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from enchanted_tui.errors import UserError
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.widgets.dialog import Choice, Dialog

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_SUFFIXES = (".csv", ".parquet", ".npy", ".txt", ".tsv")


async def add_points(app: AppInterface, under: Screen[Any], root: Path) -> None:
    """Ask for a file of points until one fits, show the first of them, and add them."""
    from enchanted_tui.operations import point_adding

    stages = await in_thread(point_adding.stage_names, root)
    written = ""
    while True:
        title = f"Points to add to {root.name}"
        written = (
            await app.ask(under, FileDialog(title, app.home, written, suffixes=_SUFFIXES)) or ""
        )
        depth = await _stage(app, under, stages) if written else None
        if depth is None:
            return
        try:
            points = await in_thread(point_adding.points_to_add, root, app.home / written, depth)
        except UserError as error:
            choices = [Choice("again", "Another file"), Choice("close", "Close")]
            answer = await app.ask(under, Dialog("These points do not fit", str(error), choices))
            if answer == "again":
                continue
            return
        text = f"{points.as_text()}\n\n{points.there}".rstrip()
        choices = [Choice("leave", "Leave them")]
        if not points.there:
            choices.append(Choice("add", "Add", "a"))
        if await app.ask(under, Dialog(f"Add points to {root.name}", text, choices)) == "add":
            app.notify(await in_thread(point_adding.add, points), markup=False)
            app.refresh_view()
        return


async def _stage(app: AppInterface, under: Screen[Any], stages: list[str]) -> int | None:
    """Ask for a stage where there are several; None for none."""
    if len(stages) == 1:
        return 0
    text = "\n".join(f"stage {depth}: {name}" for depth, name in enumerate(stages))
    choices = [Choice(f"stage-{depth}", f"Stage {depth}") for depth in range(len(stages))]
    answer = await app.ask(under, Dialog("Samples of which stage?", text, choices))
    return None if answer is None else int(answer.removeprefix("stage-"))
