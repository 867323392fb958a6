"""What a sample has used, for its record: processor time, and the most memory that one of its
processes had at a time.

Counted are the process that runs the sample and those that it has waited for. Samples of less than
a millisecond are not looked at, but for the time at which they begin: they are not to pay for it.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import math
import os
import resource
from time import process_time
from typing import Any

from enchanted_tui.runners.program_use import Peak, peak_above, take_programs

_SHORT = 0.001  #: seconds


class _Seen:
    """What was seen last of this process."""

    def __init__(self) -> None:
        self.seconds = math.inf  #: that a sample took
        self.children = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.own = math.inf  #: its peak, KiB; infinite where nobody has looked
        self.is_reset = False  #: whether that is counted from the beginning of the sample on
        self.floor = 0  #: its peak right after it was counted anew, KiB
        self.runner = ""
        #: runners whose last sample had programs, with peaks well above that of this process
        self.start_programs: set[str] = set()


_seen = _Seen()


def _look_at_children() -> None:
    _seen.children = resource.getrusage(resource.RUSAGE_CHILDREN)


os.register_at_fork(after_in_child=_look_at_children)  # it has none


def begin_use(runner: str) -> float:
    """Begin to measure a sample of a runner, or a call for several; return the moment, for
    `used_since`.

    A look costs ten microseconds, so none is taken at what follows upon a short sample.
    """
    _seen.runner, _seen.is_reset = runner, False
    if _seen.seconds >= _SHORT:
        _seen.is_reset = not (runner in _seen.start_programs and _is_small()) and _reset_peak()
        _look_at_children()
    return process_time()


def _own_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _is_small() -> bool:
    """Tell whether this process has used little since its peak was counted anew: then nothing hides
    what a program has used, and it need not be counted again.
    """
    return not peak_above(_own_peak(), _seen.floor).exact


def used_since(began: float, seconds: float, samples: int = 1) -> dict[str, Any]:
    """Return, as fields of a record, what was used in the `seconds` since `began`; nothing if these
    are few. `samples`: that have the processor time in common.
    """
    _seen.seconds, programs = seconds, take_programs()
    if seconds < _SHORT:
        return {}
    spent = process_time() - began
    before = _seen.children
    _look_at_children()
    children = _seen.children
    spent += children.ru_utime + children.ru_stime - before.ru_utime - before.ru_stime
    if None in programs:
        return {}
    used: dict[str, Any] = {"cpu": round(spent / samples, 6)}
    peak: Peak | None
    if programs:
        _seen.own = math.inf
        peak = max(program for program in programs if program is not None)
    else:
        peak = _peak(before, children)
    if programs and peak is not None and peak.exact:
        _seen.start_programs.add(_seen.runner)
    else:
        _seen.start_programs.discard(_seen.runner)
    if peak is not None:
        used["memory" if peak.exact else "memory_at_most"] = peak.memory
    return used


def _peak(before: resource.struct_rusage, children: resource.struct_rusage) -> Peak | None:
    """Return the peak of this process, or of a child that is clearly larger; None where it is not
    known: it was not reset, and has not risen.
    """
    known, own = _seen.own, _own_peak()
    _seen.own = own
    child = peak_above(children.ru_maxrss, own)
    if children.ru_minflt != before.ru_minflt and child.exact:
        return child._replace(exact=children.ru_maxrss > before.ru_maxrss)
    is_known = _seen.is_reset or peak_above(own, known).exact
    return Peak(own * 1024, exact=True) if is_known else None


def _reset_peak() -> bool:
    """Have the kernel count the peak of this process anew; tell whether it does."""
    try:
        clear = os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(clear, b"5")  # see proc_pid_clear_refs(5)
    except OSError:
        return False
    finally:
        os.close(clear)
    _seen.floor = _own_peak()
    return True
