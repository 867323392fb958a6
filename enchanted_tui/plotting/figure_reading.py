"""What a figure's script reads: columns of the dataset, or the tasks of the journal. Its text is
carried by the script, so it needs numpy alone.
"""

from __future__ import annotations

import csv
import json
import sys
from typing import Any

import numpy as np


def read_dataset(path: Any, names: Any, texts: Any = ()) -> Any:
    """Return columns of a dataset in CSV, by name: numbers as float64, NaN where there is none, or
    texts for `texts` and where there is a cell that is no number; and ``success``, 1 for each row
    if it has no such column.
    """
    csv.field_size_limit(sys.maxsize)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    data = {
        name: as_column([row.get(name) or "" for row in rows], is_text=name in texts)
        for name in names
    }
    if "success" not in data:
        cells = [row.get("success") or "True" for row in rows]
        data["success"] = as_column(cells)
    return data


def as_column(cells: Any, *, is_text: bool = False) -> Any:
    """Return cells as numbers, or as texts if they are, or one is neither a number nor empty."""
    words = {"": np.nan, "True": 1.0, "False": 0.0}
    if not is_text:
        try:
            return np.array([words[cell] if cell in words else float(cell) for cell in cells])
        except ValueError:
            pass
    return np.array([cell or None for cell in cells], dtype=object)


def read_tasks(path: Any) -> Any:
    """Return when and where the tasks of a journal ran: of each the latest attempt, in the order of
    the journal.
    """
    tasks: dict[Any, Any] = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if '"type":"task"' in line[:60]:
                record = json.loads(line)
                tasks.pop(tuple(record["task"]), None)
                tasks[tuple(record["task"])] = record
    found = list(tasks.values())
    hosts = list(dict.fromkeys(one.get("host") or "?" for one in found))

    def numbers(name: str, missing: float) -> Any:
        return np.array([float(one.get(name, missing)) for one in found])

    started, memory = numbers("started", np.nan), numbers("memory", np.nan)
    return {
        "started": started,
        "ended": started + numbers("runtime", 0.0),
        "state": np.array([one["outcome"] != "ok" for one in found], dtype=int),
        "cores": numbers("cores", 1.0),
        "cpu": numbers("cpu", np.nan),
        "memory": np.where(np.isnan(memory), numbers("memory_at_most", np.nan), memory),
        "host": np.array([hosts.index(one.get("host") or "?") for one in found]),
        "hosts": hosts,
        "records": found,
    }


def read_course(path: Any, name: str, place: Any) -> Any:
    """Return a column of the samples of a journal, and whether they have succeeded, in the order in
    which they finished; `place` is (stage, step).
    """
    rows = [
        record["row"]
        for record in read_tasks(path)["records"]
        if [record["task"][0], record["task"][3]] == list(place)
    ]
    numbers = [row.get(name) for row in rows]
    values = [one if isinstance(one, int | float) else np.nan for one in numbers]
    success = [float(row.get("success", True)) for row in rows]
    return {name: np.array(values, dtype=float), "success": np.array(success)}
