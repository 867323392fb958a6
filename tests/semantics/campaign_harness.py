"""Run whole campaigns through the command line, in this process, and read what they leave.

Paths in configurations are relative to the working directory, which the fixture `campaign` makes an
empty one.
"""

from __future__ import annotations

import copy
import csv
import hashlib
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import yaml

from enchanted_tui import cli
from enchanted_tui.record.journal import JournalReader

Row = dict[str, str]
Config = dict[str, Any]


def campaign_config(
    *samplers: dict[str, Any], runners: dict[str, Any] | None = None, **supervisor: Any
) -> Config:
    """Give a configuration with one stage for each sampler, each with one step.

    Stage d is sampled by ``s<d>`` and run by ``r<d>``, which adds up the parameters of its own
    sampler unless `runners` says otherwise.
    """
    samplers = samplers or (random_sampler(5),)
    names = [f"r{depth}" for depth in range(len(samplers))]
    tracing = {
        name: {
            "type": "scripted_runners:TracingRunner",
            "add": list(sampler.get("parameters", ["x"])),
        }
        for name, sampler in zip(names, samplers, strict=True)
    }
    return {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {f"s{depth}": dict(sampler) for depth, sampler in enumerate(samplers)},
        "runners": {**tracing, **(runners or {})},
        "supervisor": {
            "base_run_dir": "run",
            "seed": 7,
            "run_order": [
                {"executor": "here", "sampler": f"s{depth}", "runner": name}
                for depth, name in enumerate(names)
            ],
            **supervisor,
        },
    }


def random_sampler(
    budget: int, batch_size: int | None = None, parameters: tuple[str, ...] = ("x",), **more: Any
) -> dict[str, Any]:
    """Give a RandomSampler on the unit cube."""
    size = {} if batch_size is None else {"batch_size": batch_size}
    bounds = [[0.0, 1.0] for _ in parameters]
    return {
        "type": "RandomSampler",
        "parameters": list(parameters),
        "bounds": bounds,
        "budget": budget,
        **size,
        **more,
    }


def array_sampler(name: str, values: list[Any], **more: Any) -> dict[str, Any]:
    """Give an ArraySampler of one parameter."""
    return {"type": "ArraySampler", "parameters": [name], "bounds": [values], **more}


class Campaign:
    """A configuration and the directory that it runs in."""

    def __init__(self, root: Path, config: Config | None = None, run_dir: str = "run") -> None:
        self.root = root
        self.config = campaign_config() if config is None else config
        self.config_path = root / "campaign.yaml"
        self.run_dir = root / run_dir

    # -- running -----------------------------------------------------------------------------------

    def write(self, config: Config | None = None) -> Path:
        """Write the configuration file."""
        if config is not None:
            self.config = copy.deepcopy(config)
        self.config_path.write_text(yaml.safe_dump(self.config, sort_keys=False))
        return self.config_path

    def run(self, *arguments: str, config: Config | None = None) -> int:
        """Run with the configuration as it stands; give the exit code."""
        return cli.main([str(self.write(config)), "--no-ui", *arguments])

    def resume(self, *arguments: str) -> int:
        return self.run("--run-mode", "resume", *arguments)

    def extend(self, *arguments: str) -> int:
        return self.run("--run-mode", "extend", *arguments)

    def budget(self, budget: int, depth: int = 0) -> None:
        """Change the budget of a stage's sampler in the configuration."""
        self.config["samplers"][f"s{depth}"]["budget"] = budget

    # -- what it leaves ----------------------------------------------------------------------------

    def path(self, name: str) -> Path:
        return self.run_dir / name

    def rows(self, name: str = "enchanted_dataset.csv") -> list[Row]:
        return read_csv(self.path(name))

    def columns(self, name: str = "enchanted_dataset.csv") -> list[str]:
        with self.path(name).open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file))

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows()]

    def numbers(self, name: str) -> list[float]:
        return [float(value) for value in self.column(name)]

    def failures(self) -> list[Row]:
        return self.rows("enchanted_failures.csv")

    def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        with JournalReader(self.path("state/journal.jsonl")) as reader:
            return [
                record for _, record in reader.records(rows=True) if kind in (None, record["type"])
            ]

    def targets(self) -> list[int]:
        """Samples that each stage is to draw according to the newest session."""
        found: list[int] = self.records("open")[-1]["targets"]
        return found

    def executions(self) -> Counter[str]:
        """How often each task was run, by name, as the runners themselves noted it."""
        log = Path(os.environ["SEMANTICS_RUNS"])
        return Counter(log.read_text().split()) if log.exists() else Counter()

    def forget_executions(self) -> None:
        Path(os.environ["SEMANTICS_RUNS"]).unlink(missing_ok=True)

    def snapshot(self) -> dict[str, str]:
        """Give every file below the run directory with a digest of its content, directories too."""
        return snapshot(self.run_dir)

    def stored_configs(self) -> list[str]:
        return sorted(path.name for path in self.path("config").iterdir())


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """Give the rows of a Parquet file as plain values; a missing one is None."""
    import pyarrow.parquet

    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


def read_csv(path: Path) -> list[Row]:
    """Read a CSV file, insisting that every line has as many cells as the header."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader)
        rows = list(reader)
    assert len(set(header)) == len(header), f"{path.name} repeats a column: {header}"
    for number, row in enumerate(rows):
        assert len(row) == len(header), (
            f"row {number} of {path.name} has {len(row)} cells under {len(header)} columns"
        )
    return [dict(zip(header, row, strict=True)) for row in rows]


def snapshot(root: Path) -> dict[str, str]:
    """Give every path below `root`: files by digest, links by target."""
    return dict(_entries(root))


def _entries(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            yield name, f"-> {path.readlink()}"
        elif path.is_dir():
            yield name + "/", ""
        else:
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()


def read_h5(path: Path) -> dict[str, Any]:
    """Give the content of runs.h5 as plain values: groups as dictionaries, with attributes under
    ``@name``.
    """
    with h5py.File(path, "r") as file:
        return _group(file)


def _group(group: Any) -> dict[str, Any]:
    found: dict[str, Any] = {f"@{name}": _plain(value) for name, value in group.attrs.items()}
    for name, item in group.items():
        found[name] = _group(item) if isinstance(item, h5py.Group) else _plain(item[()])
    return found


def _plain(value: Any) -> Any:
    """Give arrays as lists, bytes as text and NaN as None, which is equal to itself."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.decode() if isinstance(value, bytes) else value


def h5_rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of a group with values/columns and perhaps text_values/text_columns; what is
    NaN or empty text is left out.
    """
    texts = table.get("text_values", [[]] * len(table["values"]))
    rows = []
    for numbers, words in zip(table["values"], texts, strict=True):
        both = [
            *zip(table["columns"], numbers, strict=True),
            *zip(table.get("text_columns", []), words, strict=True),
        ]
        rows.append({name: value for name, value in both if value not in (None, "")})
    return rows
