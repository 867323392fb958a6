"""The app's shell: modes, palette, help, themes, keymap, copying, settings, read-only, what is
remembered.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import Input

from enchanted_tui.ui import remembered, settings, xdg_directories
from enchanted_tui.ui.app import MODE_NAMES, EnchantedApp
from enchanted_tui.ui.feed import ViewUpdated
from enchanted_tui.ui.screens.help import HelpScreen
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.themes import OWN
from helpers.marks import in_full
from helpers.ui.campaigns import until
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import in_loop, watching


@in_loop
async def test_another_run_while_a_screen_is_being_made(finished_run: Path) -> None:
    """Protects the app at the moment between choosing a screen and its being there: another run
    that is opened then does not end it.
    """
    async with watching(finished_run, "runs") as watcher:
        shown = watcher.app.switch_mode("failures")
        watcher.app.open_run(finished_run)
        await shown
        await watcher.sees("failed")
        assert watcher.app.is_running


@in_loop
async def test_a_view_that_comes_while_the_app_ends(finished_run: Path) -> None:
    """Protects the last moment: what the campaign has to tell then finds no screen, and is no
    defect.
    """
    async with watching(finished_run, "monitor") as watcher:
        last, viewer = watcher.app.view, watcher.app.viewer
        # as leaving the app does; results arrive at any moment of it
        ending = asyncio.ensure_future(watcher.app._shutdown())
        while not ending.done():
            watcher.app.viewer = viewer
            watcher.app.on_view_updated(ViewUpdated(last))
            await asyncio.sleep(0)
        await ending


@pytest.mark.parametrize("how", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_modes(finished_run: Path, how: str) -> None:
    """Each section is one step away: by its number, through the palette, by a click on the status
    line.
    """
    async with watching(finished_run, "monitor", (120, 40)) as watcher:
        for number, mode in enumerate(MODE_NAMES, start=1):
            if mode == "config" and how == "key":
                continue  # there, numbers are text: the test after this one
            if how == "key":
                await watcher.press(str(number))
            elif how == "palette":
                await watcher.command(f"Everywhere: {mode.capitalize()}")
            else:
                line = watcher.screen.status_line
                await watcher.pilot.click(line, offset=line.mode_region(mode).offset + (2, 0))
            await watcher.until(lambda mode=mode: watcher.app.current_mode == mode)  # type: ignore[misc]
            await watcher.sees(f"[{number} {mode.capitalize()}]")


@pytest.mark.parametrize("how", ["question_mark", *in_full("f1", "palette")])
@in_loop
async def test_help(finished_run: Path, how: str) -> None:
    """Help names the keys of the screen and of what has the focus; Escape closes it."""
    async with watching(finished_run, "monitor") as watcher:
        await (watcher.command("Everywhere: Help") if how == "palette" else watcher.press(how))
        await watcher.until(lambda: isinstance(watcher.screen, HelpScreen))
        await watcher.sees("Arrows or j k move", "Escape closes")
        await watcher.press("escape")
        await watcher.until(lambda: not isinstance(watcher.screen, HelpScreen))


@pytest.mark.full
@SIZES
@in_loop
async def test_how_help_looks(finished_run: Path, size: tuple[int, int]) -> None:
    """Protects the layout of the help, on the screen Runs."""
    app = EnchantedApp()
    async with app.run_test(size=size) as pilot:
        await until(
            lambda: app.current_mode == "runs" and app.screen.focused is not None, pilot.pause
        )
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen), pilot.pause)
        await pilot.pause(0.3)
        assert_screen(app, f"help_{size[0]}x{size[1]}")


@in_loop
async def test_palette_by_mouse_and_for_another_screen(finished_run: Path) -> None:
    """An action that is at home on another screen is performed there: one need not know where it
    belongs.
    """
    async with watching(finished_run, "runs") as watcher:
        await watcher.command("Log: Follow")
        await watcher.until(lambda: watcher.app.current_mode == "log")


@pytest.mark.parametrize("how", ["key", *in_full("palette")])
@in_loop
async def test_theme(finished_run: Path, how: str) -> None:
    """T walks through our themes, a light one and one for the colour-blind among them; the choice
    is remembered.
    """
    async with watching(finished_run, "monitor") as watcher:
        seen = []
        for _ in OWN:
            await (watcher.press("T") if how == "key" else watcher.command("Everywhere: Theme"))
            await watcher.pilot.pause()
            seen.append(watcher.app.theme)
        assert sorted(seen) == sorted(theme.name for theme in OWN)
        await watcher.press("T")
        chosen = watcher.app.theme
    assert remembered.read().theme == chosen


@pytest.mark.parametrize("how", ["key", *in_full("palette")])
@in_loop
async def test_zoom(finished_run: Path, how: str) -> None:
    """z lets the focused pane fill the screen, and again brings the others back."""
    async with watching(finished_run, "monitor") as watcher:
        await watcher.until(lambda: watcher.screen.focused is not None)
        for expected in (True, False):
            await (watcher.press("z") if how == "key" else watcher.command("Everywhere: Zoom"))
            await watcher.until(
                lambda expected=expected: (watcher.screen.maximized is not None) == expected  # type: ignore[misc]
            )


@pytest.mark.parametrize("how", ["key", *in_full("palette")])
@in_loop
async def test_screen_text(finished_run: Path, own_home: Path, how: str) -> None:
    """What is on the screen can be taken away: through the terminal, and as a file where the
    terminal does not take it.
    """
    async with watching(finished_run, "monitor", notices=True) as watcher:
        await (
            watcher.press("ctrl+y") if how == "key" else watcher.command("Everywhere: Copy screen")
        )
        await watcher.sees("Copied the screen")
        assert "finished_run" in watcher.app.clipboard
        [copy] = (own_home / ".local/state/enchanted-tui/copied").iterdir()
        assert copy.read_text().splitlines()[0] == watcher.app.clipboard.splitlines()[0]


@in_loop
async def test_keymap(finished_run: Path) -> None:
    """A person's own keys replace those of an action, in help and footer too."""
    preferences = Preferences(keymap={"everywhere.zoom": "Z", "campaign.drain": "ctrl+x"})
    async with watching(
        finished_run, "monitor", settings=Settings(preferences), notices=True
    ) as watcher:
        await watcher.until(lambda: watcher.screen.focused is not None)
        await watcher.press("z")
        await watcher.pilot.pause()
        assert watcher.screen.maximized is None
        await watcher.press("Z")
        await watcher.until(lambda: watcher.screen.maximized is not None)
        await watcher.press("Z", "ctrl+x")
        # that is what draining a finished campaign says
        await watcher.sees("No supervisor is running")


@pytest.mark.full
@in_loop
async def test_keymap_takes_keys_away(finished_run: Path) -> None:
    """Ctrl+P, to which Textual has a binding of its own, opens the palette no more once a person
    has given that another key.
    """
    async with watching(
        finished_run, "monitor", settings=Settings(Preferences(keymap={"everywhere.palette": "f7"}))
    ) as watcher:
        await watcher.press("ctrl+p")
        await watcher.pilot.pause()
        assert not watcher.screen.is_modal
        await watcher.press("f7")
        await watcher.until(lambda: watcher.screen.query("CommandInput"))


@in_loop
async def test_no_key_leaves_unasked(finished_run: Path) -> None:
    """Ctrl+Q, which in any app of Textual leaves at once, asks like q: what has been typed would be
    lost, or a campaign ended.
    """
    async with watching(finished_run, "config") as watcher:
        await watcher.until(lambda: not watcher.screen.area.is_waiting)
        await watcher.press("a", "ctrl+q")
        await watcher.sees("Unsaved changes")
        await watcher.press("escape")
        await watcher.until(lambda: not watcher.screen.is_modal)
        assert watcher.screen.area.text == "a"


@in_loop
async def test_read_only(finished_run: Path) -> None:
    """An app that only looks refuses what changes anything, by key and by palette, and says so."""
    async with watching(finished_run, "monitor", read_only=True, notices=True) as watcher:
        await watcher.press("p", "S", "r", "x", "R", "A")
        await watcher.pilot.pause()
        assert not watcher.screen.is_modal
        assert not list((finished_run / "state/control").iterdir())
        await watcher.command("Campaign: Resume")
        await watcher.sees("refused")


@in_loop
async def test_freeze(finished_run: Path) -> None:
    """space holds the display still, which the status line says."""
    async with watching(finished_run, "failures", (120, 40)) as watcher:
        await watcher.press("space")
        await watcher.sees("frozen")
        await watcher.press("space")
        await watcher.lacks("frozen")


@in_loop
async def test_session_is_restored(finished_run: Path) -> None:
    """The app opens where it was left: same run, same section."""
    async with watching(finished_run, "failures") as watcher:
        assert watcher.app.current_mode == "failures"
    app = EnchantedApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.view is not None, pilot.pause)
        assert (app.root, app.current_mode) == (finished_run, "failures")


@in_loop
async def test_quit(finished_run: Path) -> None:
    """q leaves at once where no campaign runs in the app; in a dialog it closes the dialog
    first.
    """
    async with watching(finished_run, "monitor") as watcher:
        await watcher.press("question_mark")
        await watcher.until(lambda: watcher.screen.is_modal)
        await watcher.press("q")
        await watcher.until(lambda: not watcher.screen.is_modal)
        await watcher.press("q")
        await watcher.pilot.pause()
        assert watcher.app.return_value == "quit"


# -- settings --------------------------------------------------------------------------------------


def test_settings_are_read(own_home: Path) -> None:
    """Protects every key of the file."""
    path = settings.config_file()
    path.parent.mkdir(parents=True)
    path.write_text(
        "theme: enchanted-safe\nascii: true\nlow_bandwidth: false\nmouse: false\nroots: [~/runs,"
        " data]\nkeymap: {runs.open: 'enter,o'}\nbell: yes\nread_only: on\n"
    )
    found = settings.load()
    assert not found.problems
    taken = found.preferences
    assert (taken.theme, taken.ascii, taken.low_bandwidth, taken.mouse, taken.bell, taken.read_only) == (
        "enchanted-safe", True, False, False, True, True,
    )  # fmt: skip
    assert taken.roots == [str(own_home / "runs"), str(path.parent / "data")]
    assert taken.keymap == {"runs.open": "enter,o"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("theme: enchanted-drak\n", ":1:8", "did you mean 'enchanted-dark'?"),
        ("bell: perhaps\n", ":1:7", "true or false"),
        ("keymap:\n  runs.opne: o\n", ":2:3", "did you mean 'runs.open'?"),
        ("roots: [a\n", ":", "not valid YAML"),
        ("- a\n", ":1:1", "expected a mapping"),
    ],
)
def test_mistakes_in_settings_are_located(
    own_home: Path, text: str, place: str, words: str
) -> None:
    """A mistake is one sentence with file, line and column; the defaults are used meanwhile."""
    path = settings.config_file()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    found = settings.load()
    assert found.has_errors
    said = str(found.problems[0])
    assert said.startswith(str(path) + place) and words in said, said
    assert found.preferences.theme == "enchanted-dark"


def test_unknown_setting_is_a_warning(own_home: Path) -> None:
    """A key of a newer version does not throw the other settings away."""
    path = settings.config_file()
    path.parent.mkdir(parents=True)
    path.write_text("them: x\nbell: true\n")
    found = settings.load()
    assert not found.has_errors and found.preferences.bell
    assert "did you mean 'theme'?" in str(found.problems[0])


@in_loop
async def test_mistakes_in_settings_are_shown(finished_run: Path, own_home: Path) -> None:
    """The app starts all the same and says what is wrong."""
    path = settings.config_file()
    path.parent.mkdir(parents=True)
    path.write_text("theme: enchanted-drak\n")
    async with watching(
        finished_run, "monitor", (120, 40), settings=settings.load(), notices=True
    ) as watcher:
        await watcher.sees("Settings")
        assert any(
            "did you mean 'enchanted-dark'?" in notice.message
            for notice in watcher.app._notifications
        )


def test_damaged_memory_is_forgotten(own_home: Path) -> None:
    """What an older or interrupted app has left never keeps the app from starting."""
    for content in (
        "",
        "{",
        "[1]",
        json.dumps({"recent": "x", "mode": 3, "last_run": None, "more": 1}),
    ):
        xdg_directories.state_dir().mkdir(parents=True, exist_ok=True)
        (xdg_directories.state_dir() / "session.json").write_text(content)
        assert remembered.read().mode == "runs"
        assert remembered.read().recent == []


# -- appearance ------------------------------------------------------------------------------------


ASCII = Settings(Preferences(ascii=True))


@pytest.mark.parametrize(
    "mode", ["monitor", *in_full("config", "results", "runs", "failures", "log")]
)
@in_loop
async def test_ascii(finished_run: Path, mode: str) -> None:
    """Where only ASCII can be shown, only ASCII is shown, on each screen with its help, and in what
    opens over all of them alike: palette, questions, notices.
    """
    async with watching(finished_run, mode, settings=ASCII, notices=True) as watcher:
        await watcher.sees("Help")  # the hints at the foot come last
        assert watcher.text.isascii(), watcher.text
        watcher.app.notify("said in the corner")
        await watcher.sees("said in the corner")
        assert watcher.text.isascii(), watcher.text
        if mode == "config":
            await watcher.press("escape")
        over = [("?", "Escape closes"), (":", "Search for"), ("r", "Resume: finished_run")]
        for keys, seen in over if mode in ("config", "monitor") else over[:1]:
            if keys == "r" and mode == "config":
                keys, seen = "n", "from a template"
            await watcher.press({"?": "question_mark", ":": "colon"}.get(keys, keys))
            await watcher.sees(seen)
            await watcher.pilot.pause(0.1)
            assert watcher.text.isascii(), watcher.text
            await watcher.press("escape")
            await watcher.lacks(seen)


@pytest.mark.full
@in_loop
async def test_the_sign_for_more_questions_is_spelled_in_ascii(finished_run: Path) -> None:
    """The hints at the foot say "Resume..." where the terminal has no sign for it, and are still
    whole.
    """
    async with watching(finished_run, "monitor", (120, 36), settings=ASCII) as watcher:
        await watcher.sees("r Resume...", "x Extend...")


@pytest.mark.full
@in_loop
async def test_escape_takes_notices_away(finished_run: Path) -> None:
    """What is said in the corner lies over the text; Escape removes it and does what it does
    otherwise, on the screen and in the editor.
    """
    for mode in ("results", "config"):
        async with watching(finished_run, mode, notices=True) as watcher:
            watcher.app.notify("said in the corner", timeout=30)
            await watcher.sees("said in the corner")
            await watcher.press("escape")
            await watcher.lacks("said in the corner")
            if mode == "results":
                assert watcher.app.current_mode == "monitor"


def test_first_paint_loads_nothing_heavy(own_home: Path) -> None:
    """Protects the start on a slow file system: the first screen needs neither pandas nor its like,
    nor any other screen.
    """
    code = (
        "import asyncio, sys\n"
        "from enchanted_tui.ui.app import EnchantedApp\n"
        "async def main():\n"
        "    app = EnchantedApp()\n"
        "    async with app.run_test() as pilot:\n"
        "        await pilot.pause()\n"
        "        print(*sorted(sys.modules))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    heavy = {
        "pandas",
        "dask",
        "distributed",
        "h5py",
        "pyarrow",
        "paramiko",
        "scipy",
        "matplotlib",
        "jinja2",
        "tree_sitter",
    }
    assert not heavy & {name.partition(".")[0] for name in loaded}
    others = {
        f"enchanted_tui.ui.screens.{name}"
        for name in ("config", "monitor", "failures", "results", "log", "launch", "help")
    }
    assert not others & loaded


def test_inputs_do_not_blink() -> None:
    """Protects slow lines: a blinking cursor is traffic for ever. Whoever makes an Input turns it
    off.
    """
    for path in (Path(__file__).parents[2] / "enchanted_tui/ui").rglob("*.py"):
        text = path.read_text()
        assert text.count(" Input(") <= text.count("cursor_blink = False"), path
    assert Input.cursor_blink is not None
