"""Plots as pictures, seen in a real xterm."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.ui.xterm import is_installed, xterm

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not is_installed(), reason="Xvfb, xterm and import are not installed"),
]
_POINTS = (0, 0x72, 0xB2), (0xD5, 0x5E, 0)  #: the colours of successes and failures


def _paper(seen: NDArray[np.uint8]) -> float:
    """The share of the screen that is white."""
    return float((seen > 250).all(axis=2).mean())


def _has_points(seen: NDArray[np.uint8]) -> bool:
    near = (np.abs(seen.astype(int) - colour).max(axis=2) < 40 for colour in _POINTS)
    return all(int(found.sum()) > 40 for found in near)


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
        terminal.sees(shot, lambda seen: (seen > 60).any(axis=2).mean() > 0.02)
        for keys in ("5", "P"):
            before = terminal.look(shot)
            terminal.press(keys)
            terminal.sees(shot, lambda seen, before=before: (seen != before).mean() > 0.02)
        terminal.press("i")
        with_picture = terminal.sees(shot, lambda seen: _paper(seen) > 0.2 and _has_points(seen))
        for there, back in (("?", "\x1b"), ("M", "\x1b"), ("3", "5")):
            terminal.press(there)
            terminal.sees(shot, lambda seen: _paper(seen) < 0.05)
            terminal.press(back)
            terminal.sees(
                shot,
                lambda seen: abs(_paper(seen) - _paper(with_picture)) < 0.01 and _has_points(seen),
            )
        terminal.press("d")
        terminal.sees(shot, lambda seen: _paper(seen) > 0.1 and not _has_points(seen))
        terminal.press("q")
        terminal.sees(shot, lambda seen: _paper(seen) < 0.02)
