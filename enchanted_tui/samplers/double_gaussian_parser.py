"""Reads what SyntheticDoubleGaussianRunner gave, for trying out Bayesian optimisation with a
parser.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from enchanted_tui.csv_reading import csv_mappings
from enchanted_tui.samplers.parser import Parser

_WANTED = 2.0  #: the output that is aimed at; none of the function's values reaches it


class SyntheticDoubleGaussianParser(Parser):
    """Read the output of `SyntheticDoubleGaussianRunner` in one dimension from its datapoint file.

    The objective is its distance from 2, negative: the larger, the better. Takes no options.
    """

    def read_output_file(self, run_dir: str) -> Mapping[str, Any]:
        with open(
            os.path.join(run_dir, "enchanted_datapoint.csv"), newline="", encoding="utf-8"
        ) as file:
            row = next(csv_mappings(file))
        return {"input": float(row["x"]), "output": float(row["output"])}

    def collect_sample_information(
        self, run_dir: str, observations: Sequence[str | None]
    ) -> Mapping[str, Any]:
        found = self.read_output_file(run_dir)
        objective = [found["output"] - _WANTED]
        return {
            "run_dir": run_dir,
            "inputs": [found["input"]],
            "objective": objective,
            "failure": 0,
        }
