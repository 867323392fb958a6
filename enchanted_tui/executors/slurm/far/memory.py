"""Whether the kernel has killed processes of this job for want of memory.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

_COUNT = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def oom_kills() -> int:
    """Return how many processes of this job's control groups the kernel has killed so far; 0 where
    memory is not limited by them.
    """
    for path in _counters():
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            found = _COUNT.search(file.read())
            if found is not None:
                return int(found[1])
    return 0


def _counters() -> Iterator[str]:
    """Name the files that hold the count, of control groups of version 1 and 2."""
    with contextlib.suppress(OSError), open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, group = line.rstrip("\n").split(":", 2)
            if "memory" in controllers.split(","):
                yield f"/sys/fs/cgroup/memory{group}/memory.oom_control"
            elif not controllers:
                yield f"/sys/fs/cgroup{group}/memory.events"
