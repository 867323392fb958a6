"""Make run directories as the older program leaves them, file by file: no journal, one CSV row in
each run directory.

Formats as published in its documentation: a comma-separated header and rows with True/False,
numbers as Python prints them, empty for missing; ``enchanted_run.yaml`` with three keys.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Row = dict[str, Any]


class OlderDirectory:
    """A directory that is filled as a campaign of the older program goes on."""

    def __init__(self, root: Path, config: Mapping[str, Any], name: str = "campaign.yaml") -> None:
        self.root = root
        self.shown = str(config["supervisor"]["base_run_dir"])
        for directory in ("config", "data", "logs"):
            (root / directory).mkdir(parents=True)
        (root / "config" / name).write_text(yaml.safe_dump(dict(config), sort_keys=False))
        (root / "logs/main.log").write_text(
            "2024-05-01 12:00:00,000 [INFO ] === enchanted surrogates ===\n"
        )
        self._dataset: list[Row] = []

    def task(self, depth: int, batch: int, sample: int, step: int, row: Row) -> Row:
        """Write one finished task; give its row with its run directory."""
        name = f"d{depth}_b{batch}_s{sample}_r{step}"
        directory = self.root / "data" / name
        directory.mkdir()
        full = {**row, "run_dir": f"{self.shown}/data/{name}"}
        (directory / "enchanted_datapoint.csv").write_text(as_csv([full]))
        (directory / "output.txt").write_text("0.5\n")
        return full

    def batch(self, depth: int, batch: int, rows: Sequence[Row], submitted: int) -> list[Row]:
        """Write a finished batch of single-step tasks, append it to the dataset and count it as
        finished.
        """
        full = [self.task(depth, batch, sample, 0, row) for sample, row in enumerate(rows)]
        self.count(depth, batch, full, submitted)
        return full

    def count(self, depth: int, batch: int, rows: list[Row], submitted: int) -> None:
        """Append the rows of a finished batch to the dataset and count it as finished."""
        self._dataset = rows if batch == 0 else [*self._dataset, *rows]
        (self.root / "enchanted_dataset.csv").write_text(as_csv(self._dataset))
        self.state(depth, batch, submitted)

    def level_done(self) -> None:
        """Keep the dataset of a finished level that another follows."""
        (self.root / "last_complete_enchanted_dataset.csv").write_text(as_csv(self._dataset))

    def state(self, depth: Any, batch_number: Any, submitted_samples: Any) -> None:
        content = {
            "batch_number": batch_number,
            "depth": depth,
            "submitted_samples": submitted_samples,
        }
        (self.root / "enchanted_run.yaml").write_text(yaml.safe_dump(content))


def as_csv(rows: Sequence[Row]) -> str:
    """Give rows as the older program writes them: the union of the columns in order of appearance,
    missing cells empty.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "run_dir"))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*columns, "run_dir"], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def ok(runner: str, output: float, inputs: Row, runtime: float = 0.25) -> Row:
    """Give the row of a sample that succeeded."""
    return {
        "output": output,
        "success": True,
        f"success_{runner}": True,
        **inputs,
        f"runtime_sec_{runner}": runtime,
    }


def failed(runner: str, inputs: Row, runtime: float = 0.5) -> Row:
    """Give the row of a sample whose runner raised."""
    return {
        "success": False,
        f"success_{runner}": False,
        **inputs,
        f"runtime_sec_{runner}": runtime,
    }


def inherited(row: Row) -> Row:
    """Give what a child's row shows of its parent's."""
    return {
        name: value for name, value in row.items() if name not in ("success", "run_dir", "output")
    }
