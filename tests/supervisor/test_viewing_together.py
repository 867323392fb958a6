"""Several threads look at a run: the one that keeps the screens up to date, those that read for a
screen, and the one that looks at all runs.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.journal_lines import seal
from enchanted_tui.storage.lock import Lock
from enchanted_tui.views.known_runs import RunCatalogue
from enchanted_tui.views.viewing import View, Viewer
from helpers.eager_threads import at_once
from helpers.journals import opening

SAMPLES = 2_000
NOW = 1_700_000_000.0


def _line(record: dict[str, Any]) -> bytes:
    return seal(json.dumps(record | {"v": 1, "time": NOW}, separators=(",", ":")).encode())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with so many finished samples."""
    root = tmp_path_factory.mktemp("watched")
    (root / "state").mkdir()
    head = {"type": "samples", "depth": 0, "batch": 0, "first": 0, "size": SAMPLES, "start": 0}
    lines = [_line(opening([SAMPLES], [1])), _line(head | {"names": ["x"], "rows": []})]
    task = {"type": "task", "outcome": "ok", "runtime": 1.0, "started": NOW, "host": "n1"}
    lines += [
        _line(task | {"task": [0, 0, sample, 0], "attempt": 0, "row": {"x": 0.5, "run_dir": "d"}})
        for sample in range(SAMPLES)
    ]
    (root / "state" / "journal.jsonl").write_bytes(b"".join(lines))
    return root


def open_files(run: Path) -> int:
    """How often this process has the journal open."""
    number = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            number += os.readlink(f"/proc/self/fd/{name}").startswith(str(run))
        except FileNotFoundError:
            continue
    return number


def test_a_run_that_is_closed_is_still_looked_at_whole(run: Path) -> None:
    """Protects the list of runs while a tab is closed: it looks at the run by the tab's own
    `Viewer`, which must read no other file by the number of the one that was closed, count nothing
    twice, and leave nothing open.
    """
    seen: list[View] = []
    for _ in range(6):
        viewer = Viewer(run)

        def look(viewer: Viewer = viewer) -> None:
            seen.extend(viewer.refresh(budget=60.0) for _ in range(2))

        at_once(look, viewer.close)
        assert open_files(run) == 0
    assert {view.snapshot.succeeded for view in seen} == {SAMPLES}
    assert {view.damage for view in seen} == {()}


def test_an_app_that_ends_while_runs_are_looked_at_leaves_nothing_open(
    run: Path, tmp_path: Path
) -> None:
    """Protects the end of the app from an error, and from waiting for a file server that keeps the
    thread that looks at all runs: this one closes what it follows.
    """
    (tmp_path / "state").mkdir()
    os.link(run / "state" / "journal.jsonl", tmp_path / "state" / "journal.jsonl")
    lock = Lock.acquire(tmp_path / "state" / "lock", lambda: None)  # so that it is followed
    cache = tmp_path / "cache.json"
    catalogue, own = RunCatalogue(cache), RunCatalogue(tmp_path / "own.json")
    own.find([tmp_path], [])
    assert open_files(tmp_path) == 1
    own.close()

    class Shown(Viewer):
        def refresh(self, now: float | None = None, budget: float = 60.0) -> View:
            end = threading.Thread(target=catalogue.close, daemon=True)
            end.start()
            end.join(30)
            assert not end.is_alive()
            return super().refresh(now, budget)

    shown = Shown(run)
    try:
        assert len(catalogue.find([run, tmp_path], [], followed={run: shown})) == 2
    finally:
        lock.release()
    shown.close()
    assert open_files(tmp_path) == 0
    assert list(json.loads(cache.read_bytes())["runs"]) == [str(run)]
