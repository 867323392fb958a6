"""The editor does what was asked, to the file that was asked for: opening, launching, judging,
restoring, going to problems.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.operations import actions
from enchanted_tui.record.journal import Journal
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.ui.editor.recovery import Recovery
from enchanted_tui.ui.screens.config import ConfigScreen
from enchanted_tui.ui.screens.launch import LaunchScreen
from enchanted_tui.ui.widgets.dialog import Dialog
from helpers.marks import in_full
from helpers.ui.campaigns import run_campaign, until
from helpers.ui.editing import TEXT, opened
from helpers.ui.watching import in_loop, watching


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "c.yaml"
    found.write_text(TEXT)
    return found


def leave_behind(path: Path | None, text: str) -> None:
    """Keep a text as an app does that is killed before it is saved."""
    Recovery().leave(text, path, None)


# -- launching -------------------------------------------------------------------------------------


@pytest.mark.full
@in_loop
async def test_f9_then_escape_has_not_saved(path: Path) -> None:
    """The dialog says what the text as it is would do, and only Start saves it."""
    async with opened(path) as editor:
        await editor.press("ctrl+home", *"# new", "enter", "f9")
        dialog = await editor.dialog(LaunchScreen)
        await until(
            lambda: "Start saves the changes to c.yaml first" in editor.shown(), editor.pilot.pause
        )
        assert path.read_text() == TEXT
        await editor.press("escape")
        await editor.closed()
        assert path.read_text() == TEXT
        assert editor.screen.file.is_modified
        await editor.press("f9")
        dialog = await editor.dialog(LaunchScreen)
        await editor.until(lambda: not dialog.query_one("#start").disabled)
        await editor.press("ctrl+r")
        await editor.until(lambda: path.read_text() == "# new\n" + TEXT)
        await editor.until(
            lambda: editor.app.campaign is not None and not editor.app.campaign.alive
        )


@in_loop
async def test_what_is_launched_is_judged_as_it_is_in_the_editor(path: Path) -> None:
    """A mistake that is not saved yet is in the dialog, and Start is not to be had."""
    async with opened(path) as editor:
        editor.screen.area.load_text(TEXT.replace("budget: 10", "budget: 10x"))
        await editor.press("f9")
        dialog = await editor.dialog(LaunchScreen)
        await editor.until(lambda: "10x" in editor.shown())
        assert dialog.query_one("#start").disabled


# -- other files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.py", *in_full("run.sh", "notes.md")])
@in_loop
async def test_other_files_are_not_judged_as_configurations(tmp_path: Path, name: str) -> None:
    """A module or a script opened in the editor has no errors of a configuration, and is not
    launched as one; a module is judged as Python.
    """
    path = tmp_path / name
    path.write_text("def f(x):\n    return {'a': x}  # runners: none\n")
    async with opened(path) as editor:
        said = "a valid Python file" if path.suffix == ".py" else "no configuration"
        await until(lambda: said in editor.shown(), editor.pilot.pause)
        assert "error" not in editor.shown()
        assert not editor.screen._checked.problems
        await editor.press("f9")
        await editor.pilot.pause()
        assert editor.app.screen is editor.screen


@in_loop
async def test_a_configuration_of_another_name_is_judged(tmp_path: Path) -> None:
    """A file with sections of a configuration is one, whatever it is called."""
    path = tmp_path / "campaign.cfg"
    path.write_text(TEXT.replace("budget: 10", "bugdet: 10"))
    async with opened(path) as editor:
        assert any(
            "bugdet" in problem.message or "bugdet" in problem.key
            for problem in editor.screen._checked.problems
        )


# -- problems --------------------------------------------------------------------------------------


@in_loop
async def test_f8_before_the_check_has_finished(path: Path) -> None:
    """The key goes to the problem once the text has been checked as it is now, instead of saying
    that there is none.
    """
    async with opened(path) as editor:
        area = editor.screen.area
        area.replace("10x", (8, 12), (8, 14))
        area.move_cursor((0, 0))
        await editor.press("f8")
        assert not any(
            "no problem" in notice.message.lower() for notice in editor.app._notifications
        )
        await editor.until(lambda: area.cursor_location == (8, 12))


# -- recovery --------------------------------------------------------------------------------------


@in_loop
async def test_recovery_does_not_replace_the_file_one_asked_for(path: Path, tmp_path: Path) -> None:
    """What was not saved of another file is left for when that is opened; what was not saved of
    this one is offered.
    """
    other = tmp_path / "other.yaml"
    other.write_text(TEXT)
    leave_behind(other, "# not saved of the other\n")
    leave_behind(None, "# never saved\n")
    async with opened(path) as editor:
        await editor.pilot.pause(0.2)
        assert editor.app.screen is editor.screen
        assert editor.text == TEXT
        editor.screen.open_file(other)
        await editor.dialog(Dialog)
        await editor.press("r")
        await editor.closed()
        assert editor.text == "# not saved of the other\n"
        assert editor.screen.file.buffer.path == other


@in_loop
async def test_recovery_does_not_come_before_a_run_s_configuration(
    finished_run: Path, tmp_path: Path
) -> None:
    """The same where the file was asked for by `e` on a run, before the editor has been shown at
    all.
    """
    leave_behind(tmp_path / "other.yaml", "# not saved of the other\n")
    async with watching(finished_run, "monitor") as watcher:
        await watcher.press("e")
        await watcher.until(
            lambda: isinstance(watcher.screen, ConfigScreen) and watcher.screen.area.text
        )
        await watcher.pilot.pause(0.2)
        assert isinstance(watcher.screen, ConfigScreen)
        assert watcher.screen.file.buffer.path == finished_run.parent / "finished_run.yaml"


# -- the configuration of a run --------------------------------------------------------------------


async def _edited(run: Path) -> tuple[Path | None, str, list[str], list[str]]:
    """Give what `e` opens: path, text, problems, and what is said in the corner."""
    async with watching(run, "monitor") as watcher:
        await watcher.press("e")
        await watcher.until(
            lambda: isinstance(watcher.screen, ConfigScreen) and watcher.screen.area.text
        )
        screen = watcher.screen
        await watcher.until(
            lambda: screen._checked is not None and screen._checked.text == screen.area.text
        )
        said = [notice.message for notice in watcher.app._notifications]
        return (
            screen.file.buffer.path,
            screen.area.text,
            [str(problem) for problem in screen._checked.problems],
            said,
        )


@in_loop
async def test_e_opens_the_configuration_where_its_relative_paths_hold(tmp_path: Path) -> None:
    """`e` on a run opens the file it was read from, or its name with the run's copy; the module
    beside it is found.
    """
    run = run_campaign(tmp_path / "work", budget=2, batch_size=2, workers=1)
    config = tmp_path / "work/campaign.yaml"
    text = config.read_text()
    assert await _edited(run) == (config, text, [], [])
    config.write_text(text + "# later\n")
    path, shown, problems, said = await _edited(run)
    assert (path, shown, problems) == (config, text + "# later\n", [])
    assert "says something else than when the campaign ran" in said[0]
    config.unlink()
    path, shown, problems, said = await _edited(run)
    assert (path, shown, problems) == (config, text, [])
    assert "saving puts it back" in said[0]
    assert not config.exists()


@pytest.mark.parametrize("read", [None, "run/config/a.2.yaml"])
def test_the_file_of_older_records_is_found_by_its_name(tmp_path: Path, read: str | None) -> None:
    """A journal that does not say which file was read, or that the run's own copy was, when a run
    directory was resumed, says where it lay; a second copy there is called like the first in the
    directory.
    """
    run = tmp_path / "run"
    (run / "config").mkdir(parents=True)
    (run / "state").mkdir()
    (run / "config/a.2.yaml").write_text(TEXT)
    (tmp_path / "a.yaml").write_text(TEXT)
    journal = Journal(CampaignDirectory(run).journal)
    opened: Any = {"type": "open", "config": "a.2.yaml", "config_dir": str(tmp_path)}
    if read is not None:
        opened["config_path"] = str(tmp_path / read)
    journal.append(opened)
    journal.flush()
    journal.close()
    found = actions.original_config(run)
    assert found is not None
    assert (found.path, found.exists, found.is_same) == (tmp_path / "a.yaml", True, True)
