"""The files of one array element: the shares of tasks it was given, and the results it appends.

``share.K`` holds a JSON line that all tasks share and then one task message a line; ``share.K.1``,
``share.K.2`` ... are the same for a job that stays, given to it one after another. ``results.K``
holds the tasks' records, which are the very lines of the journal, and between them notes: ``#`` and
a JSON object with ``op`` one of

- ``hello``: the job has started; ``node``, ``host``, ``pid``, ``job``, ``array``, ``cpus``
  (of all its nodes), ``cores`` (that each task holds, where nothing else is said), ``at``, ``ends``
  (when its time is up, or null)
- ``begin``: ``task`` begins ``at``
- ``beat``: nothing else was to be said for a while; ``at``
- ``accept``: the job has taken ``share``, a number, and works on it from now on
- ``idle``: a job that stays has nothing to do; ``at``
- ``returned``: the job has given back what it has not begun of ``share``: ``tasks``, or all of it
- ``trouble``: the file system failed in ``task``; ``message``
- ``bye``: the job ends of its own accord, and takes nothing more; ``why``, ``at``, ``left`` (number
  of tasks it leaves undone)

The executor gives a share up by making ``revoked`` or ``revoked.K``: a job that comes to life later
must not touch these tasks. It takes back what a job that stays has not begun of one share by making
``revoked.K.N``, which the job answers by ``returned``.

``limits`` says how long the tasks of a batch may run at a step before they are stragglers: a JSON
list of ``executors.straggler_rule.RunTimeLimit``. It is replaced while jobs run; they look with
every heartbeat, and go by it as long as nobody says anything else.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.straggler_rule import RunTimeLimit

NOTE = b"#"
RECORD = b'{"v":'


def share_file(directory: str, element: int, number: int = 0) -> str:
    """Name the file of a share: the one that a job begins with, or one that it was given later."""
    return os.path.join(directory, f"share.{element}" + (f".{number}" if number else ""))


def results_file(directory: str, element: int) -> str:
    return os.path.join(directory, f"results.{element}")


def output_file(directory: str, element: int | str) -> str:
    """Name the file that takes what a job prints."""
    return os.path.join(directory, f"output.{element}")


def revocations(directory: str, element: int) -> tuple[str, str]:
    """Name the files that say that all of an array's shares, or this one, are somebody else's
    now.
    """
    return os.path.join(directory, "revoked"), os.path.join(directory, f"revoked.{element}")


def recall_file(directory: str, element: int, number: int) -> str:
    """Name the file that takes back what has not begun of one share."""
    return os.path.join(directory, f"revoked.{element}.{number}")


def limits_file(directory: str) -> str:
    """Name the file that says to the jobs of an array what is a straggler."""
    return os.path.join(directory, "limits")


def write_limits(limits: Iterable[RunTimeLimit]) -> bytes:
    """Return the content of such a file."""
    return json.dumps([list(limit) for limit in limits]).encode("ascii")


def read_limits(directory: str) -> list[RunTimeLimit]:
    """Return what such a file says; nothing if there is none. Raises OSError."""
    try:
        with open(limits_file(directory), "rb") as file:
            return [RunTimeLimit(*limit) for limit in json.loads(file.read())]
    except FileNotFoundError:
        return []


def is_gone(path: str) -> bool:
    """Tell whether a file is certain not to exist; a file system in trouble says nothing of it."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def write_share(header: dict[str, Any], messages: list[dict[str, Any]]) -> bytes:
    """Return the content of a share file."""
    lines = [json.dumps(header), *(values.encode(message) for message in messages)]
    return ("\n".join(lines) + "\n").encode("ascii")


def read_share(
    directory: str, element: int, number: int = 0
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the header and the task messages of a share file."""
    with open(share_file(directory, element, number), "rb") as file:
        header = json.loads(file.readline())
        return header, [values.decode(line) for line in file]


class EarlierLife:
    """What a job has done by its results file, before it was put back into the queue."""

    def __init__(self, content: bytes) -> None:
        self.accepted = 0  #: the last share that it has taken
        self.said_good_bye = False  #: for good
        self._done: dict[tuple[int, ...], int] = {}  #: by task: the last share before its record
        self._returned: dict[int, set[tuple[int, ...]] | None] = {}  #: by share; None for all
        for line in content.split(b"\n")[:-1]:
            task = _task_of(line)
            if task is not None:
                self._done[task] = self.accepted
            elif line.startswith(NOTE):
                self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            note = json.loads(line[1:])
        except ValueError:  # torn by the death of its writer
            return
        if note["op"] == "accept":
            self.accepted = max(self.accepted, note["share"])
        elif note["op"] == "returned":
            tasks = note.get("tasks")
            self._returned[note["share"]] = None if tasks is None else set(map(tuple, tasks))
        elif note["op"] == "bye":
            self.said_good_bye = note["why"] != "terminated"

    @property
    def answered(self) -> int:
        """The last share that it has taken or given back."""
        return max([self.accepted, *self._returned])

    def is_open(self, task: tuple[int, ...], share: int) -> bool:
        """Tell whether a task of a share is still to be run."""
        if share in self._returned:
            given_back = self._returned[share]
            if given_back is None or task in given_back:
                return False
        return self._done.get(task, -1) < share


class ResultsFile:
    """The results file as its job writes it: whole lines only, closed after every write, so that
    network file systems show them.
    """

    def __init__(self, directory: str, element: int) -> None:
        self._path = results_file(directory, element)
        self._pending: list[bytes] = []
        self.written_at = time.monotonic()

    def earlier_life(self) -> EarlierLife:
        """Return what an earlier life of this job has done; end a line that it could not finish."""
        try:
            with open(self._path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            content = b""
        if content and not content.endswith(b"\n"):
            self._pending.append(b"\n")
        return EarlierLife(content)

    def note(self, op: str, **fields: Any) -> None:
        """Take a note; it is written by the next `flush`."""
        self.add(NOTE + json.dumps({"op": op, "at": time.time(), **fields}).encode("ascii") + b"\n")

    def add(self, line: bytes) -> None:
        self._pending.append(line)

    @property
    def pending(self) -> bool:
        return bool(self._pending)

    def flush(self) -> None:
        """Append what has gathered. Raises OSError; what was not written stays to be written."""
        if not self._pending:
            return
        data = b"".join(self._pending)
        descriptor = os.open(
            self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666
        )
        try:
            start = os.fstat(descriptor).st_size
            try:
                written = os.write(descriptor, data)
                while written < len(data):
                    written += os.write(descriptor, data[written:])
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, start)
                raise
        finally:
            os.close(descriptor)
        self._pending.clear()
        self.written_at = time.monotonic()


def _task_of(line: bytes) -> tuple[int, ...] | None:
    """Return the task of a whole record; None for notes and for what is torn."""
    if not line.startswith(RECORD) or not line.endswith(b'"}'):
        return None
    try:
        record = json.loads(line)
        return tuple(record["task"])
    except (ValueError, KeyError):
        return None
