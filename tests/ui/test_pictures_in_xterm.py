"""Plots as pictures, seen in a real xterm."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.ui.xterm import is_installed, xterm

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not is_installed(), reason="install the Debian packages xvfb, xterm and imagemagick"
    ),
]
_POINTS = 0, 0x72, 0xB2  #: the colour of successes


def _paper(seen: NDArray[np.uint8]) -> float:
    """The share of the screen that is white."""
    return float((seen > 250).all(axis=2).mean())


def _has_points(seen: NDArray[np.uint8]) -> bool:
    return bool((np.abs(seen.astype(int) - _POINTS).max(axis=2) < 30).sum() > 200)


def _differs(before: NDArray[np.uint8], seen: NDArray[np.uint8]) -> bool:
    return bool((seen != before).mean() > 0.02)


@pytest.mark.parametrize("registers", ["256", "16"])
def test_a_picture_is_seen_covered_and_gone(
    finished_run: Path, tmp_path: Path, registers: str
) -> None:
    """Protects against pictures that a terminal does not show, or that lie over something else:
    help, another screen, the shell afterwards; with as few colours as a VT340 had.
    """
    command = [sys.executable, "-m", "enchanted_tui", str(finished_run)]
    shot = tmp_path / "seen.png"
    options = ("-bg", "black", "-fg", "gray", "-xrm", f"XTerm*numColorRegisters: {registers}")
    with xterm(command, tmp_path, *options) as terminal:

        def becomes(condition: Callable[[NDArray[np.uint8]], object]) -> NDArray[np.uint8]:
            return terminal.sees(shot, condition)

        becomes(lambda seen: (seen > 60).any(axis=2).mean() > 0.02)
        before = terminal.look(shot)
        for keys in ("5", "P"):
            terminal.press(keys)
            before = becomes(functools.partial(_differs, before))
        terminal.press("i")
        paper = _paper(becomes(lambda seen: _paper(seen) > 0.2 and _has_points(seen)))
        for there, back in (("?", "\x1b"), ("M", "\x1b"), ("3", "5")):
            terminal.press(there)
            becomes(lambda seen: _paper(seen) < 0.05)
            terminal.press(back)
            becomes(lambda seen: abs(_paper(seen) - paper) < 0.01 and _has_points(seen))
        terminal.press("d")
        becomes(lambda seen: 0.03 < _paper(seen) < 0.15 and not _has_points(seen))
        terminal.press("q")
        becomes(lambda seen: _paper(seen) < 0.02)
