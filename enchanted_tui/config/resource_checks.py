"""What runners need beside what executors have: samples for which there is no room, and launches
that fail or waste machines in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from enchanted_tui.config.problems import Path
from enchanted_tui.config.report import Report

Instances = Mapping[str, Any]


def check_resources(
    report: Report,
    pairs: Iterable[tuple[str, str]],
    executors: Instances,
    runners: Instances,
    place: Callable[[str, str, str], Path],
) -> None:
    """Check each (executor, runner) that work together, by name; an instance is None where its
    options are wrong. `place` gives the path of an option by kind and name of its component.
    """
    for executor_name, runner_name in sorted(set(pairs)):
        executor, runner = executors.get(executor_name), runners.get(runner_name)
        if executor is None or runner is None:
            continue
        if why := _no_more_memory(executor, runner):
            report.warning(
                place("executor", executor_name, "memory_retry"),
                f"has no effect on samples of the runner {runner_name!r}: {why}",
            )
        if not hasattr(runner, "written_resources"):
            continue
        if runner.written_resources() is not None:
            where = place("runner", runner_name, "resources")
            _check_pair(report, where, executor_name, executor, runner)
        else:
            for name in runner.launchers():
                found = list(_launch_warnings(executor, name))
                for option, sentence in found:
                    report.warning(place("executor", executor_name, option), sentence)
                threads = _threads_of_ranks(executor, runner) if name and not found else 1
                if threads > 1:
                    where = place("runner", runner_name, "command")
                    report.warning(where, _threads_of_each_rank(name, threads), at_key=True)


def _check_pair(
    report: Report, place: Path, executor_name: str, executor: Any, runner: Any
) -> None:
    if not getattr(executor, "gives_shares", False):
        report.warning(
            place,
            f"has no effect: the executor {executor_name!r} ({type(executor).__name__}) does not"
            " count CPUs and GPUs",
            at_key=True,
        )
        return
    for sentence in runner.resource_warnings(str(getattr(executor, "launcher", "")) == "none"):
        report.warning(place, sentence, at_key=True)
    wanted = runner.static_resources()
    why = None if wanted is None else executor.room_problem(wanted)
    if why is not None:
        report.error(
            place, f"no sample can run on the executor {executor_name!r}: {why}", at_key=True
        )


def _no_more_memory(executor: Any, runner: Any) -> str:
    """Say why samples of a runner cannot be given more memory than they had, if that is wanted;
    nothing if they can.
    """
    if getattr(executor, "memory_retry", None) is None:
        return ""
    if not getattr(executor, "gives_shares", False):
        return f"{type(executor).__name__} gives samples no memory of their own"
    written = runner.written_resources() if hasattr(runner, "written_resources") else None
    if not (written or {}).get("mem"):
        return "its resources do not say how much it has; add resources: {mem: ...}"
    return ""


def _threads_of_ranks(executor: Any, runner: Any) -> int:
    """Return how many threads each rank is told to start that a runner starts by itself; 1 where
    nobody tells it, or the runner says it.
    """
    told = getattr(executor, "threads_told", None)
    return 1 if told is None or runner.says_threads() else told() or 1


def _threads_of_each_rank(launcher: str, threads: int) -> str:
    return (
        f"each rank that {launcher} starts is told to start {threads} threads (OMP_NUM_THREADS),"
        " which is all CPUs that the sample has; where there are several ranks, give the runner"
        " resources, or say environment: {OMP_NUM_THREADS: '1'}"
    )


def _launch_warnings(executor: Any, launcher: str) -> Iterable[tuple[str, str]]:
    warnings = getattr(executor, "launch_warnings", None)
    return warnings(launcher) if warnings is not None else ()
