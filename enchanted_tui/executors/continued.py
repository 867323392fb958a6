"""A task whose sample is continued: its directory stays from run to run, and a run that ends may be
no result.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from enchanted_tui import values
from enchanted_tui.runners.kept_directory import begin_run, end_run, interrupted_state, read_state
from enchanted_tui.runners.restart import ATTEMPT_VARIABLE, RESTART_VARIABLE, Continues

CONTINUES = b">"  #: begins the line of a task that is not done and is to be continued


def restart_of_task(message: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
    """Return how a task is continued, see `runners.restart.restart_of`; None for one that is
    not.
    """
    return context["runners"].get(message["runner"], {}).get("restart")


def may_begin_so_often(restart: Mapping[str, Any] | None, max_retries: int) -> int:
    """Return how often a task is begun again by those who do not see whether it has advanced:
    whoever begins it does, and refuses it in time.
    """
    return max_retries if restart is None else int(restart["most"]) + max_retries


def interrupted(work_dir: str, restart: Mapping[str, Any]) -> Any:
    """Return the state that a task in this directory goes on from; None if it begins."""
    return interrupted_state(work_dir, restart["keep"])


def begin(
    work_dir: str,
    restart: dict[str, Any],
    before: Any,
    message: Mapping[str, Any],
    context: Mapping[str, Any],
) -> None:
    """Begin a run in the directory, which exists; the environment says the how manieth it is.

    Raises SampleFailed where the sample is not to be continued any more.
    """
    attempt = message.get("attempt", 0)
    state = begin_run(
        work_dir,
        restart,
        before,
        attempt=attempt,
        session=context["session"],
        max_retries=context.get("max_retries", 1),
    )
    os.environ[RESTART_VARIABLE] = str(state.restarts)
    os.environ[ATTEMPT_VARIABLE] = str(attempt)


def forget_variables() -> None:
    """Remove from the environment what `begin` has put there."""
    for name in (RESTART_VARIABLE, ATTEMPT_VARIABLE):
        os.environ.pop(name, None)


def asks_to_go_on(error: BaseException, restart: Mapping[str, Any] | None) -> bool:
    """Tell whether a runner's exception says that its sample is to be continued."""
    if restart is None:
        return False
    return isinstance(error, Continues) or (
        isinstance(error, SystemExit) and error.code in restart["exit_codes"]
    )


def line_of_continuation(work_dir: str, why: BaseException, seconds: float) -> bytes:
    """Return what a worker says of a task that is to be continued, after a run of so long."""
    state = read_state(work_dir)
    if state is not None:
        end_run(work_dir, state, seconds)
    return CONTINUES + values.encode(str(why)).encode("ascii") + b"\n"


def ended(
    work_dir: str, message: dict[str, Any], runtime: float, failure: Mapping[str, Any] | None
) -> tuple[dict[str, Any], float]:
    """Note that the task has ended; return its message with the number of restarts, and the time
    of all its runs together.
    """
    state = read_state(work_dir)
    if state is None:
        return message, runtime
    end_run(work_dir, state, runtime, failed="" if failure is None else failure["kind"])
    return {**message, "restarts": state.restarts}, state.ran
