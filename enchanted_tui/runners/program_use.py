"""How much memory the programs of a sample have used, noted by the runner that waits for them.

The kernel counts a program from the moment at which it is a copy of the process that starts it: its
peak is never told as less than the peak of that one, and is only an upper bound unless it is
clearly above.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import resource
from typing import NamedTuple, Optional

_KIB = 1024
#: By so much figures of the kernel may differ, which counts for each CPU and adds up now and then.
_SLACK, _SLACK_BYTES = 1.02, 1 << 20


class Peak(NamedTuple):
    """The most memory that a process has had at a time."""

    memory: int  #: resident, bytes
    exact: bool  #: else it is an upper bound


#: of the programs that have ended since somebody asked last; None stands for one that has worked
#: elsewhere
_ended: list[Optional[Peak]] = []


def note_program(used: resource.struct_rusage) -> None:
    """Note that a program has ended which used this, with the processes that it waited for."""
    _ended.append(peak_above(used.ru_maxrss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def note_work_elsewhere() -> None:
    """Note that what the programs of this sample start is not theirs to wait for, such as the ranks
    that SLURM starts for srun: nobody here knows what is used.
    """
    _ended.append(None)


def take_programs() -> list[Optional[Peak]]:
    """Return what was noted since this was called last."""
    if not _ended:
        return []
    taken = _ended[:]
    _ended.clear()
    return taken


def peak_above(kibibytes: int, other: float) -> Peak:
    """Return a peak, which is exact only if it is clearly above the `other` (both in KiB)."""
    memory = kibibytes * _KIB
    return Peak(memory, memory > other * _KIB * _SLACK + _SLACK_BYTES)
