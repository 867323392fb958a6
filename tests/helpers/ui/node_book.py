"""A run directory whose supervisor says that tasks hold cores and GPUs of several nodes, more than
this machine has.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from enchanted_tui.record.node_use import use_of_nodes
from enchanted_tui.resources import ranges
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock

#: A task on two nodes, two that share a GPU, one with cores that are no neighbours, a whole node.
MIXED = (
    "n1:0-3+gpu0 n2:0-3+gpu0",
    "n1:4+gpu1",
    "n1:5+gpu1",
    "n3:0-7,12",
    "n4:0-15",
)


def tell(
    run: Path, where: Sequence[str], *, nodes: int = 4, cores: int = 16, gpus: int = 2
) -> None:
    """Write into ``live.json`` that task `i` of the campaign holds ``where[i]``."""
    books = [
        {"name": f"n{i + 1}", "cpus": ranges(range(cores)), "gpus": ranges(range(gpus)), "mem": 64}
        for i in range(nodes)
    ]
    workers: list[dict[str, Any]] = [
        {
            "name": f"4711_{i}",
            "host": "n1",
            "pid": i + 1,
            "task": f"d0_b0_s{i}_r0",
            "since": time.time() - 100,
            "where": held,
        }
        for i, held in enumerate(where)
    ]
    told = [use.told() for use in use_of_nodes(books, workers)]
    content = {
        "time": time.time(),
        "state": "running",
        "in_flight": len(workers),
        "workers": workers[:1_000],
        "n_workers": len(workers),
        "nodes": told,
        "cores": nodes * cores,
        "busy_cores": sum(node["busy_cpus"] for node in told),
        "jobs": [],
        "core_hours": 12.5,
        "idle_share": 0.08,
        "links": [],
        "waiting_for": "",
    }
    CampaignDirectory(run).live.write_text(json.dumps(content))


@contextmanager
def held_run(finished_run: Path, copy: Path) -> Iterator[Path]:
    """Copy a run, and hold it as its supervisor does."""
    shutil.copytree(finished_run, copy)
    lock = Lock.acquire(CampaignDirectory(copy).lock, lambda: None)
    try:
        yield copy
    finally:
        lock.release()
