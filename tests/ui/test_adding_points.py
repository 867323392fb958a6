"""Adding points to a campaign in the app: the file, what it would add, what does not fit."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from enchanted_tui.record import points_request
from enchanted_tui.ui.editor.dialogs import PathDialog
from helpers.ui.watching import Watcher, in_loop, watching


def waiting(run: Path) -> int:
    return points_request.count_waiting(run / "state" / "control")


async def chooses(watcher: Watcher, name: str) -> None:
    """Type the name of a file into the dialog that asks for one."""
    await watcher.until(lambda: isinstance(watcher.screen, PathDialog))
    watcher.screen.query_one(Input).value = name
    await watcher.press("enter")


@in_loop
async def test_points_are_shown_and_added(own_run: Path, tmp_path: Path) -> None:
    """Columns that do not fit are said, with the way to another file; then how many points there
    are, and the first of them; Enter alone adds nothing.
    """
    (tmp_path / "wrong.csv").write_text("c1,c3\n0.5,1\n")
    (tmp_path / "right.csv").write_text("c1,c2\n0.5,1\n0.25,12\n")
    async with watching(own_run, "monitor", notices=True) as watcher:
        watcher.app.home = tmp_path
        await watcher.settles()
        await watcher.press("A")
        await chooses(watcher, "wrong.csv")
        await watcher.sees("These points do not fit", "'c3' of wrong.csv is no parameter")
        await watcher.press("enter")
        await chooses(watcher, "right.csv")
        await watcher.sees("2 points for stage 0", '{"c1":0.5,"c2":1.0}')
        await watcher.sees("1 point lies outside of the range of 'c2', 0 to 10")
        await watcher.press("enter")
        await watcher.settles()
        assert waiting(own_run) == 0
        await watcher.press("A")
        await chooses(watcher, "right.csv")
        await watcher.sees("2 points for stage 0")
        await watcher.press("a")
        await watcher.is_told("2 points wait in")
        assert waiting(own_run) == 2
        await watcher.sees("2 points wait to be added by hand")
