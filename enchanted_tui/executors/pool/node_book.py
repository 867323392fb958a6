"""A book of one node that several processes share, such as the Dask workers of a machine: what is
held stands in a file.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from typing import Any, Optional

from enchanted_tui.executors.ends.processes import look_at
from enchanted_tui.executors.pool.book import Book, Node
from enchanted_tui.resources import NodeShare, Resources, Share

_AGAIN = 0.1  #: seconds between two looks whether others have given something back
_ALIVE = 2.0  #: seconds after which it is seen at the latest that a holder has died


class NodeBook(Book):
    """One node, of which other processes of this user hold something too. What a process held that
    has died is free.
    """

    def __init__(self, node: Node, name: str, *, slurm_chooses: bool = False) -> None:
        """`name`: of what is shared, such as the job that this is; `slurm_chooses`: see `Book`."""
        super().__init__([node], slurm_chooses=slurm_chooses)
        self.look_again = _AGAIN
        self._path = os.path.join(tempfile.gettempdir(), f"enchanted-shares-{os.getuid()}-{name}")
        self._own = f"{os.getpid()}-{id(self):x}"
        #: what there was no room for, and how the file was then
        self._refused: dict[Resources, tuple[int, ...]] = {}

    def take(self, wanted: Resources) -> Optional[Share]:
        if self._refused.get(wanted) == self._state_of_file():
            return None
        with self._locked() as held:
            node = self._counted(held)
            book = Book([node], slurm_chooses=self.slurm_chooses)
            for entry in held:
                book.count(_share_of(entry))
            share = book.take(wanted)
            if share is None:
                self._refused[wanted] = self._state_of_file()
                return None
            held.append(self._entry(share, node.mem))
            with self._lock:
                self.held[share.slot] = share
            return share

    def give_back(self, share: Share) -> None:
        with self._locked() as held:
            held[:] = [
                entry
                for entry in held
                if entry["slot"] != share.slot or entry["holder"] != self._own
            ]
            # while nobody can take the slot: what another thread holds by it must not be forgotten
            with self._lock:
                self.held.pop(share.slot, None)
        for call in self.on_free:
            call()

    def free_cpus(self) -> int:
        return len(self.nodes[0].cpus)

    def _counted(self, held: list[dict[str, Any]]) -> Node:
        """Return the node, empty, with the memory that those count with who hold something of it:
        what is available changes by some MiB from moment to moment, and equal parts of unlike
        wholes need not fit beside each other.
        """
        node = self.nodes[0]
        mem = held[0].get("mem", node.mem) if held else node.mem
        return Node(node.name, node.cpus, node.gpus, mem)

    def _state_of_file(self) -> tuple[int, ...]:
        """Return what changes when somebody takes or gives back, and now and then besides."""
        turn = int(time.monotonic() / _ALIVE)
        try:
            status = os.stat(self._path)
        except OSError:
            return (turn,)
        return turn, status.st_ino, status.st_size, status.st_mtime_ns

    def _entry(self, share: Share, mem: int) -> dict[str, Any]:
        node = share.nodes[0]
        this = look_at(os.getpid())
        return {
            "holder": self._own,
            "pid": os.getpid(),
            "began": this.started if this is not None else 0,
            "slot": share.slot,
            "mem": mem,
            "resources": share.resources.message(),
            "node": [node.name, node.ranks, node.cpus, node.gpus, node.mem],
        }

    @contextlib.contextmanager
    def _locked(self) -> Iterator[list[dict[str, Any]]]:
        """Yield what is held by processes that live; what is left in the list is written down."""
        descriptor = self._open()
        try:
            held = [entry for entry in _read(descriptor) if _lives(entry)]
            before = json.dumps(held)
            yield held
            after = json.dumps(held)
            if after != before:
                os.lseek(descriptor, 0, os.SEEK_SET)
                os.ftruncate(descriptor, 0)
                os.write(descriptor, after.encode())
            if not held:  # nothing is left behind
                os.unlink(self._path)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        """Return a descriptor of the file, locked; another one may have been removed meanwhile."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        while True:
            descriptor = os.open(self._path, flags, 0o600)
            opened = os.fstat(descriptor)
            if opened.st_uid != os.getuid():
                os.close(descriptor)
                raise PermissionError(f"{self._path} belongs to somebody else; remove it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if os.stat(self._path).st_ino == opened.st_ino:
                    return descriptor
            os.close(descriptor)


def _read(descriptor: int) -> list[dict[str, Any]]:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        content = file.read()
    try:
        found: list[dict[str, Any]] = json.loads(content or b"[]")
    except ValueError:  # torn by the death of its writer: those that live take again what is free
        return []
    return found


def _lives(entry: dict[str, Any]) -> bool:
    process = look_at(entry["pid"])
    return process is not None and process.started == entry["began"]


def _share_of(entry: dict[str, Any]) -> Share:
    name, ranks, cpus, gpus, mem = entry["node"]
    node = NodeShare(name, ranks, tuple(cpus), tuple(gpus), mem)
    return Share(entry["slot"], Resources.of(entry["resources"]), (node,))
