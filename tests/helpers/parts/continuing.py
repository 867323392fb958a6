"""Simulations that go on from what a neighbour has left.

Workers import this module: standard library only.
"""

from __future__ import annotations

import os
import time
from typing import Any

RESTART = "restart.txt"


def solve(
    x: float,
    run_dir: str,
    y: float = 0.0,
    neighbour_run_dir: str | None = None,
    fails_above: float = 2.0,
    sleep: float = 0.0,
) -> dict[str, Any]:
    """Fail where x + y is above a limit; leave how often a chain of samples has gone on by then."""
    time.sleep(sleep)
    begun = 0
    if neighbour_run_dir is not None:
        with open(os.path.join(neighbour_run_dir, RESTART), encoding="utf-8") as file:
            begun = int(file.read()) + 1
    if x + y > fails_above:
        raise ValueError("no solution")
    with open(os.path.join(run_dir, RESTART), "w", encoding="utf-8") as file:
        file.write(str(begun))
    return {"chain": begun}


class NotingRunner:
    """A plugin: notes what it is given as neighbour."""

    def __init__(self, **_: Any) -> None:
        pass

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        given = params["neighbour_run_dir"]
        return {"given": "" if given is None else os.path.basename(given), "success": True}


class ManyNotingRunner(NotingRunner):
    """The same for several samples in one call."""

    batch = 4

    def many_code_run(
        self, run_dirs: list[str], params_list: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        return [
            {**self.single_code_run(run_dir, params), "together": len(run_dirs)}
            for run_dir, params in zip(run_dirs, params_list)  # noqa: B905 - Python 3.9
        ]
