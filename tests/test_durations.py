"""Lengths of time read the same everywhere."""

from __future__ import annotations

import pytest

from enchanted_tui.durations import between, core_time, duration, rough_duration, whole_duration


@pytest.mark.parametrize(
    ("seconds", "full", "whole", "rough"),
    [
        (0, "0 s", "0 s", "0 s"),
        (0.000_02, "20 us", "0 s", "0 s"),
        (0.314, "0.31 s", "0 s", "0 s"),
        (42.4, "42 s", "42 s", "42 s"),
        (185, "3 min 5 s", "3 min 5 s", "3 min"),
        (3_599.6, "1 h", "1 h", "60 min"),
        (90_061, "1 d 1 h", "1 d 1 h", "25 h"),
        (86_400 * 3, "3 d", "3 d", "72 h"),
        (86_400 * 12, "12 d", "12 d", "12 d"),
    ],
)
def test_lengths_of_time(seconds: float, full: str, whole: str, rough: str) -> None:
    """Two units of what was measured, one of what is estimated; campaigns of weeks show days."""
    assert (duration(seconds), whole_duration(seconds), rough_duration(seconds)) == (
        full,
        whole,
        rough,
    )


def test_what_is_not_known_and_bounds() -> None:
    """A unit is not repeated, and nothing is made up."""
    assert (duration(None), rough_duration(None), between(None, 3)) == ("?", "?", "")
    assert between(1_080, 1_500) == "18-25 min"
    assert between(90, 150) == "90 s - 2 min"
    assert core_time(90) == "1.5 core-min"
