"""Samples that are continued, beside what their executors can do for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from enchanted_tui.config.options import asked
from enchanted_tui.config.problems import Path
from enchanted_tui.config.report import Report


def check_restarts(
    report: Report,
    pairs: Iterable[tuple[str, str]],
    executors: Mapping[str, Any],
    runners: Mapping[str, Any],
    place: Callable[[str, str, str], Path],
    *,
    local_storage: bool,
) -> None:
    """Check each (executor, runner) that work together, by name; an instance is None where its
    options are wrong. `place` gives the path of an option by kind and name of its component.
    """
    for executor_name, runner_name in sorted(set(pairs)):
        runner = runners.get(runner_name)
        restart = _restart_of(runner)
        if restart is None:
            continue
        where = place("runner", runner_name, "restart")
        if local_storage:
            report.warning(
                where,
                "samples of this runner run in base_run_dir and not in local_storage: what is on a"
                " node's own disk is lost with the job, and so would be the checkpoints",
                at_key=True,
            )
        known = getattr(executors.get(executor_name), "restart_warning", None)
        sentence = None if known is None else known(restart)
        if sentence is not None:
            report.warning(where, f"on the executor {executor_name!r} {sentence}", at_key=True)


def _restart_of(runner: Any) -> dict[str, Any] | None:
    """Return the option `restart` of a runner with its defaults filled in; None without it."""
    given = getattr(runner, "restart", None)
    if given is None:
        return None
    rule: dict[str, Any] | None = asked(type(runner), "restart", {"restart": given})
    return rule
