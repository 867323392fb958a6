"""Warnings of the interpreter, kept for a while. Which are shown, and by whom, is a setting of the
whole process, so one thread at a time changes it: of two that put back what they have found, the
later one would put back what the other had set.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.RLock()


@contextmanager
def kept_warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Give a list into which all warnings go while the block runs, those of other threads too."""
    with _one_at_a_time, warnings.catch_warnings(record=True) as kept:
        warnings.simplefilter("always")
        yield kept


@contextmanager
def no_warnings() -> Iterator[None]:
    """Show no warnings while the block runs."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
