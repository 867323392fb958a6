"""What every kind of SSH connection can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from enchanted_tui.executors.slurm.ssh.framing import Exchange


class Link(Protocol):
    """An open connection on which commands run."""

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as is known."""

    def execute(
        self, exchange: Exchange, stdin: Iterable[bytes], timeout: float | None
    ) -> tuple[int, bytes]:
        """Run one command to its end; return its exit code and error output.

        Raises ConnectionLost, CommandTimeout or FarSideProblem.
        """

    def close(self) -> None:
        """Hang up."""
