"""What can go wrong between here and the cluster, each with a sentence for the user that names the
remedy.
"""

from __future__ import annotations

from enchanted_tui.errors import UserError
from enchanted_tui.executors.slurm import transport


class ConnectionFailed(UserError, OSError):
    """No connection could be made: wrong name, refused port, no answer. Its text is one sentence
    for the user.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class HostKeyRejected(ConnectionFailed):
    """The server could not show that it is who it says, or nobody vouched for it."""


class LogInFailed(ConnectionFailed):
    """The server did not let us in, or nobody was there to answer its questions."""


class ConnectionLost(transport.ConnectionLost):
    """The connection broke, or there is none at the moment."""

    def __init__(self, message: str, *, may_have_run: bool) -> None:
        super().__init__(message)
        self.may_have_run = may_have_run  #: False where the command certainly did not start
