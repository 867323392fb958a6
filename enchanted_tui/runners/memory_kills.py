"""Whether the kernel has killed processes here for want of memory: it counts them for each control
group, of which a process and what it starts have the same.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re

from enchanted_tui.runners.control_groups import memory_files

_COUNT = re.compile(rb"^oom_kill (\d+)$", re.MULTILINE)
_HEAD = 1024  #: bytes of the files within which it is


class MemoryKills:
    """Counts them from the moment on at which it is made."""

    def __init__(self) -> None:
        self._seen = _kills()

    def look(self) -> bool:
        """Tell whether there have been any since this was asked last."""
        before, self._seen = self._seen, _kills()
        return self._seen > before

    def reason(self, remedy: str) -> tuple[str, str] | None:
        """Return kind and reason of the failure of a sample whose process has died by SIGKILL, if
        there have been any; None where that was somebody else's doing.
        """
        return ("memory", f"killed (SIGKILL) for want of memory; {remedy}") if self.look() else None


def _kills() -> int:
    """Return how many processes of this control group have been killed so far; 0 where nobody
    counts.
    """
    counter = _counter()
    if counter is None:
        return 0
    with contextlib.suppress(OSError):  # a sample may have closed it
        found = _COUNT.search(os.pread(counter, _HEAD, 0))
        return int(found[1]) if found else 0
    return 0


@functools.cache
def _counter() -> int | None:
    """Return the open file that has the count; None if there is none. Threads that ask at the same
    time may each open it: one that found it half made would begin to count from 0.
    """
    for path in memory_files("memory.oom_control", "memory.events"):
        with contextlib.suppress(OSError):
            opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            if _COUNT.search(os.pread(opened, _HEAD, 0)):
                return opened
            os.close(opened)
    return None
