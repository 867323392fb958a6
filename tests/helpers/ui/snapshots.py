"""Compare what a screen shows, as plain text, with a file in ``tests/ui/snapshots``;
``--update-snapshots`` writes the files.
"""

from __future__ import annotations

import difflib
import functools
import os
import re
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.geometry import Region

DIRECTORY = Path(__file__).parents[2] / "ui" / "snapshots"
_update = False

#: The sizes that people have; the larger one with ``--full``.
SIZES = pytest.mark.parametrize(
    "size",
    [(80, 24), pytest.param((120, 40), marks=pytest.mark.full)],
    ids=["80x24", "120x40"],
)


def set_update(update: bool) -> None:
    """Write the files instead of comparing with them."""
    global _update
    _update = update


def screen_text(app: App[Any]) -> str:
    """Give the text of the whole screen, one line a row, without trailing blanks."""
    width, height = app.size
    region = Region(0, 0, width, height)
    strips = app.screen._compositor.render_strips()
    lines = [strip.crop(region.x, region.right).text.rstrip() for strip in strips[:height]]
    return "\n".join(lines) + "\n"


def _without_ages(text: str) -> str:
    """How long ago something was depends on how busy the machine is: "3 s ago", "2 min ago" and
    "just now" are alike.
    """
    return re.sub(r" *\b(\d+ (?:s|min) ago|just now)", " recently", text)


def _as_long(stand_in: str, match: re.Match[str]) -> str:
    return stand_in[: len(match[0])].ljust(len(match[0]))


def assert_screen(app: App[Any], name: str, *, hide: dict[str, str] | None = None) -> None:
    """Compare the screen with the snapshot called `name`; `hide` maps regular expressions to what
    stands for them.

    Replacements keep the length of what they hide, so that columns stay where they are.
    """
    text = screen_text(app)
    for pattern, stand_in in (hide or {}).items():
        text = re.sub(pattern, functools.partial(_as_long, stand_in), text)
    text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    text = _without_ages(text)
    path = DIRECTORY / f"{name}.txt"
    if _update or os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return
    assert path.exists(), (
        f"there is no snapshot {path}; pytest --update-snapshots writes it:\n{text}"
    )
    expected = _without_ages(path.read_text())
    if text != expected:
        difference = "\n".join(
            difflib.unified_diff(
                expected.splitlines(), text.splitlines(), str(path), "shown", lineterm=""
            )
        )
        raise AssertionError(
            "the screen differs from its snapshot (pytest --update-snapshots accepts"
            f" it):\n{difference}"
        )
