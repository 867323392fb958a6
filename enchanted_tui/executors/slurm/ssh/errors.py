"""What can go wrong between here and the cluster, each with a sentence for the user that names the remedy."""

from __future__ import annotations


class SshError(OSError):
    """Something about the connection; its text is one sentence for the user."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class ConnectionFailed(SshError):
    """No connection could be made: wrong name, refused port, no answer."""


class HostKeyRejected(ConnectionFailed):
    """The server could not show that it is who it says, or nobody vouched for it."""


class LogInFailed(ConnectionFailed):
    """The server did not let us in, or nobody was there to answer its questions."""


class RemoteFailure(SshError):
    """The connection stands, but the far side did not do what was asked: a full disk, no shell, no Python."""


class ConnectionLost(SshError):
    """The connection broke, or there is none at the moment."""

    def __init__(self, message: str, *, may_have_run: bool) -> None:
        super().__init__(message)
        self.may_have_run = may_have_run  #: False where the command certainly did not start
