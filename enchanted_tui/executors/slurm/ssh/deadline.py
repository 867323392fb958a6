"""Until when a command may take."""

from __future__ import annotations

import time

from enchanted_tui.executors.slurm.transport import CommandTimeout


class Deadline:
    """An instant so many seconds from now; None means never."""

    def __init__(self, timeout: float | None) -> None:
        self._timeout = timeout
        self._end = None if timeout is None else time.monotonic() + timeout

    def left(self, most: float) -> float:
        """Return the seconds left, `most` at most."""
        return most if self._end is None else max(0.0, min(most, self._end - time.monotonic()))

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return self._end is not None and time.monotonic() >= self._end

    def passed(self) -> CommandTimeout:
        """Return the error that says so."""
        return CommandTimeout(f"a command on the cluster did not end within {self._timeout:g} s")
