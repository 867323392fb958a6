"""Read by mypy alone, with the package: signatures that users' type checkers and editors see."""

from __future__ import annotations

from typing import Any, assert_type

import pandas

import enchanted_tui
from enchanted_tui.plugins import Parser, Runner, Sampler, TaskId, option

assert_type(enchanted_tui.load("runs/quickstart"), pandas.DataFrame)
assert_type(enchanted_tui.main(["--help"]), int)
supervisor = enchanted_tui.Supervisor(enchanted_tui.load_config("campaign.yaml"))
assert_type(supervisor.start(), enchanted_tui.Outcome)
assert_type(supervisor.create_dataset(), pandas.DataFrame)
assert_type(TaskId(0, 1, 2, 3).name, str)
enchanted_tui.lode  # type: ignore[attr-defined] # noqa: B018
Sampler.pointz  # type: ignore[attr-defined] # noqa: B018


class Line(Sampler):
    """A sampler as its author writes it."""

    budget: int = option(doc="How many samples.", ge=0)

    def points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[dict[str, Any]]:
        return [{"x": first + number} for number in range(start, stop)]


class Constant(Runner):
    """A runner as its author writes it."""

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"output": 1.0, "success": True}


class Nothing(Parser):
    """A parser as its author writes it."""

    def read_output_file(self, run_dir: str) -> dict[str, Any]:
        return {}
