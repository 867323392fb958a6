"""Charts drawn with characters: any values give a picture of the right size, with true axes."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.ui import glyphs
from enchanted_tui.ui.charts import drawing, picture
from enchanted_tui.ui.charts.chart_axes import ChartAxis, axis_over, labels
from enchanted_tui.views.dataset_statistics import running_best

_ANY = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1.7e308, -1.7e308, 5e-324, math.nan, math.inf]),
)
_POINTS = st.lists(st.tuples(_ANY, _ANY, st.booleans()), max_size=30)
_SIZES = st.tuples(st.integers(1, 90), st.integers(1, 40))


@pytest.fixture(autouse=True, params=[False, True], ids=["unicode", "ascii"])
def signs(request: pytest.FixtureRequest) -> None:
    """Both sets of signs."""
    glyphs.use_ascii(request.param)


def _arrays(points: list[tuple[float, float, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.array([x for x, _, _ in points], dtype=float),
        np.array([y for _, y, _ in points], dtype=float),
        np.array([ok for _, _, ok in points], dtype=bool),
    )


def _check(picture: Any, size: tuple[int, int]) -> None:
    rows = ["".join(text for text, _ in picture.runs(y)) for y in range(picture.height)]
    assert (len(rows), {len(row) for row in rows}) == (size[1], {size[0]})
    if glyphs.is_ascii():
        assert all(row.isascii() for row in rows)


@given(_POINTS, _SIZES, st.booleans(), st.booleans(), st.booleans())
@settings(deadline=None)
def test_any_values_give_a_picture(
    points: list, size: tuple[int, int], log_x: bool, log_y: bool, largest: bool
) -> None:
    """Protects the screen: NaN, infinities, constants, nothing at all, huge ranges and tiny screens
    never raise or spill over.
    """
    x, y, ok = _arrays(points)
    for marking in (None, drawing.by_success(ok), drawing.by_value(y)):
        _check(drawing.scatter(size, x, y, ("x", "y"), log=(log_x, log_y), marking=marking), size)
    _check(drawing.histogram(size, x, ok, "x", log=log_x), size)
    values = np.where(ok, y, np.nan)
    _check(
        drawing.course(size, values, running_best(y, ok, largest=largest), ("n", "y"), log=log_y),
        size,
    )
    assert len(drawing.spread(x, 0.0, 1.0, size[0])) == size[0]


@given(st.lists(_ANY, max_size=20), st.booleans(), st.integers(1, 15))
@settings(deadline=None)
def test_axes_hold_all_values_and_have_round_ticks(
    values: list[float], log: bool, most: int
) -> None:
    """Protects the numbers on the axes: every value is on the axis, ticks rise, lie on it and are
    told apart.
    """
    numbers = np.array(values, dtype=float)
    axis = axis_over(numbers, log=log)
    usable = numbers[np.isfinite(numbers) & ((numbers > 1e-307) | (not log))]
    if axis is None:
        assert not usable.size
        return
    assert axis.low < axis.high
    assert not np.isnan(axis.share(usable)).any()
    ticks = axis.ticks(most)
    assert 1 <= len(ticks) <= max(1, most)
    assert all(one < other for one, other in pairwise(ticks))
    texts = labels(ticks)
    assert len(set(texts)) == len(ticks)


@pytest.mark.parametrize(
    ("axis", "texts"),
    [
        (ChartAxis(0, 1), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (ChartAxis(-3, 7), ["-2", "0", "2", "4", "6"]),
        (ChartAxis(1e3, 5e4), ["10000", "20000", "30000", "40000", "50000"]),
        (ChartAxis(1e-3, 1e3, True), ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]),
        (ChartAxis(1e-12, 1e12, True), ["1e-12", "1e-8", "0.0001", "1", "10000", "1e8", "1e12"]),
        (ChartAxis(0, 2.5e6), ["0", "5e5", "1e6", "1.5e6", "2e6", "2.5e6"]),
    ],
)
def test_ticks_are_what_a_person_would_write(axis: ChartAxis, texts: list[str]) -> None:
    """Protects sensible ticks: steps of 1, 2 and 5, decades on logarithmic axes, as few digits as
    tell them apart.
    """
    found = labels(axis.ticks(7))
    assert [float(text) for text in found] == [float(text) for text in texts]
    assert found == texts


def test_points_are_where_they_belong() -> None:
    """Protects the truth of a scatter plot: corners, and a cross where the failed are."""
    x, y = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    rows = (
        drawing.scatter(
            (40, 13),
            x,
            y,
            ("p", "q"),
            marking=drawing.by_success(np.array([True, True, True, False])),
        )
        .text()
        .splitlines()
    )
    cross = glyphs.glyph("failed")
    assert rows[1].endswith(cross)
    assert sum(row.count(cross) for row in rows[1:-1]) == 1
    left = rows[1].index(glyphs.glyph("vertical"))
    assert rows[1][left + 1] != " "
    assert rows[10][left + 1] != " "


@pytest.mark.parametrize(
    ("count", "grain"),
    [(50, "point"), (390, "point"), (400, "point"), (401, "block"), (3200, "block"), (3201, "dot")],
)
def test_points_are_as_large_as_there_is_room(count: int, grain: str) -> None:
    """Protects the sight of a scatter plot: single dots of braille are lost on a screen, whole
    characters hide a crowd.
    """
    spots = np.random.default_rng(1).uniform(size=(2, count))
    text = drawing.scatter((80, 20), spots[0], spots[1], ("p", "q")).text()
    assert (glyphs.glyph("point") in text) == (grain == "point")
    if not glyphs.is_ascii():
        quarters = sum(text.count(letter) for letter in "▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")
        braille = sum(0x2800 <= ord(letter) < 0x2900 for letter in text)
        used = {"point": text.count(glyphs.glyph("point")), "block": quarters, "dot": braille}
        assert used.pop(grain) > 0.5 * min(count, 1300) and not any(used.values())
    [(legend, _), _] = drawing.by_success(np.array([True])).legend(cast(Any, grain))
    assert (legend[0] == glyphs.glyph("point")) == (grain == "point")


def test_quarters_are_where_the_dots_are() -> None:
    """Protects the place of a point: each dot of braille fills the quarter of the character in
    which it is.
    """
    if glyphs.is_ascii():
        assert picture.block(0xFF) == "#" and picture.block(0) == " "
        return
    assert [picture.block(1 << bit) for bit in range(8)] == ["▘", "▘", "▖", "▝", "▝", "▗", "▖", "▗"]
    assert picture.block(0xFF) == "█" and picture.block(0) == " "


def test_what_most_points_are_is_what_is_shown() -> None:
    """Protects against one failure that hides many successes, or the other way round."""
    x = np.array([0.0, 1.0, *[0.5] * 10])
    y = x.copy()
    mostly = np.array([True] * 2 + [False] * 7 + [True] * 3)
    text = drawing.scatter((40, 13), x, y, ("p", "q"), marking=drawing.by_success(mostly)).text()
    assert text.count(glyphs.glyph("failed")) == 1
    assert (
        glyphs.glyph("failed")
        not in drawing.scatter(
            (40, 13), x, y, ("p", "q"), marking=drawing.by_success(~mostly | (x != 0.5))
        ).text()
    )


def test_a_histogram_is_as_high_as_its_counts() -> None:
    """Protects the bars: twice the samples, twice the height; failures have a sign of their own."""
    values = np.array([0.0] * 40 + [1.0] * 20)
    text = (
        drawing.histogram((30, 23), values, np.ones(60, dtype=bool), "v").text().splitlines()[1:-2]
    )
    full = "#" if glyphs.is_ascii() else "█"
    left, right = (sum(full in row[slice(*half)] for row in text) for half in ((4, 15), (15, 30)))
    assert left == pytest.approx(2 * right, abs=1)
    failed = drawing.histogram((30, 23), values, values == 0.0, "v").text()
    assert ("x" if glyphs.is_ascii() else "▒") in failed


def test_a_number_as_colour_has_as_many_points_in_each_step() -> None:
    """Protects the meaning of the five signs, and points without a value from being marked."""
    marking = drawing.by_value(np.array([*range(100), math.nan], dtype=float))
    assert np.bincount(marking.classes[:-1]).tolist() == [20] * 5
    assert marking.classes[-1] == -1
    assert len(set(marking.signs)) == 5
    assert drawing.by_value(np.array([3.0, 3.0])).names == ("3",)


def test_matplotlib_is_not_imported_to_look_at_results() -> None:
    """Protects the start of the Results screen, and everybody without the optional packages."""
    code = "import enchanted_tui.ui.screens.results, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"matplotlib", "pandas", "scipy", "h5py", "pyarrow", "dask"} & set(
        done.stdout.split()
    )
