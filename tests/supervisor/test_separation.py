"""What tells failures from successes, against a search through all intervals."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.ui.widgets.separation_view import summary
from enchanted_tui.views.separation import heights, separation, separations

_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
_FEW = st.lists(st.one_of(st.integers(-5, 5).map(float), _NUMBERS), max_size=12)


def _best(failed: list[float], ok: list[float]) -> float:
    """The largest Youden index of any interval, by trying all."""
    ends = sorted({*failed, *ok})
    return max(
        sum(low <= value <= high for value in failed) / len(failed)
        - sum(low <= value <= high for value in ok) / len(ok)
        for low in ends
        for high in ends
        if low <= high
    )


@given(_FEW.filter(bool), _FEW.filter(bool))
@settings(deadline=None)
def test_no_interval_separates_better(failed: list[float], ok: list[float]) -> None:
    """Protects the ranking: the interval found is as good as any (a simpler threshold may cost
    0.02), and its shares are true.
    """
    found = separation("p", failed, ok)
    assert found.score >= _best(failed, ok) - 0.02 - 1e-9
    inside = lambda value: (  # noqa: E731
        (found.low is None or value > found.low) and (found.high is None or value <= found.high)
    )
    assert found.caught == pytest.approx(sum(map(inside, failed)) / len(failed))
    assert found.spared == pytest.approx(1 - sum(map(inside, ok)) / len(ok))
    assert found.span == (min(failed + ok), max(failed + ok))


def test_a_threshold_is_said_as_one() -> None:
    """Protects the sentence people read: "all have pressure > 4e+04"."""
    found = separation("pressure", [4.1e4, 4.5e4, 5e4], [1e3, 2e4, 3.9e4])
    assert found.condition() == "pressure > 4e+04"
    assert (found.caught, found.spared) == (1.0, 1.0)
    assert separation("p", [1.0, 2.0], [5.0, 6.0]).condition() == "p < 4"
    assert separation("p", [4.0, 5.0], [1.0, 2.0, 8.0, 9.0]).condition() == "3 < p < 6"


def test_the_most_telling_parameter_comes_first() -> None:
    """Protects the order of the list: chance last, a clear threshold first."""
    failed = {"noise": [1.0, 5.0, 9.0], "telling": [8.0, 9.0, 9.5], "some": [4.0, 8.0, 9.0]}
    ok = {
        "noise": [0.5, 2.0, 4.0, 6.0, 9.5],
        "telling": [1.0, 2.0, 3.0, 4.0, 5.0],
        "some": [1.0, 3.0, 5.0, 8.5, 2.0],
    }
    assert [found.name for found in separations(failed, ok)] == ["telling", "some", "noise"]


def test_without_successes_nothing_is_claimed() -> None:
    """Protects against a verdict where everything has failed."""
    found = separation("p", [1.0, 2.0], [])
    assert (found.low, found.high, found.score, found.ok_span) == (None, None, 0.0, None)


@given(st.lists(_NUMBERS, min_size=1, max_size=30), st.integers(1, 60))
@settings(deadline=None)
def test_every_value_has_a_place_on_the_axis(values: list[float], width: int) -> None:
    """Protects the strips: any finite values, also at the ends of what numbers there are, and a
    single one is seen.
    """
    span = (min(values), max(values))
    for logarithmic in (False, True) if span[0] > 0 else (False,):
        found = heights(values, span, width, logarithmic=logarithmic)
        assert len(found) == width
        assert max(found) == 8
        assert sum(height > 0 for height in found) <= len(set(values))
        if span[0] < span[1] and width > 1:
            assert found[0] > 0
            assert found[-1] > 0


@pytest.mark.slow
def test_a_large_campaign_is_judged_quickly_and_the_same() -> None:
    """Protects the screen at 100,000 samples: it looks at evenly spaced ones, and finds the same
    threshold.
    """
    failed = [0.8 + 0.2 * (i % 1000) / 1000 for i in range(20_000)]
    ok = [0.8 * (i % 997) / 1000 for i in range(80_000)]
    found = separation("p", failed, ok)
    assert found.low is not None
    assert math.isclose(found.low, 0.8, abs_tol=0.01)
    assert found.n_failed == 20_000


def _even(count: int, low: float = 0.0, high: float = 1.0) -> list[float]:
    return [low + (high - low) * (number + 0.5) / count for number in range(count)]


@pytest.mark.parametrize(("n_failed", "n_ok", "tells"), [(1, 2, False), (1, 200, False), (3, 7, False), (4, 100, False), (5, 5, False),
                                                         (6, 6, True), (10, 30, True), (200, 5, True)])  # fmt: skip
def test_few_samples_prove_nothing(n_failed: int, n_ok: int, tells: bool) -> None:
    """A perfect separation is claimed only where chance would hardly make one: any interval
    separates a single failure.
    """
    [found] = separations({"p": _even(n_failed, 0.8, 1.0)}, {"p": _even(n_ok, 0.0, 0.7)})
    assert found.score == 1.0
    assert found.tells is tells
    assert found.can_tell is tells


@pytest.mark.slow
def test_what_has_nothing_to_do_with_the_failures_is_not_blamed() -> None:
    """Of campaigns whose samples fail by chance alone, hardly one in a hundred names a parameter,
    however many are looked at.
    """
    draw = random.Random(5)
    wrong = 0
    for number in range(300):
        n_failed, n_ok = [(1, 3), (3, 30), (5, 9), (8, 8), (12, 40)][number % 5]
        failed, ok = (
            {f"p{i}": [draw.random() for _ in range(count)] for i in range(6)}
            for count in (n_failed, n_ok)
        )
        wrong += any(found.tells for found in separations(failed, ok))
    assert wrong <= 4


@pytest.mark.parametrize(
    ("failed", "ok", "said"),
    [
        ([0.9], [0.1, 0.2], "p: too few samples to tell (1 failed, 2 ok)"),
        ([0.9], [], "p: nothing has succeeded to compare with"),
        (_even(8, 0.8, 1.0), _even(20, 0.0, 0.7), "p > 0.7: all of the failed, none of the ok"),
        ([*_even(4, 0.8, 1.0), 0.1, 0.3], _even(10, 0.0, 0.7), "p: may be chance"),
        (_even(40), _even(40), "p: does not tell them apart"),
    ],
)
def test_what_is_said_of_a_parameter(failed: list[float], ok: list[float], said: str) -> None:
    """The sentence on the screen: a claim, why there is none, or that it may be chance, with the
    counts.
    """
    assert summary(separations({"p": failed}, {"p": ok})[0]).startswith(said)
