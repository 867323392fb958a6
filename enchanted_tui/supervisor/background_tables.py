"""runs.h5 and the Parquet file while a campaign runs: written now and then by a process of its own, so that the loop never waits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from enchanted_tui.storage.layout import RunDir
from enchanted_tui.supervisor.files import write_dataset_parquet, write_runs_hdf5
from enchanted_tui.supervisor.folding import fold
from enchanted_tui.supervisor.journal import JournalReader
from enchanted_tui.supervisor.state import CampaignState

_INTERVAL = 60.0  #: seconds at least between two versions while the campaign runs
_SHARE = 0.05  #: of the elapsed time, at most, goes into writing them


class BackgroundTables:
    """Writes now and then what is written as a whole, in a process of its own."""

    def __init__(self, run_dir: RunDir, tables: Sequence[str]) -> None:
        """Write those of ``hdf5`` and ``parquet`` that `tables` names."""
        self._run_dir, self._tables = run_dir, tables
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next = time.monotonic() + _INTERVAL
        self._rows = 0

    def update_if_due(self, now: float, state: CampaignState) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._process.communicate()
            self._process = None
            self._next = now + max(_INTERVAL, (now - self._started) / _SHARE)
        if not self._tables or now < self._next or state.tasks_recorded == self._rows:
            return
        self._rows, self._started = state.tasks_recorded, now
        self._process = subprocess.Popen(
            [sys.executable, "-m", "enchanted_tui.supervisor.background_tables", str(self._run_dir.root), *self._tables],
            stdin=subprocess.PIPE,  # closed by the kernel when this process dies, however that happens
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            process_group=0,
        )

    def wait(self) -> None:
        """Wait for, or stop, what is being written: the end of the session writes it anew."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _end_with_parent() -> None:
    """End this process as soon as the supervisor's end of standard input closes: its file would replace a later supervisor's."""

    def wait() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _write_tables(root: Path, tables: Sequence[str]) -> None:
    _end_with_parent()
    os.nice(10)
    run_dir = RunDir(root)
    state, _ = fold(run_dir.journal)
    with JournalReader(run_dir.journal) as reader:
        if "hdf5" in tables:
            write_runs_hdf5(run_dir, state, reader.read_row)
        if "parquet" in tables:
            write_dataset_parquet(run_dir, state, reader.read_row)


if __name__ == "__main__":
    _write_tables(Path(sys.argv[1]), sys.argv[2:])
