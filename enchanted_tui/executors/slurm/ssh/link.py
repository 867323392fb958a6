"""What every kind of SSH connection can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from enchanted_tui.executors.slurm.ssh.framing import Exchange


class CommandTimedOut(Exception):
    """A command took longer than it may; it may still be running on the far side."""


class Link(Protocol):
    """An open connection on which commands run."""

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as is known."""

    def execute(self, exchange: Exchange, stdin: Iterable[bytes], timeout: float | None) -> tuple[int, bytes]:
        """Run one command to its end; give its exit code and error output.

        Raises ConnectionLost, CommandTimedOut or RemoteFailure.
        """

    def close(self) -> None:
        """Hang up."""
