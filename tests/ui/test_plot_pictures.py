"""Plots drawn with characters: any values give a picture of the right size, and what can be pointed
at is where it is drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.ui import glyphs
from enchanted_tui.ui.charts import drawing
from enchanted_tui.ui.charts.colour_maps import DIVERGING, EVEN, colours_of, ink_on, steps_of
from enchanted_tui.ui.charts.correlation_picture import correlation_picture
from enchanted_tui.ui.charts.error_bars import error_bars
from enchanted_tui.ui.charts.fine_scatter import fine_scatter
from enchanted_tui.ui.charts.heat_pictures import heat_picture
from enchanted_tui.ui.charts.parallel_picture import parallel_picture
from enchanted_tui.ui.charts.spots import DrawnPlot, spots_of
from enchanted_tui.ui.charts.time_pictures import timeline, use_over_time
from enchanted_tui.views.rank_correlation import correlation_matrix
from enchanted_tui.views.task_times import Times
from helpers.marks import examples

_ANY = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1.7e308, -1.7e308, 5e-324, np.nan, np.inf]),
)
_POINTS = st.lists(st.tuples(_ANY, _ANY, st.booleans()), max_size=30)
_SIZES = st.tuples(st.integers(1, 90), st.integers(1, 40))
_COLOURS = {"success": "#00ff00", "error": "#ff0000", "primary": "#0000ff", "foreground": "#ffffff"}


@pytest.fixture(autouse=True, params=[False, True], ids=["unicode", "ascii"])
def signs(request: pytest.FixtureRequest) -> None:
    """Both sets of signs."""
    glyphs.use_ascii(request.param)


def _check(drawn: DrawnPlot, size: tuple[int, int], *, coloured: bool = False) -> None:
    picture, spots = drawn.picture, drawn.spots
    rows = ["".join(text for text, _ in picture.runs(y)) for y in range(picture.height)]
    assert (len(rows), {len(row) for row in rows}) == (size[1], {size[0]})
    if glyphs.is_ascii() and not coloured:  # half blocks are for terminals that have colours
        assert all(row.isascii() for row in rows)
    for spot in (0, len(spots) - 1) if len(spots) else ():
        assert spots.members(spot).size
        assert isinstance(drawn.says(spot), str)


@given(_POINTS, _SIZES, st.booleans(), st.booleans(), st.integers(1, 50), st.booleans())
@settings(deadline=None, max_examples=examples(40))
def test_any_values_give_a_picture(
    points: list[Any], size: tuple[int, int], log_x: bool, log_y: bool, bins: int, coloured: bool
) -> None:
    """Protects the screen: NaN, infinities, constants, nothing at all, huge ranges and tiny screens
    never raise or spill over.
    """
    x, y = (np.array([point[axis] for point in points], dtype=float) for axis in (0, 1))
    ok = np.array([point[2] for point in points], dtype=bool)
    log = (log_x, log_y)
    colours = _COLOURS if coloured and not glyphs.is_ascii() else None
    for values in (None, y):
        names = ("x", "y", "z")
        painted = colours is not None
        drawn = heat_picture(size, (x, y), values, names, log=log, bins=bins, coloured=painted)
        _check(drawn, size)
    for errors in (None, y):
        _check(error_bars(size, (x, y), errors, ("x", "y"), log=log, bins=bins), size)
    for grain in ("auto", "dots", "blocks"):
        for marking, numbers in ((None, None), (drawing.by_success(ok), None), (None, y)):
            drawn = fine_scatter(
                size, (x, y), ("x", "y"), log=log, marking=marking, numbers=numbers,
                grain=grain, colours=colours,
            )  # fmt: skip
            _check(drawn, size)
    columns = {"x": x, "y": y, "z": x}
    for chosen in (None, 0):
        marking = drawing.by_success(ok)
        _check(parallel_picture(size, columns, marking, first=0, chosen=chosen), size)
    found = correlation_matrix(columns)
    painted = colours is not None
    drawn = correlation_picture(size, list(columns), *found, first=0, coloured=painted)
    _check(drawn, size)


@given(
    st.lists(
        st.tuples(st.floats(0, 1e9), st.floats(0, 1e6), st.integers(0, 2), st.integers(0, 2)),
        max_size=30,
    ),
    _SIZES,
)
@settings(deadline=None, max_examples=examples(40))
def test_any_tasks_give_a_timeline(tasks: list[Any], size: tuple[int, int]) -> None:
    """Tasks of no length, at the same time, years apart, or none at all."""
    started, length, state, host = (
        np.array([task[place] for task in tasks], dtype=float) for place in range(4)
    )
    unknown = np.full(len(tasks), np.nan)
    times = Times(
        np.arange(len(tasks), dtype=np.int64), started, started + length, state.astype(np.int8),
        np.ones(len(tasks)), unknown, unknown, host.astype(np.intp), ("a", "b", "long name of a host"),
    )  # fmt: skip
    _check(timeline(size, times), size)
    _check(use_over_time(size, times), size)


def test_points_are_pointed_at_where_they_are() -> None:
    """Each point is a member of the spot whose character is drawn."""
    chance = np.random.default_rng(1)
    x, y = chance.random((2, 50))
    for grain in ("auto", "dots", "blocks"):
        drawn = fine_scatter(
            (60, 20), (x, y), ("x", "y"), log=(False, False), marking=None, numbers=None,
            grain=grain, colours=_COLOURS,
        )  # fmt: skip
        lines = drawn.picture.text().splitlines()
        spots = drawn.spots
        assert sorted(spots.ordered.tolist()) == list(range(50))
        for spot in range(len(spots)):
            assert lines[spots.rows[spot]][spots.columns[spot]] != " "
            member = int(spots.members(spot)[0])
            assert spots.of_member(member) == spot


def test_a_hundred_thousand_points_fill_every_dot() -> None:
    """Braille at any number of points: a uniform cloud fills the frame, and nothing beside it."""
    chance = np.random.default_rng(2)
    x, y = chance.random((2, 100_000))
    drawn = fine_scatter(
        (40, 12), (x, y), ("x", "y"), log=(False, False), marking=None, numbers=None,
        grain="dots", colours=_COLOURS,
    )  # fmt: skip
    full = "@" if glyphs.is_ascii() else "\u28ff"
    assert drawn.picture.text().count("#" if glyphs.is_ascii() else full) > 250


def test_the_cursor_goes_where_it_is_sent() -> None:
    """From a grid of spots, each key leads to the neighbour, and none leads out of it."""
    columns, rows = (one.ravel() for one in np.meshgrid(np.arange(5) * 3, np.arange(4)))
    spots = spots_of(columns, rows, np.arange(20))
    at = spots.nearest(6, 2)
    assert at is not None and (spots.columns[at], spots.rows[at]) == (6, 2)
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        found = spots.beside(6, 2, across, down)
        assert found is not None
        assert (spots.columns[found] - 6, spots.rows[found] - 2) == (3 * across, down)
    assert spots.beside(12, 2, 1, 0) is None and spots.beside(6, 0, 0, -1) is None


def test_means_have_the_colour_of_their_value() -> None:
    """The smallest value is the darkest, the largest the lightest, and what is beside is empty."""
    x, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    values = np.array([1.0, 2.0, 3.0, 9.0])
    drawn = heat_picture(
        (30, 11), (x, y), values, ("x", "y", "z"), log=(False, False), bins=2, coloured=True
    )
    colours = {
        name
        for row in range(1, 9)
        for _, colour in drawn.picture.runs(row)
        if colour.startswith("#")
        for name in colour.split(" on ")
    }
    assert {EVEN[0], EVEN[-1]} <= colours and len(colours) == 4
    assert drawn.says(0) != "" and sorted(drawn.spots.ordered.tolist()) == [0, 1, 2, 3]


@given(st.lists(_ANY, min_size=1, max_size=20))
def test_any_value_has_a_colour(values: list[float]) -> None:
    """Steps rise with the value; NaN has none."""
    numbers = np.array(values)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    steps = steps_of(numbers, low, high, 7)
    assert ((steps >= 0) == ~np.isnan(numbers)).all() and steps.max(initial=0) <= 6
    order = np.argsort(finite)
    assert (np.diff(steps[np.isfinite(numbers)][order]) >= 0).all()
    assert set(colours_of(numbers, low, high, DIVERGING)) <= {*DIVERGING, ""}


def test_numbers_on_colours_are_read() -> None:
    """White on dark, black on light."""
    assert (ink_on("#000000"), ink_on("#ffffff")) == ("#ffffff", "#000000")
