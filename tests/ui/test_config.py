"""The Config screen, by keys and mouse, in the real app."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.editing import edit_config
from enchanted_tui.ui.editor import config_file, elsewhere
from enchanted_tui.ui.editor.dialogs import PathDialog, Picker
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.editor.menu import CompletionMenu
from enchanted_tui.ui.editor.panes import OutlineList, PaneTabs, ProblemList
from enchanted_tui.ui.screens.config import ConfigScreen
from enchanted_tui.ui.screens.form_screen import FormScreen
from enchanted_tui.ui.widgets.dialog import Dialog
from helpers.marks import in_full
from helpers.ui.editing import TEXT, Editor, opened
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import in_loop


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A valid configuration in the working directory."""
    directory = tmp_path / "work"
    directory.mkdir()
    monkeypatch.chdir(directory)
    path = directory / "config.yaml"
    path.write_text(TEXT)
    return path


# -- problems, outline, help -----------------------------------------------------------------------


@in_loop
async def test_a_mistake_is_shown_where_it_is_and_its_repair_too(path: Path) -> None:
    """Protects the heart of the screen: what the engine says of the text, while it is typed, with
    its place.
    """
    async with opened(path) as editor:
        assert "valid" in editor.shown()
        editor.screen.area.go_to(8, 11)
        await editor.press("end", "x")
        await editor.checked()
        assert (
            "1 error" in editor.shown() and "line 9" in editor.shown() and "10x" in editor.shown()
        )
        await editor.press("backspace")
        await editor.checked()
        assert "valid" in editor.shown() and "modified" not in editor.shown()


@pytest.mark.parametrize("how", ["f8", "enter", *in_full("letter", "mouse")])
@in_loop
async def test_going_to_a_problem(path: Path, how: str) -> None:
    """Protects the way from a sentence to its place: by keys in the text and beside it, by Enter
    and by mouse.
    """
    path.write_text(
        TEXT.replace("type: RandomSampler", "type: RandomSamplr").replace("seed: 1", "seed: -1")
    )
    async with opened(path) as editor:
        if how == "f8":
            await editor.press("f8")
        elif how == "letter":
            await editor.press("escape", "right_square_bracket")
        elif how == "enter":
            await editor.press("escape", "j", "k", "enter")
        else:
            await editor.pilot.click(ProblemList, offset=(10, 0))
        await editor.until(lambda: editor.screen.area.cursor_location == (5, 10))
        assert editor.screen.area.has_focus
        await editor.press("f8")
        assert editor.screen.area.cursor_location[0] == 13
        await editor.press("f8")
        assert editor.screen.area.cursor_location == (5, 10), "round the end"
        await editor.press("shift+f8")
        assert editor.screen.area.cursor_location[0] == 13, "and back"


@in_loop
async def test_going_back_into_the_text(path: Path) -> None:
    """Protects the way back from beside the text: what is typed after i is text again, the i is
    not.
    """
    async with opened(path) as editor:
        await editor.press("escape")
        await editor.until(lambda: not editor.screen.area.has_focus)
        await editor.press("i", "x")
        await editor.until(lambda: editor.text == "x" + TEXT)


@in_loop
async def test_an_empty_editor_invites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects newcomers, whom an error would greet: what can be done where there is no text yet is
    listed, and taken from the list; what is typed is judged.
    """
    monkeypatch.chdir(tmp_path)
    async with opened(None) as editor:
        await editor.until(lambda: "No configuration yet." in editor.shown())
        assert "error" not in editor.shown() and "n   begin one" in editor.shown()
        await editor.press("x")
        await editor.until(lambda: "1 error" in editor.shown())
        await editor.press("backspace")
        await editor.until(lambda: "No configuration yet." in editor.shown())
        await editor.pilot.click(ProblemList, offset=(10, 1))
        await editor.dialog(Picker)


@in_loop
async def test_files_of_a_template_are_awaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects newcomers from an error that is none of theirs: a template's own module comes with
    the first save, and what would run is shown from then on.
    """
    monkeypatch.chdir(tmp_path)
    async with opened(None) as editor:
        await editor.press("escape", "n")
        picker = await editor.dialog(Picker)
        picker.query_one(Input).value = "PythonRunner"
        await editor.pilot.pause()
        await editor.press("enter")
        await editor.until(lambda: "my_model:solve" in editor.text)
        await editor.checked()
        await editor.until(lambda: "my_model.py is not there yet" in editor.shown())
        assert editor.screen._checked is not None and not editor.screen._checked.errors
        await editor.press("f11")
        await editor.until(
            lambda: isinstance(editor.app.screen, FormScreen) and "complete" in editor.shown()
        )
        await editor.press("f2")
        (await editor.dialog(FileDialog)).typed.value = "mine.yaml"
        await editor.press("enter")
        await editor.until(lambda: (tmp_path / "my_model.py").exists())
        await editor.press("f5")
        await editor.until(lambda: "my_model:solve(x=0." in editor.shown())


@pytest.mark.parametrize("how", ["key", *in_full("letter", "mouse")])
@in_loop
async def test_outline(path: Path, how: str) -> None:
    """Protects finding one's way in a long file."""
    async with opened(path) as editor:
        if how == "key":
            await editor.press("f4")
        elif how == "letter":
            await editor.press("escape", "t")
        else:
            tabs = editor.shown().splitlines()[
                next(i for i, line in enumerate(editor.shown().splitlines()) if "Outline" in line)
            ]
            await editor.pilot.click(PaneTabs, offset=(tabs.index("Outline") + 2, 0))
        outline = editor.screen.query_one(OutlineList)
        await editor.until(lambda: outline.has_focus and outline.display)
        await editor.press("g", "j", "j", "j", "enter")
        await editor.until(lambda: editor.screen.area.cursor_location == (4, 2))


@in_loop
async def test_help_follows_the_cursor(path: Path) -> None:
    """Protects context help: type, default and meaning of the option under the cursor, from its
    declaration.
    """
    async with opened(path) as editor:
        editor.screen.area.go_to(8, 6)
        await editor.press("f12")
        await editor.until(lambda: "samplers.plane.budget" in editor.shown())
        assert "How many samples to draw in all." in editor.shown()
        await editor.press("escape", "d")
        editor.screen.area.go_to(5, 12)
        await editor.until(lambda: "Draw every parameter" in editor.shown())


@pytest.mark.parametrize("how", ["key", *in_full("letter", "mouse")])
@in_loop
async def test_preview(path: Path, how: str) -> None:
    """Protects against surprises: what would run is known before it runs; with errors, that is
    said.
    """
    async with opened(path) as editor:
        if how == "key":
            await editor.press("f5")
        elif how == "letter":
            await editor.press("escape", "v")
        else:
            await editor.pilot.click(PaneTabs, offset=(30, 0))
        await editor.until(lambda: "fresh in" in editor.shown())
        assert "10 samples in 1 batch" in editor.shown()
        await editor.press("f5")
        editor.screen.area.focus()
        await editor.press("x")
        await editor.until(lambda: "has errors" in editor.shown())
        assert not (path.parent / "out").exists()


def _often(title: str, done: Callable[[Editor], bool]) -> Any:
    return pytest.param(title, done, marks=pytest.mark.full)


@pytest.mark.parametrize(
    ("title", "done"),
    [
        _often("Outline", lambda editor: editor.screen.query_one(OutlineList).display),
        ("Next problem", lambda editor: editor.screen.area.cursor_location == (13, 2)),
        _often("Describe", lambda editor: editor.screen.query_one("#help").display),
        _often("Complete", lambda editor: editor.screen.query_one(CompletionMenu).is_open),
        _often("Save as", lambda editor: isinstance(editor.app.screen, PathDialog)),
        _often("New", lambda editor: isinstance(editor.app.screen, Picker)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@in_loop
async def test_the_palette_reaches_what_keys_do(
    path: Path, title: str, done: Callable[[Editor], bool]
) -> None:
    """Protects discovery: the actions of this screen are found by name from inside the text and act
    on it.
    """
    path.write_text(TEXT.replace("seed: 1", "sed: 1"))
    async with opened(path) as editor:
        editor.screen.area.go_to(5, 10)
        await editor.press("ctrl+p")
        await editor.until(lambda: editor.app.screen.query(Input))
        await editor.press(*("space" if letter == " " else letter for letter in title))
        await editor.until(lambda: title in editor.shown())
        await editor.pilot.pause(0.3)
        await editor.press("enter")
        await editor.until(lambda: done(editor))


# -- completion ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["f3", *in_full("ctrl+space", "letter")])
@in_loop
async def test_completing_a_type(path: Path, how: str) -> None:
    """Protects writing without the manual: the list opens at the cursor, narrows while typing, and
    Enter writes the name.
    """
    path.write_text(TEXT.replace("type: RandomSampler", "type: S"))
    async with opened(path) as editor:
        editor.screen.area.go_to(5, 11)
        if how == "letter":
            await editor.press("escape")
            await editor.app.run_action("screen.config_complete")
        else:
            await editor.press("ctrl+@" if how == "ctrl+space" else "f3")
        menu = editor.screen.query_one(CompletionMenu)
        await editor.until(lambda: menu.is_open)
        assert "SobolSequenceSampler" in editor.shown()
        await editor.press("o", "b")
        await editor.until(lambda: menu.option_count == 3)
        await editor.press("down", "up", "enter")
        await editor.until(lambda: "type: SobolSequenceSampler\n" in editor.text)
        assert not menu.is_open
        await editor.checked()
        assert "1 warning" in editor.shown(), "a Sobol sequence of ten points"


@pytest.mark.full
@in_loop
async def test_taking_a_candidate_by_mouse_and_leaving_the_list(path: Path) -> None:
    """Protects both ways out of the list: a click takes, Escape leaves the text as it is and stays
    in it.
    """
    async with opened(path) as editor:
        editor.screen.area.go_to(13, 0)
        await editor.press("end", "enter", "f3")
        menu = editor.screen.query_one(CompletionMenu)
        await editor.until(lambda: menu.is_open)
        await editor.press("escape")
        assert not menu.is_open and editor.screen.area.has_focus
        await editor.press("m", "a", "x", "f3")
        await editor.until(lambda: menu.is_open)
        await editor.pilot.click(CompletionMenu, offset=(3, 1))
        await editor.until(lambda: "\n  max_failures: \n" in editor.text)


@in_loop
async def test_references_are_completed(path: Path) -> None:
    """Protects `run_order` against names that do not exist."""
    async with opened(path) as editor:
        editor.screen.area.go_to(15, 32)
        await editor.press("ctrl+w", "f3")
        await editor.until(lambda: editor.screen.query_one(CompletionMenu).is_open)
        assert "plane" in editor.shown() and "RandomSampler" in editor.shown()


# -- typing ----------------------------------------------------------------------------------------


@in_loop
async def test_indentation_follows(path: Path) -> None:
    """Protects against YAML's commonest mistake: a new line begins where it belongs, and a block
    moves as one.
    """
    path.write_text("")
    async with opened(path) as editor:
        await editor.press(*"samplers:", "enter", *"s:", "enter", *"type: x", "enter", *"b: 1")
        assert editor.text == "samplers:\n  s:\n    type: x\n    b: 1"
        await editor.press("shift+up", "shift+tab")
        assert editor.text == "samplers:\n  s:\n  type: x\n  b: 1"
        await editor.press("tab")
        assert editor.text == "samplers:\n  s:\n    type: x\n    b: 1"


@in_loop
async def test_what_is_not_edited_is_not_touched(path: Path) -> None:
    """Protects comments, order and odd line ends: one key changes one byte of the file."""
    odd = TEXT.replace("\n", "\r\n", 3).encode() + b"# no line break at the end"
    path.write_bytes(odd)
    async with opened(path) as editor:
        editor.screen.area.go_to(8, 99)
        await editor.press("end", "0", "f2")
        await editor.until(lambda: path.read_bytes() != odd)
    assert path.read_bytes() == odd.replace(b"budget: 10", b"budget: 100")


@in_loop
async def test_escape_sequences_in_a_file_reach_no_terminal(path: Path) -> None:
    """Protects the terminal: control characters in a file are shown as dots."""
    path.write_text(TEXT + "# \x1b[2J\x07 end\n")
    async with opened(path, size=(80, 40)) as editor:
        assert "\x1b" not in editor.shown() and "[2J" in editor.shown()


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["f2", *in_full("ctrl+s", "s")])
@in_loop
async def test_saving(path: Path, key: str) -> None:
    """Protects the file: it is written, and the screen says that nothing is left to save."""
    async with opened(path) as editor:
        await editor.press("x")
        assert editor.screen.file.unsaved() is not None
        await editor.press(*(["escape"] if key == "s" else []), key)
        await editor.until(lambda: path.read_text() == "x" + TEXT)
        await editor.until(lambda: editor.screen.file.unsaved() is None)
        await editor.until(lambda: "modified" not in editor.shown())


@in_loop
async def test_saving_asks_before_it_overwrites_somebody_else(path: Path) -> None:
    """Protects a colleague's work: a file changed underneath is not overwritten by Enter, only by
    saying so.
    """
    async with opened(path) as editor:
        await editor.press("x")
        path.write_text("theirs: 1\n")
        await editor.press("f2")
        await editor.dialog()
        await editor.press("enter")
        await editor.closed()
        assert path.read_text() == "theirs: 1\n"
        await editor.press("f2")
        await editor.dialog()
        await editor.press("o")
        await editor.until(lambda: path.read_text() == "x" + TEXT)


@in_loop
async def test_a_file_changed_underneath_is_read_again_or_announced(path: Path) -> None:
    """Protects against stale text: unedited, it follows the file; edited, it says that the file
    differs.
    """
    async with opened(path) as editor:
        path.write_text("# new\n" + TEXT)
        await editor.until(lambda: editor.text.startswith("# new"))
        await editor.press("x")
        path.write_text(TEXT)
        await editor.until(lambda: "changed on disk" in editor.shown())
        assert editor.text.startswith("x# new")


@in_loop
async def test_what_is_typed_while_a_file_is_read_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects letters from a slow file system: a file changed underneath, or another one, is read
    while somebody types, and does not take the place of the text that is there then.
    """
    read, may_read, reading = config_file.read, threading.Event(), threading.Event()

    def slowly(wanted: Path) -> config_file.FileContent:
        found = read(wanted)
        reading.set()
        may_read.wait(60)
        return found

    other = path.with_name("other.yaml")
    other.write_text("# other\n" + TEXT)
    async with opened(path) as editor:
        monkeypatch.setattr(config_file, "read", slowly)
        path.write_text("# new\n" + TEXT)
        await editor.until(reading.is_set)
        await editor.press("x")
        may_read.set()
        await editor.until(lambda: "changed on disk" in editor.shown())
        assert editor.text == "x" + TEXT
        await editor.press("f2")
        await editor.dialog()
        await editor.press("o")
        await editor.until(lambda: editor.screen.file.unsaved() is None)
        may_read.clear()
        reading.clear()
        editor.app.perform(editor.screen.file.open_path(other))
        await editor.until(reading.is_set)
        await editor.press("y")
        may_read.set()
        await editor.dialog()
        assert editor.text == "xy" + TEXT
        await editor.press("escape")
        await editor.closed()
        assert editor.text == "xy" + TEXT


@in_loop
async def test_save_as_completes_and_asks(path: Path) -> None:
    """Protects other files: the name is completed with Tab, and an existing file is not replaced
    unasked.
    """
    (path.parent / "other.yaml").write_text("keep: 1\n")
    async with opened(path) as editor:
        await editor.press("escape", "w")
        dialog = await editor.dialog(PathDialog)
        dialog.query_one(Input).value = "oth"
        # at once: the list on the screen is still that of the name before
        await editor.press("tab", "enter")
        await editor.dialog(Dialog)
        await editor.press("escape")
        await editor.closed()
        assert (path.parent / "other.yaml").read_text() == "keep: 1\n"
        await editor.press("w")
        dialog = await editor.dialog(PathDialog)
        dialog.query_one(Input).value = "new/third.yaml"
        await editor.press("enter")
        await editor.until(lambda: (path.parent / "new" / "third.yaml").exists())
        await editor.until(
            lambda: editor.screen.file.buffer.path == path.parent / "new" / "third.yaml"
        )


@pytest.mark.parametrize("how", ["key", *in_full("mouse")])
@in_loop
async def test_open(path: Path, how: str) -> None:
    """Protects choosing a file: directories are entered, other kinds of file are not offered."""
    (path.parent / "more").mkdir()
    (path.parent / "more" / "b.yaml").write_text("# b\n")
    (path.parent / "data.csv").touch()
    async with opened(path) as editor:
        await editor.press("ctrl+o")
        dialog = await editor.dialog(PathDialog)
        await editor.until(lambda: dialog.listed.option_count == 3)  # the way up comes first
        if how == "mouse":
            await editor.pilot.click("#list", offset=(2, 2))
            await editor.until(lambda: dialog.typed.value == "more/")
            await editor.until(lambda: dialog.listed.option_count == 2)
            await editor.pilot.click("#list", offset=(2, 1))
        else:
            await editor.press("down", "down", "down", "enter")
            await editor.until(lambda: dialog.typed.value == "more/")
            await editor.until(lambda: dialog.listed.option_count == 2)
            await editor.press("down", "down", "enter")
        await editor.until(lambda: editor.text == "# b\n")


@in_loop
async def test_unsaved_changes_are_asked_about_before_another_file_opens(path: Path) -> None:
    """Protects the text: Escape and Enter keep it; only saving or saying so lets it go."""
    (path.parent / "b.yaml").write_text("# b\n")
    async with opened(path) as editor:
        await editor.press("x")
        editor.screen.open_file(Path("b.yaml"))
        await editor.dialog()
        await editor.press("escape")
        await editor.closed()
        assert editor.text == "x" + TEXT
        editor.screen.open_file(Path("b.yaml"))
        await editor.dialog()
        await editor.press("s")
        await editor.until(lambda: editor.text == "# b\n")
        assert path.read_text() == "x" + TEXT
        await editor.press("y")
        edit_config(editor.app, path)
        await editor.dialog()
        await editor.press("d")
        await editor.until(lambda: editor.text == "x" + TEXT)
        assert (path.parent / "b.yaml").read_text() == "# b\n"


@pytest.mark.parametrize("answer", ["save", *in_full("enter on stay", "discard")])
@in_loop
async def test_leaving_the_app_asks_about_unsaved_changes(
    path: Path, own_home: Path, answer: str
) -> None:
    """Protects the text against `q`, from any screen: staying keeps it, saving saves it, and what
    is discarded is not offered again.
    """
    async with opened(path) as editor:
        await editor.press("x", "escape", "1")
        await editor.until(lambda: editor.app.current_mode == "runs")
        await editor.press("q")
        await editor.dialog()
        assert editor.app.is_running
        if answer == "enter on stay":
            await editor.press("escape")
            await editor.until(lambda: not editor.app.screen.is_modal)
            assert (
                editor.app.is_running
                and editor.app.editor is not None
                and editor.app.editor.unsaved() is not None
            )
            return
        await editor.press("s" if answer == "save" else "d")
        await editor.until(lambda: editor.app.return_value == "quit")
    assert path.read_text() == ("x" + TEXT if answer == "save" else TEXT)
    assert not list((own_home / ".local" / "state" / "enchanted-tui" / "recovery").glob("*.json"))


@pytest.mark.full
@in_loop
async def test_reload_asks(path: Path) -> None:
    """Protects changes against a key pressed by mistake."""
    async with opened(path) as editor:
        await editor.press("x", "escape", "u")
        await editor.dialog()
        await editor.press("d")
        await editor.until(lambda: editor.text == TEXT)


@in_loop
async def test_new_from_a_template_is_valid_and_saved_with_its_files(path: Path) -> None:
    """Protects the first minute: choose, save, and there is a configuration that could run."""
    async with opened(None) as editor:
        await editor.press("escape", "n")
        dialog = await editor.dialog(Picker)
        dialog.query_one(Input).value = "csv"
        await editor.until(
            lambda: (
                "Take points from the rows of a CSV, Parquet or NumPy file, in their"
                in editor.shown()
            )
        )
        await editor.press("enter")
        await editor.until(lambda: "CSVSampler" in editor.text)
        await editor.press("f2")
        dialog = await editor.dialog(PathDialog)
        dialog.query_one(Input).value = "mine.yaml"
        await editor.press("enter")
        await editor.until(lambda: (path.parent / "mine.yaml").exists())
        await editor.checked()
        await editor.until(lambda: "valid" in editor.shown())
        assert (path.parent / "points.csv").exists()


@in_loop
async def test_adding_a_component(path: Path) -> None:
    """Protects a grown file: the new entry goes to the end of its section, and the rest stays as it
    was.
    """
    async with opened(path) as editor:
        await editor.press("escape", "a")
        dialog = await editor.dialog(Picker)
        dialog.query_one(Input).value = "grid"
        await editor.pilot.pause()
        await editor.press("enter")
        await editor.until(lambda: "GridSampler" in editor.text)
        before, after = TEXT.split("runners:")
        assert editor.text.startswith(before + "  grid_sampler:\n    type: GridSampler\n")
        assert editor.text.endswith("runners:" + after)
        await editor.checked()
        assert "valid" in editor.shown()


@in_loop
async def test_external_editor(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the person's own editor: it gets the text with its unsaved changes, and what it
    leaves is one edit that undo takes back.
    """
    seen: list[str] = []

    def edit(app: EnchantedApp, command: list[str]) -> bool:
        file = Path(command[-1])
        seen.append(file.read_text())
        file.write_text("# from elsewhere\n")
        return True

    monkeypatch.setattr(elsewhere, "_run", edit)
    async with opened(path) as editor:
        await editor.press("x", "escape", "e")
        await editor.until(lambda: editor.text == "# from elsewhere\n")
        assert seen == ["x" + TEXT]
        assert path.read_text() == TEXT
        editor.screen.area.undo()
        assert editor.text == "x" + TEXT


@pytest.mark.parametrize("key", ["f9", *in_full("L")])
@in_loop
async def test_launch_asks_and_saves_nothing(path: Path, key: str) -> None:
    """Protects the file of whoever only looks what a start would do: the text is saved by the
    start, not by the question.
    """
    async with opened(path) as editor:
        await editor.press("enter")
        await editor.press(*(["escape"] if key == "L" else []), key)
        await editor.until(lambda: type(editor.app.screen).__name__ == "LaunchScreen")
        await editor.press("escape")
        await editor.until(lambda: type(editor.app.screen).__name__ == "ConfigScreen")
        assert (editor.text, path.read_text()) == ("\n" + TEXT, TEXT)


@in_loop
async def test_read_only_changes_nothing(path: Path) -> None:
    """Protects `--read-only`: the text can be read and explained, nothing can be typed or saved."""
    async with opened(path, read_only=True) as editor:
        await editor.press("x", "enter", "tab", "f2", "f3")
        assert editor.text == TEXT and path.read_text() == TEXT
        assert "read-only" in editor.shown()


# -- recovery --------------------------------------------------------------------------------------


@in_loop
async def test_unsaved_text_of_an_app_that_is_gone_is_offered(path: Path, own_home: Path) -> None:
    """Protects typed text against a killed app: the next one offers it, and restoring it overwrites
    no file.
    """
    directory = own_home / ".local" / "state" / "enchanted-tui" / "recovery"
    async with opened(path) as editor:
        await editor.press("x")
        await editor.until(lambda: list(directory.glob("*.json")))
        (kept,) = directory.glob("*.json")
        content = kept.read_text()
    orphan = directory / "gone.json"
    orphan.write_text(content.replace(f'"pid": {os.getpid()}', '"pid": 99999999'))
    kept.unlink(missing_ok=True)
    app = EnchantedApp(path)
    async with app.run_test(size=(80, 24)) as pilot:
        editor = Editor(app, pilot)
        dialog = await editor.dialog()
        # broken into lines where the path happens to end
        assert "config.yaml were not saved" in str(dialog.query_one("#body").content)
        await editor.press("r")
        await editor.until(lambda: editor.text == "x" + TEXT)
        assert path.read_text() == TEXT and editor.screen.file.unsaved() is not None
        await editor.until(lambda: not orphan.exists())
        await editor.press("f2")
        await editor.until(lambda: path.read_text() == "x" + TEXT)
        await editor.until(lambda: not list(directory.glob("*.json")))


# -- size ------------------------------------------------------------------------------------------


@pytest.mark.full
@in_loop
async def test_five_thousand_lines_stay_responsive(path: Path) -> None:
    """Protects large configurations: a key takes a small fraction of a second, whatever is being
    checked meanwhile.
    """
    entries = "".join(
        f"  s{n}: {{type: RandomSampler, parameters: [x], bounds: [[0, 1]],\n    budget:"
        f" {n + 1}}}\n"
        for n in range(2500)
    )
    path.write_text(TEXT.replace("samplers:\n", "samplers:\n" + entries))
    async with opened(path) as editor:
        area = editor.screen.area
        area.go_to(2500, 0)
        await editor.pilot.pause()
        times = []
        for letter in "abcdefghij":
            started = time.thread_time()  # others on the machine do not count
            area.insert(letter)
            times.append(time.thread_time() - started)
        assert sorted(times)[len(times) // 2] < 0.1
        await editor.checked()
        assert "error" in editor.shown()


# -- pictures --------------------------------------------------------------------------------------


@SIZES
@pytest.mark.parametrize("pane", ["problems", "help", "outline", "preview"])
@in_loop
async def test_snapshots(path: Path, size: tuple[int, int], pane: str) -> None:
    """Protects the look at both sizes."""
    path.write_text(TEXT.replace("base_run_dir: out", "base_run_dir: /nowhere/out"))
    if pane == "problems":
        path.write_text(
            path.read_text()
            .replace("type: RandomSampler", "type: RandomSamplr")
            .replace("seed: 1", "sed: 1")
        )
    async with opened(path, size=size) as editor:
        editor.screen.area.go_to(8, 6)
        await editor.press(
            {"problems": "f8", "help": "f12", "outline": "f4", "preview": "f5"}[pane]
        )
        if pane == "help":
            await editor.until(lambda: "samplers.plane.budget" in editor.shown())
        if pane == "preview":
            await editor.until(lambda: "fresh in" in editor.shown())
        await editor.until(lambda: not editor.app._notifications)
        await editor.pilot.pause(0.4)
        assert_screen(editor.app, f"config-{pane}-{size[0]}x{size[1]}")


@in_loop
async def test_without_colour_and_in_ascii(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects plain terminals: every sign has an ASCII form and no state is told by colour
    alone.
    """
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "linux")
    path.write_text(TEXT.replace("type: RandomSampler", "type: RandomSamplr"))
    async with opened(path) as editor:
        await editor.press("f4", "escape", "c")
        text = editor.shown()
        assert "x error line 6" in text
        body = "".join(line for line in text.splitlines()[1:-1])
        assert not [letter for letter in body if ord(letter) > 127 and letter not in "▁▂▃▄▅▆▇█▎▌"]


def test_every_action_of_this_screen_is_bound_and_has_its_method() -> None:
    """Protects the registry: no action without a key on this screen, none without what it does."""
    bound = {binding.id for binding in ConfigScreen.BINDINGS if not isinstance(binding, tuple)}
    ours = {name for name in registry() if name.startswith("config.")}
    assert ours == bound
    for name in ours:
        assert hasattr(ConfigScreen, f"action_{registry()[name].method}"), name
