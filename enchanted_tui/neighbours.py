"""What a sample that starts from a neighbour is given, and the column that says which one it was.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enchanted_tui.task_paths import TaskPaths

#: The parameter that holds the neighbour's run directory; None where a sample starts cold.
RUN_DIR = "neighbour_run_dir"
#: Where a task says its neighbour: the name of that task, empty where it starts cold.
KEY = "neighbour"


def column(runner: str) -> str:
    """Return the column that names the task from which a runner has started."""
    return "neighbour_" + runner


def given(message: Mapping[str, Any], paths: TaskPaths) -> dict[str, Any]:
    """Return the parameters that the runner of a task is given, see `executors.task.run_task`."""
    return with_neighbour(message["params"], message.get(KEY), paths)


def with_neighbour(
    params: Mapping[str, Any], neighbour: str | None, paths: TaskPaths
) -> dict[str, Any]:
    """Return the parameters that a runner is given: with the neighbour's run directory, unless
    `neighbour` is None, as the stage starts from none.
    """
    if neighbour is None:
        return dict(params)
    return {**params, RUN_DIR: paths.of(neighbour) if neighbour else None}
