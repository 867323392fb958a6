"""Everything is found by the mouse alone: the bar of menus, the menu under the pointer, and dialogs
that a click closes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, TextArea

from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.app import MODE_NAMES, EnchantedApp
from enchanted_tui.ui.editor.dialogs import Picker
from enchanted_tui.ui.palette import area
from enchanted_tui.ui.screens.action_menu import ActionMenu, MenuBar
from enchanted_tui.ui.screens.launch import LaunchScreen
from enchanted_tui.ui.screens.settings_dialog import SettingsDialog
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.dialog import Dialog
from helpers.marks import in_full, rounds
from helpers.ui.editing import TEXT, opened
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching


async def _opens(watcher: Watcher, kind: type) -> None:
    await watcher.until(lambda: isinstance(watcher.screen, kind))
    await watcher.pilot.pause()


async def _reads(watcher: Watcher, area: TextArea, text: str) -> None:
    await watcher.until(lambda: area.text == text)


@pytest.mark.parametrize("size", [(80, 24), *in_full(((60, 15),), ((200, 50),))])
@in_loop
async def test_the_bar_has_every_action_once(finished_run: Path, size: tuple[int, int]) -> None:
    """Protects whoever looks for an action and knows neither its key nor its name: F10, then right
    and right again, shows all of the registry, and on small terminals too.
    """
    async with watching(finished_run, "monitor", size) as watcher:
        await watcher.press("f10")
        await _opens(watcher, MenuBar)
        assert watcher.screen._menu.title == "Monitor"
        seen: list[str] = []
        for _ in watcher.screen._menus:
            seen += [str(option.id) for option in watcher.screen.listed.options]
            title = watcher.screen._menu.title
            assert f" {title} " in watcher.text.splitlines()[0] + " "
            await watcher.press("right")
        assert sorted(seen) == sorted(registry())
        assert watcher.screen._menu.title == "Monitor"
        await watcher.press("f10")
        await watcher.until(lambda: not watcher.screen.is_modal)


@in_loop
async def test_what_lies_below_a_dialog_is_painted_whoever_looks(tmp_path: Path) -> None:
    """Protects the screen below: lines that are read while a dialog is about to be painted anew,
    as when a screen is copied, stayed blank around it until something changed there.
    """
    app = EnchantedApp()
    async with app.run_test(size=(80, 24)) as pilot:
        watcher = Watcher(app, pilot)
        await watcher.sees("No runs yet")
        await watcher.press("equals_sign")
        await _opens(watcher, SettingsDialog)
        for _ in range(2):
            watcher.screen.refresh()
            assert "No runs yet" in watcher.text
            await watcher.pilot.pause()


@in_loop
async def test_a_notice_leaves_its_dialog_in_sight(tmp_path: Path) -> None:
    """Protects the choice that somebody is about to make on a small terminal: what is said
    meanwhile takes the line above the dialog.
    """
    app = EnchantedApp()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        await watcher.sees("No runs yet")
        await watcher.press("equals_sign")
        await _opens(watcher, SettingsDialog)
        before = watcher.text.splitlines()
        said = "Saved a file with a name that is as long as names are, more or less"
        app.notify(said, timeout=60)
        await watcher.sees(said)
        assert said in watcher.text.splitlines()[0]
        assert watcher.text.splitlines()[1:] == before[1:]


@SIZES
@in_loop
async def test_how_menu_and_settings_look(tmp_path: Path, size: tuple[int, int]) -> None:
    """Protects what is seen of them: the bar costs no line, and all settings fit."""
    app = EnchantedApp()
    async with app.run_test(size=size) as pilot:
        watcher = Watcher(app, pilot)
        await watcher.sees("No runs yet")
        below = watcher.text.splitlines()[1:]
        await watcher.press("f10")
        await _opens(watcher, MenuBar)
        assert all(
            before[60:] in line
            for before, line in zip(below[:-1], watcher.text.splitlines()[1:-1], strict=True)
        )
        await watcher.press("escape")
        await watcher.until(lambda: not watcher.screen.is_modal)
        await watcher.press("equals_sign")
        await _opens(watcher, SettingsDialog)
        path = {r"\S+/enchanted-tui/config\.yaml": "/home/me/config.yaml"}
        assert_screen(app, f"settings_{size[0]}x{size[1]}", hide=path)


@in_loop
async def test_the_bar_by_mouse_alone(finished_run: Path) -> None:
    """A click on the line above opens the bar, on a title its menu, on an action takes it - on its
    own screen -, beside it or on the title of the open menu closes it.
    """
    async with watching(finished_run, "monitor") as watcher:
        await watcher.click("finished_run")
        await _opens(watcher, MenuBar)
        await watcher.click("Results")
        await watcher.until(lambda: watcher.screen._menu.title == "Results")
        await watcher.click("Histogram")
        await watcher.until(lambda: watcher.app.current_mode == "results")
        await watcher.until(lambda: watcher.screen._shown == "histogram")
        for x, y in ((70, 20), (78, 0), (None, 0)):  # None: on the title of the menu that is open
            await watcher.click("finished_run")
            await _opens(watcher, MenuBar)
            title = watcher.text.index(f" {watcher.screen._menu.title} ") + 2
            await watcher.pilot.click(offset=(title if x is None else x, y))
            await watcher.until(lambda: not watcher.screen.is_modal)


@pytest.mark.parametrize("mode", [MODE_NAMES[2], *in_full(*MODE_NAMES[3:])])
@in_loop
async def test_the_menu_under_the_pointer(finished_run: Path, mode: str) -> None:
    """A click with the right button says what can be done there, and takes one of it; the key of
    the same name opens it beside what has the focus.
    """
    async with watching(finished_run, mode) as watcher:
        await watcher.settles()
        await watcher.press("M")
        await _opens(watcher, ActionMenu)
        areas = {area(registry()[str(option.id)]) for option in watcher.screen.listed.options}
        assert areas == {mode, "campaign"} or areas == {mode, "campaign", "log"}
        await watcher.press("escape")
        await watcher.until(lambda: not watcher.screen.is_modal)
        await watcher.pilot.click(offset=(10, 12), button=RIGHT)
        await _opens(watcher, ActionMenu)
        assert not isinstance(watcher.screen, MenuBar)


@in_loop
async def test_a_row_is_opened_from_its_menu(finished_run: Path) -> None:
    """The menu is of the row that was clicked, not of the one that had the cursor."""
    async with watching(finished_run, "monitor") as watcher:
        table = watcher.screen.tasks.table
        await watcher.until(lambda: table.row_count > 5)
        region = table.region
        await watcher.pilot.click(offset=(region.x + 5, region.y + 4), button=RIGHT)
        await _opens(watcher, ActionMenu)
        assert table.cursor_row == 3
        await watcher.click("Open")
        await _opens(watcher, TaskScreen)
        assert watcher.screen.shown_task == table.rows[3]


@in_loop
async def test_the_menu_of_a_text(tmp_path: Path) -> None:
    """Protects what is selected from the click that opens the menu, which cuts, pastes and undoes."""
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    async with opened(path) as editor:
        area = editor.screen.area
        watcher = Watcher(editor.app, editor.pilot)
        await editor.press("ctrl+home", "shift+down")
        for line, after in (("Cut", TEXT.partition("\n")[2]), ("Undo", TEXT)):
            await watcher.pilot.click(offset=(area.region.x + 20, area.region.y + 5), button=RIGHT)
            await _opens(watcher, ActionMenu)
            await watcher.click(line)
            await _reads(watcher, area, after)


@in_loop
async def test_what_is_refused_says_so_in_the_menu_and_for_its_key(own_run: Path) -> None:
    """Protects `--read-only`: the menu cannot take what is refused, and a key is answered by a
    sentence rather than by nothing.
    """
    before = (own_run / "state" / "journal.jsonl").read_bytes()
    async with watching(own_run, "monitor", read_only=True, notices=True) as watcher:
        await watcher.settles()
        await watcher.press("f10")
        await _opens(watcher, MenuBar)
        options = {str(option.id): option for option in watcher.screen.listed.options}
        refused = {name for name, option in options.items() if option.disabled}
        assert refused == {name for name in options if registry()[name].changes}
        await watcher.click("Campaign")
        await watcher.click("Rebuild")
        assert isinstance(watcher.screen, MenuBar)
        await watcher.press("escape", "R")
        await watcher.is_told("refused, because this app only looks")
    assert (own_run / "state" / "journal.jsonl").read_bytes() == before


@in_loop
async def test_every_dialog_is_closed_by_a_click(own_run: Path) -> None:
    """Protects whoever has no Escape at hand: a click beside a dialog, or on the words in its
    frame, closes it and answers nothing.
    """
    async with watching(own_run, "monitor", (120, 36)) as watcher:
        await watcher.settles()
        for key, kind in (
            ("r", LaunchScreen),
            ("A", Dialog),
            ("equals_sign", None),
            ("question_mark", None),
        ):
            before = watcher.screen
            for where in ("beside", "frame")[: rounds(2 if key == "r" else 1, 2)]:
                if key == "A":
                    watcher.app.perform(watcher.app.ask(before, Dialog("Sure?", "It is.", ())))
                else:
                    await watcher.press(key)
                await watcher.until(lambda: watcher.screen.is_modal)
                await watcher.sees("Escape closes")
                assert kind is None or isinstance(watcher.screen, kind)
                if where == "beside":
                    await watcher.pilot.click(offset=(1, 18))
                else:
                    await watcher.click("Escape closes")
                await watcher.until(lambda: not watcher.screen.is_modal)


@in_loop
async def test_a_stray_click_loses_nothing_that_is_typed(tmp_path: Path) -> None:
    """Protects what somebody has typed into a dialog: a click beside it, or on its frame, leaves it
    open and says how it is closed; the words in the frame close it.
    """
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    async with opened(path) as editor:
        await editor.press("escape", "a")
        await editor.until(lambda: isinstance(editor.app.screen, Picker))
        dialog = editor.app.screen
        typed = dialog.query_one(Input)
        typed.value = "grid"
        await editor.pilot.pause()
        box = dialog.children[-1].region
        for x, y in ((0, 0), (box.x + 3, box.y), (box.x + 3, box.bottom - 1)):
            await editor.pilot.click(offset=(x, y))
            await editor.pilot.pause()
            assert editor.app.screen is dialog and typed.value == "grid"
        await editor.pilot.click(offset=(box.right - 6, box.bottom - 1))
        await editor.until(lambda: editor.app.screen is not dialog)
