"""Numerical libraries on one thread.

Matrices of a few hundred rows are quickest on one, and the same to the bit. Several threads of BLAS
wait for each other at every step: on a machine whose CPUs run samples, or other people's programs,
a fit on all CPUs was seen to take 20 times as long as on one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from enchanted_tui.resources import THREAD_VARIABLES

#: The environment of a process that does numerical work of ours.
ONE_THREAD = dict.fromkeys(THREAD_VARIABLES, "1")

_changing = threading.Lock()
_limits: list[Any] = []  #: of those who compute, and of some who have left before others
_computing = [0]  #: how many do


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep libraries of this process that have been imported to one thread; also a decorator. They
    stay there until the last of several threads that compute has left.
    """
    from threadpoolctl import threadpool_limits  # only for who computes

    with _changing:
        own = threadpool_limits(1)
        _limits.append(own)
        _computing[0] += 1
    try:
        yield
    finally:
        with _changing:
            _computing[0] -= 1
            while _limits and (_limits[-1] is own or not _computing[0]):
                _limits.pop().restore_original_limits()
