"""Directories that modules are imported from for a while. The interpreter's path is the process's,
and several threads read configurations: a directory stays as long as one of them needs it.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_changing = threading.Lock()
_needed: Counter[str] = Counter()  #: by how many, of the directories that are on the path for them


@contextmanager
def importing_from(directories: Sequence[Path]) -> Iterator[None]:
    """Let modules be imported from these directories, after the interpreter's own, while the block
    runs.
    """
    places = dict.fromkeys(map(str, directories))
    with _changing:
        added = [place for place in places if _needed[place] or place not in sys.path]
        sys.path.extend(place for place in added if place not in sys.path)
        _needed.update(added)
    try:
        yield
    finally:
        with _changing:
            _needed.subtract(added)
            for place in added:
                if not _needed[place]:
                    del _needed[place]
                    # an imported module may have changed the path itself
                    with suppress(ValueError):
                        sys.path.remove(place)
