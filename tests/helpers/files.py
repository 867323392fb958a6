"""Read what campaigns leave, and compare it."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import h5py
import numpy
import yaml

from enchanted_tui.record.journal import JournalReader

Row = dict[str, str]


# -- any campaign ----------------------------------------------------------------------------------


def journal_records(
    run_dir: Path, kind: str | None = None, *, rows: bool = True
) -> list[dict[str, Any]]:
    """Return the intact records of a journal, of one kind or of all; none where there is no
    journal.
    """
    journal = run_dir / "state" / "journal.jsonl"
    if not journal.exists():
        return []
    with JournalReader(journal) as reader:
        found = [cast(dict[str, Any], record) for _, record in reader.records(rows=rows)]
    return [record for record in found if kind in (None, record["type"])]


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file as plain values; a missing one is None."""
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
    """Return every path below `root`: files by digest, links by target."""
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
    """Return the content of runs.h5 as plain values: groups as dictionaries, with attributes under
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
    """Return arrays as lists, bytes as text and NaN as None, which is equal to itself."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.decode() if isinstance(value, bytes) else value


def h5_rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a group with values/columns and perhaps text_values/text_columns; what is
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


# -- two campaigns of one seed ---------------------------------------------------------------------


def contents(run_dir: Path) -> dict[str, Any]:
    """Read every file of a run directory; return what must be the same for two campaigns of one
    seed.
    """
    return {
        "dataset": without_runtimes(run_dir / "enchanted_dataset.csv"),
        "last complete": without_runtimes(run_dir / "last_complete_enchanted_dataset.csv"),
        "failures": sorted(without_runtimes(run_dir / "enchanted_failures.csv") or []),
        "hdf5": read_hdf5(run_dir / "runs.h5"),
        "run state": yaml.safe_load((run_dir / "enchanted_run.yaml").read_bytes()),
        "reports": reports(run_dir / "logs" / "all_progress.txt"),
        "pipeline": re.findall(
            r"^(?:State|Tasks|Successes|Failures): .*",
            (run_dir / "logs" / "pipeline_progress.txt").read_text(),
            re.M,
        ),
        "samples": samples(run_dir),
        "tree": tree(run_dir),
    }


def first_difference(found: Any, expected: Any, place: str = "") -> str:
    """Say where two nested structures begin to differ."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        pairs = [(f"{place}.{key}", found[key], expected[key]) for key in expected]
    elif (
        isinstance(found, list | tuple)
        and isinstance(expected, list | tuple)
        and len(found) == len(expected)
    ):
        pairs = [
            (f"{place}[{index}]", *pair)
            for index, pair in enumerate(zip(found, expected, strict=True))
        ]
    else:
        return f"{place}: {found!r:.500} instead of {expected!r:.500}"
    return next(
        (first_difference(one, other, where) for where, one, other in pairs if one != other), ""
    )


def without_runtimes(path: Path) -> list[list[str]] | None:
    """Return header and lines of a CSV file, cell by cell, without run times; pandas has to be able
    to read it too.
    """
    if not path.exists():
        return None
    import pandas

    assert path.read_bytes().endswith(b"\n")
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    assert len(pandas.read_csv(path)) == len(lines) - 1
    assert {len(line) for line in lines} == {len(lines[0])}
    kept = [column for column, name in enumerate(lines[0]) if not name.startswith("runtime_sec_")]
    return [[_without_inherited_runtimes(line[column]) for column in kept] for line in lines]


def _without_inherited_runtimes(cell: str) -> str:
    """Take the run times out of the parameters that the failures file shows as JSON."""
    if not cell.startswith("{"):
        return cell
    given = json.loads(cell)
    return json.dumps(
        {
            name: _relative(value)
            for name, value in given.items()
            if not name.startswith("runtime_sec_")
        }
    )


def _relative(value: Any) -> Any:
    return (
        value[value.index("/run/data/") :]
        if isinstance(value, str) and "/run/data/" in value
        else value
    )


def read_hdf5(path: Path) -> dict[str, Any] | None:
    """Return every dataset and attribute of runs.h5 by its path, without run times."""
    if not path.exists():
        return None
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        found[f"{name}@"] = {
            key: numpy.asarray(value).tolist() for key, value in item.attrs.items()
        }
        if isinstance(item, h5py.Group) and "columns" in item:
            columns = [column.decode() for column in item["columns"][()]]
            values = item["values"][()]
            kept = [
                index
                for index, column in enumerate(columns)
                if not column.startswith("runtime_sec_")
            ]
            found[name] = [columns, values[..., kept].astype(str).tolist()]
        elif isinstance(item, h5py.Dataset) and item.name.rsplit("/", 1)[1] not in (
            "values",
            "columns",
        ):
            found[name] = numpy.asarray(item[()]).astype(str).tolist()

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def reports(path: Path) -> list[tuple[str, ...]]:
    """Return the reports on finished batches, in the order of the batches: what a batch was and how
    it went.
    """
    pattern = (
        r"Depth: (\d+)\nBatch: (\d+)\nStep: (\d+)\nCompleted: (.*)\nSuccesses: (.*)\nFailures:"
        r" (.*)\n"
    )
    return sorted(re.findall(pattern, path.read_text()))


def samples(run_dir: Path) -> dict[str, Any]:
    """Return the recorded values by place; a place is recorded once."""
    found = {}
    for record in journal_records(run_dir, "samples"):
        place = str([record[key] for key in ("depth", "batch", "first", "size", "start")])
        assert place not in found, f"the samples {place} are on record twice"
        found[place] = [record["names"], record["rows"]]
    return found


def tree(root: Path) -> list[str]:
    """Return the names of all files and directories, but for the configurations: each change is
    kept with the campaign.
    """
    return sorted(
        name
        for name in (str(path.relative_to(root)) for path in root.rglob("*"))
        if not name.startswith("config/")
    )
