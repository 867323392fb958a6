"""A stand-in for a simulation: adds up parameters and can be told which sum is a failure."""

from __future__ import annotations

import os
from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.runners.arguments import number
from enchanted_tui.runners.base import Runner

_NEAR = 0.25


class SumRunner(Runner):
    """Add up the listed parameters (those that the sample has) and write all parameters to
    ``params.txt``.
    """

    params_to_sum: list[str] = option(
        doc="Names of the parameters to add up; one that a sample lacks counts as nothing.",
        example=["c1", "c2"],
    )
    fail_if: float | None = option(
        None, doc="The sample fails if its sum is less than 0.25 away from this number, 0 included."
    )

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        total = sum(
            number(params, name, "SumRunner") for name in self.params_to_sum if name in params
        )
        with open(os.path.join(run_dir, "params.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in params.items())
        return {
            "output": total,
            "success": self.fail_if is None or not abs(total - self.fail_if) < _NEAR,
        }

    def output_names(self) -> tuple[str, ...]:
        return ("output",)
