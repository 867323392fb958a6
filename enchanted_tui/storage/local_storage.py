"""The private directory in which tasks run on a node-local disk (``local_storage``)."""

from __future__ import annotations

import os
import re
from pathlib import Path

from enchanted_tui.file_patterns import CANNOT_BE_REMOVED
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.storage.cleaning import remove_tree


def make_private_dir(local: str | Path, campaign: str, host: str) -> Path:
    """Make the directory in which the tasks of one campaign run on one host, inside the existing
    directory `local`.

    Raises OSError if it cannot be made.
    """
    path = Path(local) / f"enchanted-{re.sub('[^A-Za-z0-9_.-]', '_', f'{campaign}-{host}')}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def remove_private_dir(path: Path) -> bool:
    """Remove what tasks have left in a private directory and, unless something else is in it, the
    directory; tell whether it is gone.
    """
    try:
        names = os.listdir(path)
    except FileNotFoundError:
        return True
    for name in filter(TaskId.named, names):
        remove_tree(path / name)
    try:
        path.rmdir()
    except OSError as error:
        if error.errno not in CANNOT_BE_REMOVED:
            raise
        return False
    return True
