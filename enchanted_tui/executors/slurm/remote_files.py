"""Run directories of a cluster that does not see ours: they come home in bulk, and what came home is removed there.

A result counts when its run directory is here, so that whatever reads run directories finds the same as after a local run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from enchanted_tui.executors.slurm.transport import FarSideProblem, Transport

T = TypeVar("T")

#: So many directories come home with one command; more are so long under way that a connection that breaks would cost too much.
_AT_ONCE = 1000


class RemoteFiles(Generic[T]):
    """Brings run directories home. Two commands a poll at most, for any number of samples up to a thousand.

    `far` is the directory of the run directories there, `home` here. `T` is what belongs to a run directory and waits for it, as a result.
    """

    def __init__(self, transport: Transport, far: str, home: Path) -> None:
        self._transport, self._far, self._home = transport, far, home
        self._waiting: dict[str, T] = {}  #: by name of the run directory
        self._brought: list[str] = []  #: names that are home and still on the far side

    def prepare(self) -> None:
        """Make the directory that run directories are made in. Raises FarSideProblem where that cannot be."""
        done = self._transport.run(["mkdir", "-p", "--", self._far])
        if done.code != 0:
            raise FarSideProblem(f"{self._far} cannot be made: {done.complaint}; set remote_dir to a directory of yours")

    def add(self, name: str, what: T) -> None:
        """Take note that the run directory `name` is complete; `what` is given back when it is home."""
        self._waiting[name] = what

    @property
    def waiting(self) -> int:
        """How many are not home yet."""
        return len(self._waiting)

    def bring_home(self) -> list[T]:
        """Bring home what waits, and give what belongs to it, also where a run directory did not exist any more.

        After an error nothing is forgotten: the next call tries again.
        """
        names = list(self._waiting)[:_AT_ONCE]
        if not names:
            return []
        self._brought += self._transport.fetch(self._far, names, self._home)
        return [self._waiting.pop(name) for name in names]

    def clean(self, kept: Sequence[str] = ()) -> None:
        """Remove from the far side what is home, but for the names `kept`, which later steps read there."""
        leaving = [name for name in self._brought if name not in set(kept)]
        if leaving:
            self._transport.remove([posixpath.join(self._far, name) for name in leaving])
            self._brought = [name for name in self._brought if name in set(kept)]

    def leave(self) -> None:
        """Remove the directory that `prepare` made, and the one around it, where nothing is left in them."""
        self.clean()
        self._transport.run(["rmdir", "--", self._far, posixpath.dirname(self._far)])
