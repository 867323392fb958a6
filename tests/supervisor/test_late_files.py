"""Files that are written late: people are told of a slow file system, and of nothing else."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest

from enchanted_tui.supervisor import file_writer
from enchanted_tui.supervisor.file_writer import FileWriter

SLOW = "the file system is slow"


def _work() -> None:
    """Use as much processor time as the groups of 10,000 samples in runs.h5."""
    until = time.thread_time() + 1.5
    while time.thread_time() < until:
        pass


def _wait() -> None:
    time.sleep(1.5)


@pytest.mark.parametrize(("write", "is_slow"), [(_work, False), (_wait, True)])
def test_work_of_our_own_is_no_slow_file_system(
    write: Callable[[], None],
    is_slow: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Protects people from looking for a fault in their file server while 50,000 samples are
    written into runs.h5, and from not being told where there is one: by the warning, and by what
    the Monitor asks for.
    """
    monkeypatch.setattr(file_writer, "LATE", 1.0)
    writer = FileWriter(0, lambda: None)
    most = 0.0
    with caplog.at_level(logging.WARNING):
        writer.put("runs.h5", write)
        writer.put("a report", lambda: None, for_show=True)
        while any(file.waiting for file in writer._files.values()):
            most = max(most, writer.behind())
            time.sleep(0.02)
        writer.close()
    assert (SLOW in caplog.text) is is_slow, caplog.text
    assert (most > file_writer.LATE) is is_slow
