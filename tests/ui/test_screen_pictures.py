"""What the screens and dialogs look like that no other module takes a picture of; and that each one
has a picture, at both sizes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.screen import Screen

from enchanted_tui.ui.editor.dialogs import Picker
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.opening import ActionPalette
from enchanted_tui.ui.screens.action_menu import ActionMenu, MenuBar
from enchanted_tui.ui.screens.compare import CompareScreen
from enchanted_tui.ui.screens.diff_screen import DiffScreen
from enchanted_tui.ui.screens.file import FileScreen
from enchanted_tui.ui.screens.form_screen import FormScreen
from enchanted_tui.ui.screens.paused import PausedDialog
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.column_chooser import ColumnChooser
from enchanted_tui.ui.widgets.dialog import Dialog
from enchanted_tui.ui.widgets.figure_dialog import FigureDialog
from enchanted_tui.ui.widgets.form import Form
from enchanted_tui.ui.widgets.objective_chooser import ObjectiveChooser
from helpers.ui.campaigns import run_campaign
from helpers.ui.editing import TEXT
from helpers.ui.routes import screens_on_top
from helpers.ui.snapshots import DIRECTORY, SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

#: Pictures that other modules take, by the class that is on top.
ELSEWHERE = {
    "ConfigScreen": "config-outline-",
    "FailuresScreen": "failures_",
    "HelpScreen": "help_",
    "LaunchScreen": "launch_fresh_",
    "LogScreen": "log_",
    "MonitorScreen": "monitor_",
    "PlotsScreen": "plots_s_",
    "QuestionDialog": "question_code_",
    "QuitDialog": "quit_",
    "ResultsScreen": "results_t_",
    "RunsScreen": "runs_",
    "SettingsDialog": "settings_",
    "TaskScreen": "task_",
}
_SIZES = ("80x24", "120x40")
Shows = Callable[[Watcher], Awaitable[None]]


async def _file(watcher: Watcher) -> None:
    await watcher.sees("Nothing has failed.")
    assert watcher.app.root is not None
    watcher.app.open_over(watcher.screen, FileScreen(watcher.app.root / "config" / "b_run.yaml"))


async def _paused(watcher: Watcher) -> None:
    record = {
        "type": "guard",
        "time": 1.0,
        "message": "20 of 20 samples have failed, all of them alike.",
        "example": "ValueError: mesh does not converge at c1 = 0.5",
    }
    dialog = PausedDialog(watcher.app.root, record)  # type: ignore[arg-type]
    watcher.app.open_on_top(dialog, lambda answer: None)


async def _share(watcher: Watcher) -> None:
    await watcher.command("Share…")


async def _on_results(watcher: Watcher, *keys: str) -> None:
    await watcher.until(lambda: len(watcher.screen.results) == 60)
    await watcher.press(*keys)


async def _compared(watcher: Watcher) -> None:
    await watcher.until(lambda: len(watcher.screen.table.rows) == 2)
    await watcher.press("space", "down", "space", "C")
    await watcher.until(
        lambda: isinstance(watcher.screen, CompareScreen) and watcher.screen.found is not None
    )


async def _deletion(watcher: Watcher) -> None:
    await watcher.until(lambda: len(watcher.screen.table.rows) == 2)
    await watcher.press("o", "home")
    await watcher.command("Runs: Delete")


async def _edited(watcher: Watcher) -> None:
    """Open a configuration whose text differs from its file."""
    editor = watcher.screen
    path = watcher.app.home / "campaign.yaml"
    if editor.file.buffer.path != path:
        editor.open_file(path)
    await watcher.until(lambda: "/nowhere/out" in editor.area.text)
    editor.area.replace_all(_text.replace("budget: 10", "budget: 20"))
    await watcher.press("escape")
    await watcher.until(lambda: not editor.area.has_focus)


async def _on_text(watcher: Watcher, *keys: str) -> None:
    await _edited(watcher)
    await watcher.press(*keys)


async def _form(watcher: Watcher) -> None:
    await _on_text(watcher, "f11")
    await watcher.until(lambda: isinstance(watcher.screen, FormScreen) and watcher.screen._lines)
    form = watcher.screen
    await watcher.until(
        lambda: form._applied is not None and form._applied_version == form._version
    )


_text = TEXT.replace("base_run_dir: out", "base_run_dir: /nowhere/out")
#: By mode: the name of the picture, what is on top, how it is come to, and what is to be seen.
PICTURES: dict[str, list[tuple[str, type[Screen[object]], Shows, str]]] = {
    "failures": [
        ("file", FileScreen, _file, "run_order"),
        ("paused", PausedDialog, _paused, "Leave it paused"),
        ("share", Form, _share, "Licence"),
    ],
    "results": [
        ("columns", ColumnChooser, lambda watcher: _on_results(watcher, "F", "|"), "energy"),
        ("objectives", ObjectiveChooser, lambda watcher: _on_results(watcher, "F", "a"), "Objec"),
        ("chooser", Chooser, lambda watcher: _on_results(watcher, "s", "c"), "Colour"),
        ("figure", FigureDialog, lambda watcher: _on_results(watcher, "s", "w"), "DPI"),
    ],
    "runs": [
        ("compare", CompareScreen, _compared, "RandomSampler"),
        ("deletion", Dialog, _deletion, "to confirm"),
    ],
    "config": [
        ("menu_bar", MenuBar, lambda watcher: _on_text(watcher, "f10"), "Preview"),
        ("menu_here", ActionMenu, lambda watcher: _on_text(watcher, "M"), "Preview"),
        ("palette", ActionPalette, lambda watcher: _on_text(watcher, "colon"), "Config: "),
        ("diff", DiffScreen, lambda watcher: _on_text(watcher, "D"), "+1 -1 lines"),
        ("templates", Picker, lambda watcher: _on_text(watcher, "a"), "Add to this"),
        ("file_dialog", FileDialog, lambda watcher: _on_text(watcher, "o"), "campaign.yaml"),
        ("form", FormScreen, _form, "What runs"),
    ],
}
#: What differs from time to time, and what stands for it.
HIDE = {
    r"/tmp/pictures-\w*": "/home/somebody/my_work",
    r"[▁-█]*[▁-▇][▁-█]*": "",  # trends
    r"\b\d\.\d kB": "1.0 kB",
    r"\b\d\d\.\d kB": "10.0 kB",
    r"base_run_dir: /tmp/\S*": "base_run_dir: /runs",
    r"(?<=core-hours)( a sample)? .*|(?<=run time of a task).*": "",
}


@pytest.fixture
def pair(finished_run: Path, tidy_run: Path) -> Iterator[tuple[Path, Path]]:
    """Two campaigns in one directory, of which the second has no failures. Its name is as long
    every time, for names break lines.
    """
    with tempfile.TemporaryDirectory(prefix="pictures-", dir="/tmp") as home:
        first = shutil.copytree(finished_run, Path(home) / "a_run")
        yield first, shutil.copytree(tidy_run, Path(home) / "b_run")


@pytest.fixture(scope="module")
def tidy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tidy")
    return run_campaign(home, "b_run", function="tidy", budget=20, batch_size=20)


@SIZES
@pytest.mark.parametrize("mode", PICTURES)
@in_loop
async def test_how_it_looks(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, mode: str, size: tuple[int, int]
) -> None:
    """Protects the layout of what opens over a screen, and of the form."""
    home = pair[0].parent
    monkeypatch.chdir(home)
    (home / "campaign.yaml").write_text(_text)
    run = pair[mode == "failures"]
    settings = Settings(Preferences(roots=[]))
    async with watching(run, mode, size, settings=settings) as watcher:
        for name, screen, shows, sight in PICTURES[mode]:
            await shows(watcher)
            await watcher.until(lambda screen=screen: type(watcher.screen) is screen)  # type: ignore[misc]
            await watcher.sees(sight)
            # a dialog that is painted before what lies below it shows nothing there until it is again
            watcher.screen.refresh()
            await watcher.pilot.pause(0.3)
            assert_screen(watcher.app, f"{name}_{size[0]}x{size[1]}", hide=HIDE)
            while len(watcher.app.screen_stack) > 1:
                top = watcher.screen
                await watcher.press("escape")
                await watcher.until(lambda top=top: watcher.screen is not top)  # type: ignore[misc]


def test_each_screen_has_a_picture() -> None:
    """Protects new screens from having none: whatever can be on top, and is no base of what can be,
    has pictures of a small and of a large terminal.
    """
    here = {
        screen.__name__: f"{name}_" for shots in PICTURES.values() for name, screen, *_ in shots
    }
    names = ELSEWHERE | here
    bare = sorted({screen.__name__ for screen in screens_on_top()} - set(names))
    assert not bare, f"no picture of {', '.join(bare)}: add one to PICTURES, or to ELSEWHERE"
    files = [DIRECTORY / f"{name}{size}.txt" for name in names.values() for size in _SIZES]
    missing = [file.name for file in files if not file.is_file()]
    assert not missing, f"take these pictures with --full --update-snapshots: {', '.join(missing)}"
