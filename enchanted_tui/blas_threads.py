"""Numerical libraries on one thread.

Matrices of a few hundred rows are quickest on one, and the same to the bit. Several threads of BLAS
wait for each other at every step: on a machine whose CPUs run samples, or other people's programs,
a fit on all CPUs was seen to take 20 times as long as on one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from enchanted_tui.resources import THREAD_VARIABLES

#: The environment of a process that does numerical work of ours.
ONE_THREAD = dict.fromkeys(THREAD_VARIABLES, "1")


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep libraries of this process that have been imported to one thread; also a decorator."""
    from threadpoolctl import threadpool_limits  # only for who computes

    with threadpool_limits(1):
        yield
