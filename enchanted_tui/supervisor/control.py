"""Steering a running supervisor from another process, on this host or another: small files in
``state/control``.

A request is one file, renamed into place; the supervisor looks once a second, obeys, records it in
the journal and removes the file. A person who looks at the jobs leaves a mark there, again and
again; it is taken away without being recorded.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import time
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from msgspec import Struct

from enchanted_tui.record import points_request
from enchanted_tui.whole_files import read_regular, write_atomically

Action = Literal["pause", "continue", "drain", "abort"]
ACTIONS: tuple[str, ...] = get_args(Action)


_WATCHED = "jobs.watched"
RENEW = 5.0  #: seconds between two marks of somebody who looks at the jobs
WATCHED_FOR = 3 * RENEW  #: seconds that a mark counts


class Request(Struct, frozen=True):
    """What somebody asks of the supervisor."""

    action: Action
    by: str


def whoami() -> str:
    """Return who asks, as shown to others."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def send(directory: Path, action: Action, by: str | None = None) -> None:
    """Leave a request for the supervisor that watches `directory`."""
    directory.mkdir(exist_ok=True)
    name = f"{time.time_ns():020d}-{os.urandom(4).hex()}"
    asked = json.dumps({"action": action, "by": by or whoami()})
    write_atomically(directory / f"{name}.json", asked)


def receive(directory: Path) -> list[Request]:
    """Take the requests there are, oldest first; what cannot be read is removed and ignored."""
    return look(directory).requests


class Seen(NamedTuple):
    """What there was to be seen at one look."""

    requests: list[Request]  #: which have been taken
    watched: bool  #: whether there was a mark of somebody who looks at the jobs
    points: bool  #: whether somebody asks for points to be added (see `record.points_request`)


def look(directory: Path) -> Seen:
    """Take the requests there are, as `receive` does, and the mark; leave the points."""
    requests, watched, points = [], False, False
    with contextlib.suppress(OSError):  # what cannot be read now is read at the next look
        for name in sorted(os.listdir(directory)):
            path = directory / name
            if name.endswith(".json"):
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                    content = json.loads(read_regular(path))
                    if content["action"] in ACTIONS:
                        requests.append(Request(content["action"], str(content["by"])))
            elif name == _WATCHED:
                watched = True
            else:
                points = points or name.endswith(points_request.SUFFIX)
                continue
            with contextlib.suppress(OSError):
                path.unlink()
    return Seen(requests, watched, points)


def mark_watched(directory: Path) -> None:
    """Leave the mark of somebody who looks at the jobs; it counts for `WATCHED_FOR` seconds from
    when the supervisor finds it.
    """
    with contextlib.suppress(OSError):  # somebody who may only read looks all the same
        directory.mkdir(exist_ok=True)
        (directory / _WATCHED).touch()
