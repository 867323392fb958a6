"""Long texts in the Config screen, which a process of its own checks: whatever is so for short ones
is so for them too.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from enchanted_tui.ui.editor import text_checker
from enchanted_tui.ui.editor.checker_process import CheckerProcess
from enchanted_tui.ui.editor.menu import CompletionMenu
from helpers.ui.editing import TEXT, Editor, opened
from helpers.ui.watching import in_loop


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration, which is taken for a long one; no process is left of its checks."""
    monkeypatch.setattr(text_checker, "LONG", 100)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.yaml"
    path.write_text(TEXT)
    yield path
    assert not _checkers()


def _checkers() -> list[psutil.Process]:
    """Give the processes that check texts for this one."""
    found = []
    for process in psutil.Process().children():
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            found += [process] if CheckerProcess.__module__ in " ".join(process.cmdline()) else []
    return found


async def _killed(editor: Editor) -> None:
    """Kill the process that checks."""
    [process] = _checkers()
    os.kill(process.pid, signal.SIGKILL)
    await editor.until(lambda: not _checkers())


@in_loop
async def test_all_that_is_known_of_a_text(path: Path) -> None:
    """Protects long configurations: problems, outline, help, completion and what would run are
    those of a short one.
    """
    async with opened(path, size=(160, 40)) as editor:
        assert len(_checkers()) == 1
        assert "valid" in editor.shown()
        editor.screen.area.go_to(8, 11)
        await editor.press("end", "x")
        await editor.checked()
        assert "1 error" in editor.shown() and "10x" in editor.shown()
        await editor.press("backspace")
        await editor.checked()
        editor.screen.area.go_to(8, 6)
        await editor.press("f12")
        await editor.until(lambda: "samplers.plane.budget" in editor.shown())
        await editor.press("f5")
        await editor.until(lambda: "10 samples in 1 batch" in editor.shown())
        await editor.press("f4")
        await editor.until(lambda: "RandomSampler" in editor.shown().split("[Outline]")[1])
        editor.screen.area.focus()
        editor.screen.area.go_to(5, 16)
        await editor.press("ctrl+@")
        await editor.until(lambda: editor.screen.query_one(CompletionMenu).is_open)
        await editor.press("escape")


@in_loop
async def test_the_process_dies(path: Path) -> None:
    """Protects the editor from what a plugin does to the process that imports it: it is said, and
    the next check is as ever.
    """
    async with opened(path, size=(160, 40)) as editor:
        await _killed(editor)
        await editor.press("f12", "f5")
        await editor.until(lambda: "What would run cannot be told" in editor.shown())
        path.with_name("plugin.py").write_text(
            "import os, signal\n\nos.kill(os.getpid(), signal.SIGKILL)\n"
        )
        area = editor.screen.area
        area.replace_all(TEXT.replace("SyntheticDoubleGaussianRunner", "plugin:Runner"))
        await editor.checked()
        assert "1 error" in editor.shown() and "SIGKILL" in editor.shown()
        area.undo()
        await editor.checked()
        assert "valid" in editor.shown()


@in_loop
async def test_moving_through_a_text_asks_about_the_last_place_alone(path: Path) -> None:
    """Protects help at the cursor: places that the cursor has left are not explained first."""
    async with opened(path) as editor:
        checked: Any = editor.screen._checked
        with checked.answers._process._asking:  # busy with something else
            editor.screen.area.go_to(8, 6)
            await editor.pilot.pause(0.3)
            editor.screen.area.go_to(5, 8)
            await editor.pilot.pause(0.3)
        await editor.press("f12")
        await editor.until(lambda: "samplers.plane.type" in editor.shown())
