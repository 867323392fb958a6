"""runs.h5 while a campaign runs: written now and then by a process of its own, so that the loop never waits for HDF5."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from enchanted_tui.storage.layout import RunDir
from enchanted_tui.supervisor.files import write_runs_hdf5
from enchanted_tui.supervisor.journal import JournalReader
from enchanted_tui.supervisor.session import fold
from enchanted_tui.supervisor.state import CampaignState

_HDF5_INTERVAL = 60.0  #: seconds at least between two versions of runs.h5 while the campaign runs
_HDF5_SHARE = 0.05  #: of the elapsed time, at most, goes into writing them


class BackgroundHdf5:
    """Writes runs.h5 now and then while the campaign runs, in a process of its own, so that the loop never waits for HDF5."""

    def __init__(self, run_dir: RunDir) -> None:
        self._run_dir = run_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next = time.monotonic() + _HDF5_INTERVAL
        self._rows = 0

    def update_if_due(self, now: float, state: CampaignState) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._process.communicate()
            self._process = None
            self._next = now + max(_HDF5_INTERVAL, (now - self._started) / _HDF5_SHARE)
        if now < self._next or state.tasks_recorded == self._rows:
            return
        self._rows, self._started = state.tasks_recorded, now
        self._process = subprocess.Popen(
            [sys.executable, "-m", "enchanted_tui.supervisor.background_hdf5", str(self._run_dir.root)],
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


def _write_hdf5_of(root: Path) -> None:
    _end_with_parent()
    os.nice(10)
    run_dir = RunDir(root)
    state, _ = fold(run_dir.journal)
    with JournalReader(run_dir.journal) as reader:
        write_runs_hdf5(run_dir.hdf5, state, reader.read_row)


if __name__ == "__main__":
    _write_hdf5_of(Path(sys.argv[1]))
