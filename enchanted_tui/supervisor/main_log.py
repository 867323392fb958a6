"""The campaign's own log, ``logs/main.log``: bounded, and without touching the host program's
logging.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from functools import partial
from logging.handlers import QueueHandler, RotatingFileHandler
from queue import SimpleQueue

from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.supervisor.file_writer import LOG, FileWriter

MAX_BYTES = 10_000_000
KEPT = 3  #: older logs kept beside the current one
_FORMAT = "%(asctime)s [%(levelname)-5s] %(message)s"
_LOGGER = "enchanted_tui"
#: Libraries of ours that say at length what is of no use to anybody here.
_CHATTY = ("asyncio", "h5py", "matplotlib", "PIL", "paramiko", "textual")


@contextlib.contextmanager
def early_log(level: int | str) -> Iterator[list[logging.LogRecord]]:
    """Keep what samplers and parsers log while they are made, when there is no run directory yet,
    for `campaign_log`.
    """
    kept = _Kept(level)
    with _log_of_others(kept):
        yield kept.records


@contextlib.contextmanager
def campaign_log(
    run_dir: CampaignDirectory,
    level: int | str,
    writer: FileWriter,
    early: Iterable[logging.LogRecord] = (),
) -> Iterator[None]:
    """Send `early` and what this package, samplers and parsers log to the campaign's log while the
    block runs; then all is as it was.

    What others log arrives by the root logger, whose level is changed only where the host program
    has set up no logging.
    """
    logger = logging.getLogger(_LOGGER)
    file = _QuietHandler(
        run_dir.main_log, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", delay=True
    )
    file.setFormatter(logging.Formatter(_FORMAT))
    handler = _Later(file, writer)
    handler.setLevel(level)
    before = logger.level
    if logger.getEffectiveLevel() > handler.level:
        logger.setLevel(handler.level)
    logger.addHandler(handler)
    try:
        for record in early:
            handler.handle(record)
        with _log_of_others(handler):
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        writer.put(LOG, file.close, for_show=True)
        handler.close()


@contextlib.contextmanager
def _log_of_others(handler: logging.Handler) -> Iterator[None]:
    root = logging.getLogger()
    others = _Others(handler, alone=not root.handlers)
    before = root.level
    if others.alone and before > handler.level:
        root.setLevel(handler.level)
    root.addHandler(others)
    try:
        yield
    finally:
        root.removeHandler(others)
        root.setLevel(before)


class _Kept(logging.Handler):
    def __init__(self, level: int | str) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class _Others(logging.Handler):
    """Hands on what is logged outside of this package; `alone`: nobody else has it, so that
    warnings are to be printed as before.
    """

    def __init__(self, target: logging.Handler, *, alone: bool) -> None:
        super().__init__(target.level)
        self.target, self.alone = target, alone

    def emit(self, record: logging.LogRecord) -> None:
        package = record.name.partition(".")[0]
        if package == _LOGGER or (package in _CHATTY and record.levelno < logging.WARNING):
            return
        self.target.handle(record)
        last = logging.lastResort
        if self.alone and last is not None and record.levelno >= last.level:
            last.handle(record)


class _Later(QueueHandler):
    """Has records written by the thread that writes files: whoever logs does not wait for a
    disk.
    """

    def __init__(self, target: logging.Handler, writer: FileWriter) -> None:
        super().__init__(SimpleQueue())  # which stays empty
        self._target, self._writer = target, writer

    def enqueue(self, record: logging.LogRecord) -> None:
        self._writer.put(LOG, partial(_write, self._target, record), for_show=True)


class _QuietHandler(RotatingFileHandler):
    """A log that cannot be written (disk full, directory gone) must not disturb the campaign: it
    says so through its own channels.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own spelling
        return

    def close(self) -> None:
        with contextlib.suppress(OSError):  # what could not be written before cannot be written now
            super().close()


def _write(handler: logging.Handler, record: logging.LogRecord) -> None:
    handler.handle(record)
