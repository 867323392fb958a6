"""What only keys could do before can be done by mouse: answer and leave a line that is typed into,
choose columns where campaigns are compared, hide a column, scroll a table sideways, and open what
is clicked where a task shows all of its parts.
"""

from __future__ import annotations

from pathlib import Path

from textual.events import Key
from textual.widgets import Input

from enchanted_tui.operations import actions
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.editor.find_bar import FindBar
from enchanted_tui.ui.screens.compare import CompareScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.column_chooser import ColumnChooser
from enchanted_tui.ui.widgets.line_ends import LineEnds
from enchanted_tui.ui.widgets.plot import Plot
from helpers.ui.campaigns import run_campaign
from helpers.ui.editing import TEXT, opened
from helpers.ui.watching import Watcher, in_loop, watching

CROSS = " ✕ "


async def _ends(watcher: Watcher, word: str) -> None:
    """Click on a word at the end of the line that is typed into."""
    shown = [line for line in watcher.screen.query(LineEnds) if line.region.height]
    await watcher.until(lambda: shown[0].region.width)
    at = shown[0].text.index(word) + len(word) // 2
    region = shown[0].content_region
    await watcher.pilot.click(offset=(region.x + at, region.y))


@in_loop
async def test_lines_to_type_into_are_answered_and_left(finished_run: Path) -> None:
    """Protects whoever has typed a condition, a filter or a name and looks for a way on: words at
    the end of the line do what Enter and Escape do.
    """
    async with watching(finished_run, "results") as watcher:
        await watcher.sees("60 rows")
        await watcher.click("/ Where…")
        line = watcher.screen.condition_line
        await watcher.until(lambda: line.typed.has_focus)
        line.typed.value = "energy > 0"
        await watcher.sees("of 60 rows")
        await _ends(watcher, "[OK]")
        await watcher.until(lambda: not line.display and watcher.screen.rows.condition)
        await watcher.click("/ Where…")
        await watcher.until(lambda: line.typed.has_focus)
        line.typed.value = "energy > 1"
        await _ends(watcher, CROSS)
        await watcher.until(lambda: watcher.screen.rows.condition == "energy > 0")
        await watcher.app.switch_mode("monitor")
        await watcher.settles()
        await watcher.click("/ Filter")
        tasks = watcher.screen.tasks
        await watcher.until(lambda: tasks.filter.has_focus)
        tasks.filter.value = "b1_s3"
        await watcher.until(lambda: tasks.table.row_count == 1)
        await _ends(watcher, CROSS)
        await watcher.until(lambda: tasks.table.row_count == 60)
        await watcher.app.switch_mode("failures")
        await watcher.settles()
        await watcher.click("/ Filter")
        await watcher.until(lambda: isinstance(watcher.screen.focused, Input))
        watcher.screen.focused.value = "no such words"
        await _ends(watcher, "[OK]")
        await watcher.sees("those with 'no such words'")


@in_loop
async def test_a_name_is_typed_and_taken_by_a_click(tmp_path: Path) -> None:
    """Protects saving under a name: its dialog has buttons. What is looked for in a text is gone
    through, and the line closed, by clicks.
    """
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    async with opened(path) as editor:
        watcher = Watcher(editor.app, editor.pilot)
        await editor.press("escape", "w")
        await watcher.until(lambda: isinstance(watcher.screen, FileDialog))
        watcher.screen.typed.value = "another one.yaml"
        await watcher.pilot.click("#take")
        await watcher.until((tmp_path / "another one.yaml").exists)
        await editor.press("i", "ctrl+f")
        bar = editor.screen.query_one(FindBar)
        await watcher.until(lambda: bar.display)
        await editor.press(*"type")
        await watcher.sees("1 of ")
        await watcher.click("next")
        await watcher.sees("2 of ")
        await watcher.click("before")
        await watcher.sees("1 of ")
        await watcher.click("✕")
        await watcher.until(lambda: not bar.display)


@in_loop
async def test_columns_of_compared_runs_are_chosen(own_run: Path) -> None:
    """Protects plots of several runs: a click on a column lists all that the runs share."""
    other = run_campaign(own_run.parent, "b_run", budget=20)
    async with watching(own_run, "runs", (100, 30)) as watcher:
        watcher.app.open_over(watcher.screen, CompareScreen([own_run, other]))
        await watcher.until(lambda: isinstance(watcher.screen, CompareScreen))
        await watcher.until(lambda: watcher.screen.found is not None)
        await watcher.click("s Scatter")
        await watcher.sees("x c1", "y energy")
        for axis, name in (("x c1", "c2"), ("y energy", "c1")):
            await watcher.click(axis)
            await watcher.until(lambda: isinstance(watcher.screen, Chooser))
            await watcher.click(f" {name} ")
            await watcher.until(lambda: isinstance(watcher.screen, CompareScreen))
        await watcher.sees("x c2", "y c1")
        plot = watcher.screen.query_one("#plot", Plot)
        await watcher.until(lambda: "c2" in plot.text.splitlines()[-1])
        await watcher.click("c Configuration")
        await watcher.lacks("x c2")


@in_loop
async def test_columns_out_of_sight_are_scrolled_to_and_hidden(finished_run: Path) -> None:
    """Protects wide datasets: marks in the heading say that there is more, and a click on them goes
    there; a click on the box before a name hides its column.
    """
    async with watching(finished_run, "results") as watcher:
        await watcher.sees("60 rows", "TASK")
        table = watcher.screen.table
        head = table.region.y
        right, left = table.region.x + table.room - 1, table.region.x + table._layout_now().held - 1
        assert watcher.text.splitlines()[head][right] == "▸"
        assert watcher.text.splitlines()[head][left] == " "
        await watcher.pilot.click(offset=(right, head))
        await watcher.until(lambda: table.scroll_offset.x > 10)
        await watcher.until(lambda: watcher.text.splitlines()[head][left] == "◂")
        await watcher.pilot.click(offset=(left, head))
        await watcher.until(lambda: not table.scroll_offset.x)
        await watcher.click("columns")
        await watcher.until(lambda: isinstance(watcher.screen, ColumnChooser))
        await watcher.sees("[x] c2")
        [(y, line)] = [one for one in enumerate(watcher.text.splitlines()) if "[x] c2" in one[1]]
        await watcher.pilot.click(offset=(line.index("[x] c2") + 1, y))
        await watcher.sees("[ ] c2")
        assert watcher.screen.hidden == {"c2"}
        await watcher.pilot.click(offset=(line.index("[x] c2") + 4, y))
        await watcher.until(lambda: not isinstance(watcher.screen, ColumnChooser))
        await watcher.until(lambda: "c2" in table.shown_columns)


@in_loop
async def test_the_part_that_is_clicked_is_the_one_that_acts(own_run: Path) -> None:
    """Protects wide terminals, where values, files and the traceback of a task are side by side: a
    double click on a file shows that file, and one on the traceback opens the source.
    """
    failed = next(iter(actions.read_state(own_run).failed_tasks()))
    (own_run / "data" / failed.name / "iterations.txt").write_text("iteration 1\n")
    async with watching(own_run, "monitor", (140, 40)) as watcher:
        await watcher.settles()
        watcher.app.open_over(watcher.screen, TaskScreen(failed))
        await watcher.sees("[Text]", "Traceback", "iterations.txt")
        await watcher.click("iterations.txt", times=2)
        await watcher.sees("iteration 1")
        await watcher.click(" c1 ", times=2)
        await watcher.sees("c1 =")
        await watcher.click("what is on record", times=2)
        await watcher.sees("Traceback")
        await watcher.click("Traceback", times=2)
        await watcher.sees("[2 Config]", "code_under_test.py", "raise ValueError")


@in_loop
async def test_what_is_typed_at_once_keeps_its_order(finished_run: Path) -> None:
    """Protects what is typed quickly, or comes at once over a slow line: a letter does not overtake
    a backspace that was pressed before it.
    """
    async with watching(finished_run, "monitor") as watcher:
        await watcher.settles()
        await watcher.click("/ Filter")
        line = watcher.screen.tasks.filter
        await watcher.until(lambda: line.has_focus)
        for key in (*"abc", "backspace", "backspace", "left", *"xy", "end", "backspace", "z"):
            watcher.app.post_message(Key(key, key if len(key) == 1 else None))
        await watcher.until(lambda: line.value.endswith("z"))
        assert line.value == "xyz"
