"""A control group in which the kernel kills what takes too much memory."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from helpers.processes import wait_until

_FIRST = Path("/sys/fs/cgroup/memory")  #: version 1
_SECOND = Path("/sys/fs/cgroup")


def can_limit_memory() -> bool:
    """Tell whether groups can be made here, which takes root."""
    if os.access(_FIRST, os.W_OK) and (_FIRST / "memory.limit_in_bytes").exists():
        return True
    control = _SECOND / "cgroup.subtree_control"
    return os.access(control, os.W_OK) and "memory" in control.read_text().split()


@contextlib.contextmanager
def memory_group(megabytes: int) -> Iterator[tuple[str, ...]]:
    """Make a group whose processes have so much together; yield the words that come before a
    command that is to run in it.
    """
    first = (_FIRST / "memory.limit_in_bytes").exists()
    group = (_FIRST if first else _SECOND) / f"enchanted-{uuid.uuid4().hex[:8]}"
    group.mkdir()
    try:
        limit = group / ("memory.limit_in_bytes" if first else "memory.max")
        limit.write_text(str(megabytes << 20))
        yield ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh")
        wait_until(lambda: not (group / "cgroup.procs").read_text(), 10, "that the group is empty")
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()
