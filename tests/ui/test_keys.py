"""Keys that a person tries because other programs have them, and keys that the pages promise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.widgets import OptionList, TextArea

from enchanted_tui.config.problems import Problem
from enchanted_tui.executors.base import TaskId
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock
from enchanted_tui.supervisor import control
from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.editor.dialogs import PathDialog, Picker
from enchanted_tui.ui.editor.panes import ProblemList
from enchanted_tui.ui.palette import perform
from enchanted_tui.ui.screens.help import HelpScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.dialog import Dialog
from enchanted_tui.ui.widgets.log_view import LogView
from enchanted_tui.ui.widgets.table import VirtualTable
from helpers.marks import in_full
from helpers.ui.editing import TEXT, opened
from helpers.ui.watching import in_loop, watching


@in_loop
async def test_ctrl_home_and_end_in_tables_and_logs(finished_run: Path) -> None:
    """Ctrl+Home and Ctrl+End go to the first and the last row of a table, and of the log."""
    async with watching(finished_run, "results") as watcher:
        table = watcher.screen.query_one("#table", VirtualTable)
        await watcher.until(lambda: table.row_count)
        await watcher.press("ctrl+end")
        assert table.cursor_row == table.row_count - 1 > 20
        await watcher.press("ctrl+home")
        assert table.cursor_row == 0
        await watcher.app.switch_mode("log")
        view = watcher.screen.query_one(LogView)
        await watcher.until(lambda: view.page is not None and view.page.rows)
        await watcher.press("ctrl+home")
        await watcher.until(lambda: view.page.top == 0 and not view.page.follow)
        await watcher.press("ctrl+end")
        await watcher.until(lambda: view.page.follow)


@pytest.mark.full
@in_loop
async def test_ctrl_home_and_end_in_the_editor_its_lists_and_dialogs(tmp_path: Path) -> None:
    """In the text they go to its beginning and end, with Shift they select up to there; in lists,
    help and dialogs they work too.
    """
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    async with opened(path) as editor:
        area = editor.screen.area
        await editor.press("ctrl+end")
        assert area.cursor_location == area.document.end
        await editor.press("ctrl+home")
        assert area.cursor_location == (0, 0)
        await editor.press("ctrl+shift+end")
        assert area.selected_text == area.text
        await editor.press("f4")
        outline = editor.screen.query_one("#outline", OptionList)
        await editor.press("ctrl+end")
        assert outline.highlighted == outline.option_count - 1 > 0
        await editor.press("f1")
        await editor.until(lambda: editor.app.screen is not editor.screen)
        help_text = editor.app.screen.query_one("VerticalScroll")
        await editor.press("ctrl+end")
        await editor.until(lambda: help_text.scroll_offset.y == help_text.max_scroll_y > 0)
        await editor.press("ctrl+home")
        await editor.until(lambda: help_text.scroll_offset.y == 0)
        assert isinstance(area, TextArea)


@pytest.mark.full
@in_loop
async def test_keys_of_a_campaign_work_wherever_it_is_shown(finished_run: Path) -> None:
    """`r`, `x` and `R` open the dialog that says what resuming, extending or retrying would do, on
    each screen that shows a campaign.
    """
    titles = {
        "r": "Resume: finished_run",
        "x": "Extend: finished_run",
        "R": "Retry failed: finished_run",
    }
    wanted = {"failures": "R", "results": "r", "log": "x", "task": "r"}
    async with watching(finished_run, "monitor") as watcher:
        for where, key in wanted.items():
            if where == "task":
                watcher.app.push_screen(TaskScreen(TaskId(0, 0, 0, 0)))
            else:
                await watcher.app.switch_mode(where)
            await watcher.pilot.pause()
            assert {key, *"rxRe"} <= set(watcher.screen.active_bindings)
            await watcher.press(key)
            await watcher.sees(titles[key])
            await watcher.press("escape")
            await watcher.lacks(titles[key])


@pytest.mark.parametrize("word", ["drain", *in_full("abort")])
@in_loop
async def test_draining_from_the_palette_asks(
    finished_run: Path, tmp_path: Path, word: str
) -> None:
    """Ending a campaign by its name in the palette asks like the key does, and Escape or Enter
    leave it running.
    """
    run = Path(shutil.copytree(finished_run, tmp_path / "campaign"))
    lock = Lock.acquire(
        CampaignDirectory(run).lock, lambda: None
    )  # as a supervisor at work holds it
    try:
        async with watching(run, "monitor") as watcher:
            await watcher.sees("RUNNING")
            for key in ("escape", "enter", word[0]):
                # what the palette does with its entry
                watcher.app.perform(perform(watcher.app, registry()[f"campaign.{word}"]))
                await watcher.sees(f"{word.capitalize()} the campaign in campaign")
                assert not list(CampaignDirectory(run).control.glob("*"))
                await watcher.press(key)
                await watcher.until(lambda: not isinstance(watcher.screen, Dialog))
            await watcher.until(
                lambda: (
                    [request.action for request in control.look(CampaignDirectory(run).control)[0]]
                    == [word]
                )
            )
    finally:
        lock.release()


# -- the mouse -------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["beside it", *in_full("on its frame")])
@in_loop
async def test_help_choosers_and_pickers_are_closed_by_mouse(
    finished_run: Path, where: str
) -> None:
    """A click beside the box closes it, and so does one on the words in its frame; one inside does
    not.
    """
    async with watching(finished_run, "log") as watcher:
        for mode, key, kind in (
            ("log", "question_mark", HelpScreen),
            ("log", "o", Chooser),
            ("config", "n", Picker),
            ("config", "o", PathDialog),
        ):
            await watcher.app.switch_mode(mode)
            if mode == "config":
                await watcher.until(lambda: not watcher.screen.area.is_waiting)
                await watcher.press("escape")
            await watcher.press(key)
            await watcher.until(lambda kind=kind: isinstance(watcher.screen, kind))  # type: ignore[misc]
            await watcher.sees("Escape closes")
            box = watcher.screen.query_one("Vertical").region
            await watcher.pilot.click(offset=(box.x + 2, box.y + 1))
            assert isinstance(watcher.screen, kind)
            if where == "beside it":
                await watcher.pilot.click(offset=(0, box.y + 2))
            else:
                await watcher.click("Escape closes")
            await watcher.until(lambda kind=kind: not isinstance(watcher.screen, kind))  # type: ignore[misc]


@in_loop
async def test_the_last_word_of_a_problem_is_shown(tmp_path: Path) -> None:
    """A problem of any length stands whole in its pane, also where the list is long enough for a
    scroll bar, which takes a column.
    """
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    async with opened(path) as editor:
        pane = editor.screen.query_one(ProblemList)
        for count in range(8, 40):
            words = " ".join(f"w{number:02d}" for number in range(count))
            pane.show(
                [Problem("error", "c.yaml", 9, 15, "samplers.plane.budget", f"{words} LAST")] * 9,
                "",
            )
            await editor.until(lambda: pane.scroll_end(animate=False) or "LAST" in editor.shown())
