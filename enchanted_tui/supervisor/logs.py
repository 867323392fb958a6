"""The campaign's own log, ``logs/main.log``: bounded, and without touching the host program's logging."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler

from enchanted_tui.storage.layout import RunDir

MAX_BYTES = 10_000_000
KEPT = 3  #: older logs kept beside the current one
_FORMAT = "%(asctime)s [%(levelname)-5s] %(message)s"
_LOGGER = "enchanted_tui"


@contextlib.contextmanager
def campaign_log(run_dir: RunDir, level: int | str) -> Iterator[None]:
    """Send what this package logs to the campaign's log while the block runs; other loggers and handlers are left alone."""
    logger = logging.getLogger(_LOGGER)
    handler = _QuietHandler(run_dir.main_log, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.setLevel(level)
    before = logger.level
    if logger.getEffectiveLevel() > handler.level:
        logger.setLevel(handler.level)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        handler.close()


class _QuietHandler(RotatingFileHandler):
    """A log that cannot be written (disk full, directory gone) must not disturb the campaign: it says so through its own channels."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own spelling
        return

    def close(self) -> None:
        with contextlib.suppress(OSError):  # what could not be written before cannot be written now
            super().close()
