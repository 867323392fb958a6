"""Which samples are stragglers: the decision alone, for any run times."""

from __future__ import annotations

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.executors.straggler_rule import StragglerRule
from enchanted_tui.supervisor.stragglers import run_time_limit

RULES = st.builds(
    StragglerRule,
    after=st.floats(0.05, 0.99),
    factor=st.floats(1.01, 20),
)
SECONDS = st.floats(0.001, 1e6)


@given(RULES, st.integers(0, 60), st.integers(1, 60), st.lists(SECONDS, max_size=60))
def test_only_what_runs_far_longer_is_ended_and_only_at_the_end(
    rule: StragglerRule, done: int, count: int, run_times: list[float]
) -> None:
    """Protects samples: none is a straggler while too few are done, or before it has run for
    `factor` times the median and for a second.
    """
    limit = run_time_limit(rule, done, count, run_times)
    if done < rule.after * count - 1e-6 or done >= count or len(run_times) < 3:
        assert limit is None
    elif done >= rule.after * count:
        assert limit == max(1.0, rule.factor * median(run_times))
        assert limit > median(run_times)


@given(RULES, st.floats(1.01, 20), st.lists(SECONDS, min_size=3, max_size=60))
def test_a_larger_factor_ends_no_more(
    rule: StragglerRule, factor: float, run_times: list[float]
) -> None:
    """Protects whoever raises it after a straggler that was none."""
    larger = StragglerRule(after=rule.after, factor=max(factor, rule.factor))
    smaller = StragglerRule(after=rule.after, factor=min(factor, rule.factor))
    limits = [run_time_limit(each, 99, 100, run_times) for each in (smaller, larger)]
    # there is none where `after` is above what is done
    assert None in limits or limits[0] <= limits[1]
    assert (limits[0] is None) == (limits[1] is None)
