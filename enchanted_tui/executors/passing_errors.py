"""Errors of a file system that pass by themselves, as those of a server that is away do: which ones
they are, and for how long they are borne.

Workers and supervisor go by the same: what fails is tried again for `supervisor.io_patience`
seconds. Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Container
from typing import Any, TypeVar

from enchanted_tui.executors.task_end import PASSING_ERRNOS, environment_error

PATIENCE = 60.0  #: seconds, where nobody has said for how long
PAUSE = 1.0  #: seconds between two tries
_MAY_PASS = PASSING_ERRNOS | {errno.ESTALE}
_PROBE = ".enchanted_probe"
_Returned = TypeVar("_Returned")
#: what this process calls when it begins to wait
_called_on_waiting: list[Callable[[], None]] = []


def tell_of_waiting(tell: Callable[[], None]) -> None:
    """Have `tell` called whenever this process begins to wait: no time limit counts that."""
    _called_on_waiting[:] = [tell]


def may_pass(error: BaseException | None) -> bool:
    """Tell whether an error, or the one behind it, is of a file system that may answer again."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in _MAY_PASS:
            return environment_error(error) is error
        error = error.__cause__ or error.__context__
    return False


class Patience:
    """For how long something has failed, and whether that is to be borne on."""

    def __init__(self, seconds: float, also: Container[int] = ()) -> None:
        """`also`: further errnos that are borne."""
        self.seconds, self._also = seconds, also
        self.since: float | None = None  #: monotonic time of the first error; None: all is well

    def bears(self, error: BaseException) -> bool:
        """Tell whether what has failed is to be tried again."""
        now = time.monotonic()
        self.since = now if self.since is None else self.since
        passes = may_pass(error) or getattr(error, "errno", None) in self._also
        return passes and now - self.since < self.seconds

    def is_over(self) -> None:
        """Take note that it has succeeded."""
        self.since = None


def endure(call: Callable[[], _Returned], seconds: float) -> _Returned:
    """Return what `call` returns, which is tried again while errors that may pass have not lasted
    for `seconds`. Raises OSError.
    """
    patience = None
    while True:
        try:
            return call()
        except OSError as error:
            patience = patience or Patience(seconds)
            begins = patience.since is None
            if not patience.bears(error):
                raise
            if begins:
                _begin_to_wait()
        time.sleep(PAUSE)


def outlasts(directory: str, seconds: float) -> bool:
    """Wait until files can be made in a directory again, a second at least; tell whether that was
    so within `seconds`.
    """
    if seconds <= 0:
        return False
    _begin_to_wait()
    time.sleep(min(PAUSE, seconds))
    with contextlib.suppress(OSError):
        endure(lambda: probe(directory), seconds)
        return True
    return False


def probe(directory: str) -> None:
    """Make a file in a directory and remove it again. Raises OSError."""
    path = os.path.join(directory, f"{_PROBE}.{os.getpid()}")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666))
    os.unlink(path)


def outage_in(directory: str) -> OSError | None:
    """Return the error, one that may pass, with which the file system of a directory fails now:
    what was found wrong with a sample there says nothing about it. None if there is none.
    """
    try:
        probe(directory)
    except OSError as error:
        return error if may_pass(error) else None
    return None


def patience_of(context: dict[str, Any]) -> float:
    """Return the seconds that the fields of a `TaskContext` name."""
    return float(context.get("io_patience", PATIENCE))


def _begin_to_wait() -> None:
    for tell in _called_on_waiting:
        tell()
