"""Temporary files of samples that hold a share of the machine, each in a directory of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from enchanted_tui.executors.pool.holding import holding


def task_in(slot: int) -> dict[str, Any]:
    """Return a task of this machine that holds a slot."""
    node = {"name": "here", "ranks": 1, "cpus": [0], "gpus": [], "mem": 0}
    told = {"slot": slot, "resources": {}, "nodes": [node], "launcher": ["none", "", {}]}
    return {"name": f"d0_b0_s{slot}_r0", "share": {**told, "pin": False, "binds": False,
                                                   "has_gpus": False}}  # fmt: skip


def test_a_worker_that_goes_from_slot_to_slot(tmp_path: Path) -> None:
    """Protects samples from the directory of the one before, which is gone: Python remembers the
    first that it has found, so that whatever made a temporary file would fail.
    """
    before = tempfile.gettempdir()
    for slot in (0, 1, 0):
        with holding(task_in(slot), str(tmp_path)):
            assert tempfile.gettempdir() == str(tmp_path / f"slot-{slot}")
            with tempfile.TemporaryFile() as file:
                file.write(b"text")
        assert not (tmp_path / f"slot-{slot}").exists()
        assert tempfile.gettempdir() == before
    assert os.listdir(tmp_path) == []
