"""Files beside the configuration in the editor: modules and templates are checked by their kind,
tracebacks lead to their source, and an edited text is compared with what is stored.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from enchanted_tui.campaign_status import Phase
from enchanted_tui.operations.edited_differences import difference
from enchanted_tui.ui.editor.text_tabs import TextTabs
from enchanted_tui.ui.screens.action_menu import ActionMenu
from enchanted_tui.ui.screens.config import ConfigScreen
from enchanted_tui.ui.screens.diff_screen import DiffScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.views.code_places import code_places
from helpers.ui.campaigns import run_campaign
from helpers.ui.editing import TEXT, opened
from helpers.ui.watching import in_loop, watching


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("model.py", "def f(x):\n    return x +\n", "error line 2  invalid syntax"),
        ("model.py", "def f(x):\n    return x\n", "this is a valid Python file"),
        ("model.py", "return 3\n", "error line 1  'return' outside function"),
        ("deck.inp", "a = {{ a }}\nb = {{ b\n", "error line 2"),
        ("deck.inp", "a = {{ a | nope }}\n", "there is no filter 'nope'"),
        ("deck.inp", "a = {{ a }}\n", "this is a valid template file"),
        ("deck.inp", "a = 1\n", "no configuration"),
    ],
)
@in_loop
async def test_files_are_checked_by_their_kind(
    name: str, text: str, said: str, tmp_path: Path
) -> None:
    """Protects the files that a configuration names: what Python or Jinja does not understand is
    listed with its line while it is typed; nothing is run.
    """
    path = tmp_path / name
    path.write_text(text)
    async with opened(path) as editor:
        await editor.until(lambda: said in editor.shown())


@in_loop
async def test_what_the_text_says_otherwise_than_its_file(tmp_path: Path) -> None:
    """Protects whoever has edited for a while: the lines that are new, and those that have gone."""
    path = tmp_path / "campaign.yaml"
    path.write_text(TEXT)
    async with opened(path) as editor:
        editor.screen.area.replace_all(TEXT.replace("budget: 10", "budget: 20"))
        await editor.press("escape", "D")
        await editor.until(lambda: isinstance(editor.app.screen, DiffScreen))
        await editor.until(lambda: "+1 -1 lines" in editor.shown())
        assert "-    budget: 10" in editor.shown() and "+    budget: 20" in editor.shown()
        await editor.press("escape")
        await editor.closed()


def test_the_run_that_is_open_comes_first(finished_run: Path, tmp_path: Path) -> None:
    """Protects the question *what did this campaign run with*: the copy in the run directory is
    compared if it came from this file, another file with itself.
    """
    original = finished_run.parent / "finished_run.yaml"
    text = original.read_text()
    found = difference(text.replace("budget: 60", "budget: 61"), original, finished_run)
    assert found.stored.startswith(str(finished_run)) and found.counts == (1, 1)
    other = tmp_path / "other.yaml"
    other.write_text(TEXT)
    assert difference(TEXT, other, finished_run).lines == ()
    assert difference("a: 1\n", None, None).counts == (1, 0)


def test_places_that_a_text_names(tmp_path: Path) -> None:
    """Protects the way to the source: frames of Python and compilers' places, the last one first,
    and only files that are here.
    """
    (tmp_path / "a.py").write_text("")
    (tmp_path / "solver.f90").write_text("")
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 3, in outer\n'
        '  File "/nowhere/b.py", line 4, in inner\nsolver.f90:12:5: Error\nat 10:30 gone.py:3\n'
    )
    found = code_places(text, tmp_path)
    assert [(place.path.name, place.line, place.what) for place in found] == [
        ("solver.f90", 12, ""),
        ("a.py", 3, "outer"),
    ]


@in_loop
async def test_enter_on_a_traceback_opens_its_source(tmp_path: Path) -> None:
    """Protects the shortest way from a failure to its cause: the file of the person's own code is
    in the editor, with the cursor in the line that raised.
    """
    run = run_campaign(tmp_path / "work", budget=20)
    source = tmp_path / "work" / "code_under_test.py"
    assert source.exists()
    async with watching(run, "failures", (120, 40)) as watcher:
        assert watcher.app.view is not None and watcher.app.view.phase is Phase.FINISHED
        await watcher.press("enter")
        await watcher.until(lambda: watcher.screen.focused is not None)
        for _ in range(3):
            if isinstance(watcher.screen, TaskScreen):
                break
            await watcher.press("enter")
            await watcher.pilot.pause(0.2)
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.sees("Traceback")
        await watcher.press("o", "enter")
        await watcher.until(lambda: isinstance(watcher.screen, Chooser | ConfigScreen))
        if isinstance(watcher.screen, Chooser):
            await watcher.sees("code_under_test.py")
            await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, ConfigScreen))
        screen = watcher.screen
        await watcher.until(lambda: not screen.area.is_waiting and "raise" in screen.area.text)
        line = screen.area.document.get_line(screen.area.cursor_location[0])
        assert "raise" in line


# -- several texts ---------------------------------------------------------------------------------

MODEL = "def solve(x, y):\n    return x + y\n"
NAMED = TEXT.replace(
    "{type: SyntheticDoubleGaussianRunner, dimensions: 2}",
    "{type: PythonRunner, function: 'model:solve'}",
)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A configuration with the module that it names."""
    (tmp_path / "model.py").write_text(MODEL)
    path = tmp_path / "campaign.yaml"
    path.write_text(NAMED)
    return path


@in_loop
async def test_configuration_and_function_side_by_side(pair: Path) -> None:
    """Protects two texts that are edited in turn: each keeps its text, cursor, undo and check, and
    is saved for itself.
    """
    async with opened(pair) as editor:
        await editor.press("escape", "F")
        await editor.until(lambda: editor.screen.file.buffer.name == "model.py")
        await editor.checked()
        assert "[model.py]" in editor.shown()
        editor.screen.area.replace_all(MODEL.replace("x + y", "x + y +"))
        await editor.until(lambda: "invalid syntax" in editor.shown())
        await editor.press("escape", "comma")
        await editor.checked()
        assert editor.text == NAMED and "[campaign.yaml]" in editor.shown()
        assert "model.py*" in editor.shown()
        editor.screen.area.replace_all(NAMED.replace("budget: 10", "budget: 11"))
        await editor.press("f2")
        await editor.until(lambda: "budget: 11" in pair.read_text())
        assert (pair.parent / "model.py").read_text() == MODEL
        await editor.press("escape", "full_stop")
        editor.screen.area.undo()
        await editor.until(lambda: editor.text == MODEL)
        await editor.until(lambda: "model.py*" not in editor.shown())


@in_loop
async def test_no_text_is_lost_with_another(pair: Path) -> None:
    """Protects what is not saved in a text that is not shown: the end of the app asks about each,
    closing asks, and what an app that ends leaves behind has both.
    """
    async with opened(pair) as editor:
        editor.screen.area.replace_all("# one\n" + NAMED)
        await editor.checked()
        await editor.press("escape", "F")
        await editor.until(lambda: editor.screen.file.buffer.name == "model.py")
        editor.screen.area.replace_all("# two\n" + MODEL)
        assert editor.app.editor is not None
        said = editor.app.editor.unsaved()
        assert said is not None and "campaign.yaml" in said and "model.py" in said
        await editor.press("escape", "x")
        await editor.dialog()
        await editor.press("escape")
        await editor.closed()
        assert len(editor.screen.texts.texts) == 2
        editor.app.editor.leave_text()
        kept = [text.file.unsaved_text.recovery._file for text in editor.screen.texts.texts]
        assert {"# one" in kept[0].read_text(), "# two" in kept[1].read_text()} == {True}
        await editor.press("x")
        await editor.dialog()
        await editor.press("d")
        await editor.until(lambda: len(editor.screen.texts.texts) == 1)
        assert editor.text == "# one\n" + NAMED


@in_loop
async def test_names_of_texts_are_clicked(pair: Path) -> None:
    """Protects the mouse: a click on a name shows its text, one on *close* closes it."""
    async with opened(pair, size=(120, 40)) as editor:
        await editor.press("escape", "F")
        await editor.until(lambda: "[model.py]" in editor.shown())
        line = editor.screen.query_one("#tabs", Buttons)
        await editor.pilot.click(line, offset=(line.spot("config_show_text(0)") + 3, 0))
        await editor.until(lambda: editor.text == NAMED)
        await editor.pilot.click(line, offset=(line.spot("config_show_text(1)") + 3, 0))
        await editor.until(lambda: editor.text == MODEL)
        await editor.pilot.click(line, offset=(line.spot("config_close_text") + 3, 0))
        await editor.until(lambda: editor.text == NAMED)
        assert not line.display


@in_loop
async def test_the_menu_of_a_name_is_about_its_text(pair: Path) -> None:
    """Protects the text that one means: a click with the right button on a name offers what can be
    done with that text, though another is shown; what is not saved is asked about.
    """
    async with opened(pair, size=(120, 40)) as editor:
        await editor.press("escape", "F")
        await editor.until(lambda: "[model.py]" in editor.shown())

        async def choose(number: int, words: str) -> None:
            line = editor.screen.query_one(TextTabs)
            spot = (line.spot(f"config_show_text({number})") + 3, 0)
            await editor.pilot.click(line, offset=spot, button=RIGHT)
            await editor.until(lambda: isinstance(editor.app.screen, ActionMenu))
            await editor.until(lambda: words in editor.shown())
            y, row = next(
                (y, row) for y, row in enumerate(editor.shown().splitlines()) if words in row
            )
            await editor.pilot.click(offset=(row.index(words) + 1, y))
            await editor.until(lambda: not isinstance(editor.app.screen, ActionMenu))

        await choose(0, "Show ")
        await editor.until(lambda: editor.text == NAMED)
        editor.screen.area.insert("# mine", (0, 0))
        await choose(1, "Close the others")
        await editor.dialog()
        await editor.press("escape")
        await editor.closed()
        assert len(editor.screen.texts.texts) == 2
        await choose(1, "Close")
        await editor.until(lambda: len(editor.screen.texts.texts) == 1)
        assert editor.text == "# mine" + NAMED


@in_loop
async def test_a_file_that_is_open_is_not_opened_twice(pair: Path) -> None:
    """Protects against two texts of one file, of which each would overwrite the other."""
    async with opened(pair) as editor:
        for _ in range(2):
            await editor.press("escape", "F")
            await editor.until(lambda: editor.screen.file.buffer.name == "model.py")
            await editor.press("escape", "comma")
            await editor.until(lambda: editor.text == NAMED)
            await editor.checked()
        assert len(editor.screen.texts.texts) == 2
        editor.screen.open_file(pair.parent / "model.py")
        await editor.until(lambda: editor.text == MODEL)
        assert len(editor.screen.texts.texts) == 2
