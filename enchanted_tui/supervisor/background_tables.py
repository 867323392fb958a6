"""runs.h5 and the Parquet file while a campaign runs: written now and then by a process of its own,
so that the loop never waits.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from enchanted_tui.interpreter import ending_of, last_words, python_command
from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.output_files import (
    HDF5_LAYOUTS,
    write_dataset_parquet,
    write_runs_hdf5,
)
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory

log = logging.getLogger(__name__)

CODE = (
    "from pathlib import Path; from enchanted_tui.supervisor import background_tables as tables; "
    "tables.write_tables(Path(sys.argv[1]), sys.argv[2:])"
)
_INTERVAL = 60.0  #: seconds at least between two versions while the campaign runs
_FEW = 2_000  #: samples of a campaign whose end is a good part of it
_PATIENCE = 10.0  #: seconds for which an import is waited for at the end
_SHARE = 0.05  #: of the elapsed time, at most, goes into writing them


class BackgroundTables:
    """Writes now and then what is written as a whole, in a process of its own."""

    def __init__(self, run_dir: CampaignDirectory, tables: Sequence[str]) -> None:
        """Write what `tables` names, see `output_files.table_names`."""
        self._run_dir, self._tables = run_dir, tables
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next = time.monotonic() + _INTERVAL
        self._rows = 0
        self._failed = False
        self._loading: threading.Thread | None = None
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as this object lives

    def expect(self, samples: int) -> None:
        """Load the library beside the first samples where there are few: their end would wait for
        it.
        """
        wanted = any(layout in self._tables for layout in HDF5_LAYOUTS)
        if wanted and samples <= _FEW and self._loading is None:
            self._loading = threading.Thread(target=_load, name="loading h5py", daemon=True)
            self._loading.start()

    def update_if_due(self, now: float, state: CampaignState) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._process.communicate()
            self._tell_of_failure(self._process.returncode)
            self._process = None
            self._next = now + max(_INTERVAL, (now - self._started) / _SHARE)
        if not self._tables or now < self._next or state.tasks_recorded == self._rows:
            return
        self._rows, self._started = state.tasks_recorded, now
        self._process = subprocess.Popen(
            python_command(CODE, str(self._run_dir.root), *self._tables),
            # closed by the kernel when this process dies, however that happens
            stdin=subprocess.PIPE,
            stdout=self._printed,
            stderr=self._printed,
            process_group=0,
        )

    def _tell_of_failure(self, code: int) -> None:
        """Say once why the files are as old as they are; the end of the session writes them in any
        case.
        """
        if code and not self._failed:
            self._failed = True
            tables, how = " and ".join(self._tables), ending_of(code) + last_words(self._printed)
            log.warning(
                f"{tables} could not be brought up to date: the process that writes meanwhile {how}"
            )

    def wait(self) -> None:
        """Wait for, or stop, what is being written: the end of the session writes it anew."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
        if self._loading is not None:
            self._loading.join(_PATIENCE)
        self._printed.close()


def _load() -> None:
    with contextlib.suppress(Exception):  # whoever needs it says what is wrong
        importlib.import_module("h5py")


def _end_with_parent() -> None:
    """End this process as soon as the supervisor's end of standard input closes: its file would
    replace a later supervisor's.
    """

    def wait() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def write_tables(root: Path, tables: Sequence[str]) -> None:
    """Write the tables from what is on record."""
    _end_with_parent()
    os.nice(10)
    run_dir = CampaignDirectory(root)
    state, _ = fold(run_dir.journal)
    with JournalReader(run_dir.journal) as reader:
        for layout in HDF5_LAYOUTS:
            if layout in tables:
                write_runs_hdf5(run_dir, state, reader.read_row, layout=layout)
        if "parquet" in tables:
            write_dataset_parquet(run_dir, state, reader.read_row)
