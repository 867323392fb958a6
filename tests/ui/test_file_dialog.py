"""Choosing files by going through folders, by what was chosen lately, and with a look inside."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from enchanted_tui.ui import remembered
from enchanted_tui.ui.editor.file_dialog import FileDialog, look
from helpers.ui.editing import TEXT, Editor, opened
from helpers.ui.watching import Watcher, in_loop


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with configurations in it, below it and beside it."""
    home = tmp_path / "work"
    (home / "inner").mkdir(parents=True)
    (home / "a.yaml").write_text(TEXT)
    (home / "inner" / "b.yaml").write_text("# of the inner one\n" + TEXT)
    (home / "notes.txt").write_text("no configuration")
    (tmp_path / "c.yaml").write_text(TEXT)
    monkeypatch.chdir(home)
    return home


async def _open(editor: Editor) -> Any:
    await editor.press("escape", "o")
    await editor.until(lambda: isinstance(editor.app.screen, FileDialog))
    dialog: Any = editor.app.screen
    await editor.until(lambda: dialog.listed.option_count)
    return dialog


def _lines(dialog: Any) -> list[str]:
    return [str(option.prompt) for option in dialog.listed.options]


@in_loop
async def test_folders_recent_files_and_a_look(home: Path) -> None:
    """Protects whoever types no path: by mouse alone into a folder and out again, to a file outside
    of the first one; what was chosen comes first the next time, and is shown before it is opened.
    """
    async with opened(home / "a.yaml") as editor:
        dialog = await _open(editor)
        assert _lines(dialog) == ["up to   ../", "a.yaml", "inner/"]
        await Watcher(editor.app, editor.pilot).click("inner/")
        await editor.until(lambda: _lines(dialog) == ["up to   ./", "inner/b.yaml"])
        await editor.press("down", "down")
        await editor.until(
            lambda: "# of the inner one" in str(dialog.query_one("#look", Static).render())
        )
        await Watcher(editor.app, editor.pilot).click("inner/b.yaml")
        await editor.until(lambda: editor.screen.file.buffer.name == "b.yaml")
        await editor.until(lambda: remembered.read().files == [str(home / "inner" / "b.yaml")])
        dialog = await _open(editor)
        assert _lines(dialog)[0].startswith("recent  ") and "b.yaml" in _lines(dialog)[0]
        await Watcher(editor.app, editor.pilot).click("up to")
        await editor.until(lambda: any("a.yaml" in line for line in _lines(dialog)))
        assert not any("notes.txt" in line for line in _lines(dialog))


@in_loop
async def test_tab_completes_what_is_there(home: Path) -> None:
    """Protects typing: what is offered besides does not get in the way of Tab."""
    async with opened(home / "a.yaml") as editor:
        dialog = await _open(editor)
        dialog.typed.value = "in"
        await editor.press("tab")
        await editor.until(lambda: dialog.typed.value == "inner/")
        await editor.until(lambda: len(_lines(dialog)) == 2)
        await editor.press("tab")
        await editor.until(lambda: dialog.typed.value == "inner/b.yaml")
        await editor.press("enter")
        await editor.until(lambda: editor.screen.file.buffer.name == "b.yaml")


def test_a_look_never_waits_and_never_fails(tmp_path: Path) -> None:
    """Protects against what lies about in directories: pipes, pictures, what cannot be read."""
    os.mkfifo(tmp_path / "pipe")  # beside the home directory
    (tmp_path / "picture").write_bytes(b"\x89PNG\0\1")
    (tmp_path / "latin").write_bytes(b"caf\xe9\n")
    assert look(tmp_path / "pipe").startswith("cannot be read: a named pipe")
    assert look(tmp_path / "picture").endswith("not text")
    assert "caf" in look(tmp_path / "latin")
    assert look(tmp_path / "gone").startswith("cannot be read")
    assert look(tmp_path).startswith("4 entries")
