"""Settings by hand and by dialog: what a person has written into the file stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enchanted_tui.ui import remembered, settings
from enchanted_tui.ui.screens.settings_dialog import SettingsDialog
from enchanted_tui.ui.settings_file import SettingsFileError, write
from helpers.ui.watching import Watcher, in_loop, watching

BY_HAND = """\
# mine
theme:   nord   # as in the editor

keymap:   # of another program
  runs.open: enter,o  # like there
roots:
  - ~/a   # first
  - /scratch/b
# the end
"""


def _file() -> Path:
    path = settings.config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


async def _open(watcher: Watcher) -> SettingsDialog:
    await watcher.settles()
    await watcher.press("equals_sign")
    await watcher.until(lambda: isinstance(watcher.screen, SettingsDialog))
    await watcher.pilot.pause()
    found: SettingsDialog = watcher.screen
    return found


@in_loop
async def test_the_dialog_writes_what_was_changed_and_nothing_else(finished_run: Path) -> None:
    """Protects a file that somebody cares for: comments, order and all other keys are as they
    were; a new key comes at the end; what can hold at once holds at once.
    """
    path = _file()
    path.write_text(BY_HAND)
    loaded = settings.load()
    async with watching(finished_run, "monitor", settings=loaded, notices=True) as watcher:
        await _open(watcher)
        await watcher.press("right", "down", "down", "down", "down", "right", "down", "right")
        await watcher.click("Save")
        await watcher.is_told("Saved")
        assert watcher.app.theme == "enchanted-dark"
        assert watcher.app.settings.preferences.bell
    changed = BY_HAND.replace("nord ", "enchanted-dark ") + "bell: true\nnotices: osc9\n"
    assert path.read_text() == changed
    assert remembered.read().theme is None
    assert not settings.load().problems


@in_loop
async def test_nothing_is_written_unasked(finished_run: Path) -> None:
    """Escape, and Save without a change, leave no file behind."""
    async with watching(finished_run, "monitor") as watcher:
        await _open(watcher)
        await watcher.press("right", "escape")
        await watcher.until(lambda: not watcher.screen.is_modal)
        await _open(watcher)
        await watcher.click("Save")
        await watcher.until(lambda: not watcher.screen.is_modal)
    assert not settings.config_file().exists()


@in_loop
async def test_it_is_refused_where_the_app_only_looks(finished_run: Path) -> None:
    """Protects `--read-only`, and a browser: settings are a file too."""
    async with watching(finished_run, "monitor", read_only=True, notices=True) as watcher:
        await watcher.settles()
        await watcher.press("equals_sign")
        await watcher.is_told("refused, because this app only looks")
        assert not watcher.screen.is_modal


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("", {"bell": True}, "bell: true\n"),
        ("# nothing yet", {"bell": True}, "# nothing yet\nbell: true\n"),
        ("theme:\nbell: no\n", {"theme": "nord"}, "theme: nord\nbell: no\n"),
        (
            "bell: no # why\r\n",
            {"bell": True, "mouse": False},
            "bell: true # why\r\nmouse: false\r\n",
        ),
        ("ascii: yes\n", {"ascii": None}, "ascii: null\n"),
        ("roots:\n- a # one\n- b\n# end\n", {"roots": ["c d", "é"]}, "roots: [c d, é]\n# end\n"),
        ("mine: {a: 1}\nroots: [a, b] # two\n", {"roots": []}, "mine: {a: 1}\nroots: [] # two\n"),
        ('theme: "a: b"\n', {"theme": "x: y"}, "theme: 'x: y'\n"),
    ],
)
def test_only_the_value_changes(
    tmp_path: Path, before: str, changes: dict[str, object], after: str
) -> None:
    """Protects whatever way of writing YAML somebody has, unknown keys included."""
    path = tmp_path / "config.yaml"
    path.write_bytes(before.encode())
    write(path, changes)  # type: ignore[arg-type]
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (b"theme: [", "has a mistake in its YAML"),
        (b"- theme\n", "is no mapping"),
        (b"{theme: nord}\n", "is written in braces"),
        (b"a: &x nord\ntheme: *x\n", "takes a value from elsewhere"),
        (b"theme: \xff\n", "is not UTF-8 text"),
    ],
)
def test_what_cannot_be_changed_stays(tmp_path: Path, before: bytes, said: str) -> None:
    """Protects a file that is beyond this dialog: it is as it was, and one sentence says why."""
    path = tmp_path / "config.yaml"
    path.write_bytes(before)
    with pytest.raises(SettingsFileError, match=said):
        write(path, {"theme": "enchanted-dark"})
    assert path.read_bytes() == before


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Protects settings that are kept in another place, with their rights."""
    kept = tmp_path / "dotfiles.yaml"
    kept.write_text("bell: no\n")
    kept.chmod(0o600)
    path = tmp_path / "config.yaml"
    path.symlink_to(kept)
    write(path, {"bell": True})
    assert path.is_symlink() and kept.read_text() == "bell: true\n"
    assert os.stat(kept).st_mode & 0o777 == 0o600
