"""The control groups that limit the memory of this process, and of what it starts.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


def memory_files(first: str, second: str) -> Iterator[str]:
    """Name the files that are called `first` in control groups of version 1 and `second` in those
    of version 2: of the group that this process is in, then of those above it. In a container, what
    is above is all that can be seen.
    """
    for version, group in _groups():
        place, name = (
            ("/sys/fs/cgroup/memory", first) if version == 1 else ("/sys/fs/cgroup", second)
        )
        parts = group.strip("/").split("/")
        for count in range(len(parts), -1, -1):
            yield "/".join((place, *filter(None, parts[:count]), name))


def _groups() -> Iterator[tuple[int, str]]:
    """Return version and path of the groups that memory is counted by, the older ones first: where
    there are both, the newer ones count nothing.
    """
    newer = []
    with contextlib.suppress(OSError), open("/proc/self/cgroup", encoding="utf-8") as file:
        for line in file:
            _, controllers, group = line.rstrip("\n").split(":", 2)
            if "memory" in controllers.split(","):
                yield 1, group
            elif not controllers:
                newer.append((2, group))
    yield from newer
