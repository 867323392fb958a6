"""A journal under an inode of its own, out of reach of a supervisor that was taken for dead."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from enchanted_tui.record.journal import sync_directory
from enchanted_tui.whole_files import open_regular

_BLOCK = 1 << 20


def renew(path: Path) -> None:
    """Put a copy of the journal in its place, under an inode of its own.

    What a supervisor on another host, who was taken for dead, has still to write then goes into the
    file that is no more.
    """
    partial = path.with_name(f"{path.name}.{os.urandom(16).hex()}.partial")
    try:
        with open(open_regular(path), "rb") as old, partial.open("xb") as new:
            shutil.copyfileobj(old, new, _BLOCK)
            new.flush()
            os.fsync(new.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    sync_directory(path.parent)
