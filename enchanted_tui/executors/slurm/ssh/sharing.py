"""One connection for all executors that reach a cluster in the same way, so that a person logs in
once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings


@dataclass
class _Shared:
    """A connection and how many use it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    connection: SshConnection | None = None
    failure: BaseException | None = None  #: of the try to connect, for those who waited for it
    users: int = 0


_shared: dict[str, _Shared] = {}  #: by settings
_lock = threading.Lock()


def join(settings: SshSettings) -> SshConnection:
    """Return the connection with these settings, made by whoever comes first. Raises as making one
    does; every user calls `leave`.
    """
    with _lock:
        entry = _shared.setdefault(_key(settings), _Shared())
        entry.users += 1
    try:
        return _connected(entry, settings)
    except BaseException:
        _leave(settings, entry)
        raise


def leave(connection: SshConnection) -> None:
    """Hang up, if nobody else uses the connection."""
    entry = _shared.get(_key(connection.settings))
    if entry is not None and entry.connection is connection:
        _leave(connection.settings, entry)


def _connected(entry: _Shared, settings: SshSettings) -> SshConnection:
    with entry.lock:  # others wait here while a person is asked, and share the answer
        if entry.failure is not None:
            raise entry.failure
        if entry.connection is None:
            try:
                entry.connection = SshConnection(settings)
            except BaseException as failure:
                entry.failure = failure
                raise
        return entry.connection


def _leave(settings: SshSettings, entry: _Shared) -> None:
    with _lock:
        entry.users -= 1
        if entry.users:
            return
        del _shared[_key(settings)]
    if entry.connection is not None:
        entry.connection.close()


def _key(settings: SshSettings) -> str:
    options: dict[str, Any] = {name: getattr(settings, name) for name in SshSettings.options()}
    return repr(sorted(options.items()))
