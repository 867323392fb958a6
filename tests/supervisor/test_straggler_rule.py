"""Which samples are stragglers: the decision alone, for any run times."""

from __future__ import annotations

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.executors.straggler_rule import StragglerRule
from enchanted_tui.supervisor.stragglers import run_time_limit, stragglers

RULES = st.builds(
    StragglerRule,
    after=st.floats(0.05, 0.99),
    factor=st.floats(1.01, 20),
)
SECONDS = st.floats(0.001, 1e6)
AGES = st.dictionaries(st.integers(), SECONDS, max_size=8)


@given(RULES, st.integers(0, 60), st.integers(1, 60), st.lists(SECONDS, max_size=60), AGES)
def test_only_what_runs_far_longer_is_ended_and_only_at_the_end(
    rule: StragglerRule, done: int, count: int, run_times: list[float], ages: dict[int, float]
) -> None:
    """Protects samples: none is a straggler while too few are done, or before it has run for
    `factor` times the median; all that have are.
    """
    found = stragglers(rule, done, count, run_times, ages)
    if done < rule.after * count - 1e-6 or done >= count or len(run_times) < 3:
        assert not found
        assert run_time_limit(rule, done, count, run_times) is None
    elif done >= rule.after * count:
        limit = max(1.0, rule.factor * median(run_times))
        assert found == {task for task, age in ages.items() if age >= limit}
        assert all(ages[task] > median(run_times) for task in found)


@given(RULES, st.floats(1.01, 20), st.lists(SECONDS, min_size=3, max_size=60), AGES)
def test_a_larger_factor_ends_no_more(
    rule: StragglerRule, factor: float, run_times: list[float], ages: dict[int, float]
) -> None:
    """Protects whoever raises it after a straggler that was none."""
    larger = StragglerRule(after=rule.after, factor=max(factor, rule.factor))
    smaller = StragglerRule(after=rule.after, factor=min(factor, rule.factor))
    assert stragglers(larger, 99, 100, run_times, ages) <= stragglers(
        smaller, 99, 100, run_times, ages
    )


def test_exact_shares_count() -> None:
    """Protects small batches: 0.55 of 100 are 55, whatever floating-point numbers make of it."""
    for count in range(2, 300):
        for done in range(1, count):
            rule = StragglerRule(after=done / count)
            assert run_time_limit(rule, done, count, [1.0] * 3) == 3.0
            assert run_time_limit(rule, done - 1, count, [1.0] * 3) is None
