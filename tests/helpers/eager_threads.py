"""Threads that take turns as often as the interpreter lets them, so that what one of them leaves
half done for a moment is seen by the others.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_INTERVAL = 1e-6  #: seconds after which another thread may go on


@contextmanager
def eager_threads() -> Iterator[None]:
    """Have threads of this process take turns all the time while the block runs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def at_once(*calls: Callable[[], object]) -> None:
    """Make calls beside each other, each in a thread of its own; raise the first of their errors
    when all have ended.
    """
    errors: list[BaseException] = []
    together = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        together.wait()
        try:
            call()
        except BaseException as error:  # raised again below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(call,), daemon=True) for call in calls]
    with eager_threads():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
