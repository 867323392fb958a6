"""The cluster behind SSH: commands, and files in bulk, each call one round trip."""

from __future__ import annotations

import errno
import json
import os
import re
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from enchanted_tui.executors import inherited
from enchanted_tui.executors.slurm.ssh import sharing
from enchanted_tui.executors.slurm.ssh.archive import Unpacking, UnsafeArchive
from enchanted_tui.executors.slurm.ssh.connection import SshConnection
from enchanted_tui.executors.slurm.ssh.connection_errors import ConnectionLost
from enchanted_tui.executors.slurm.ssh.keeping import ConnectionState
from enchanted_tui.executors.slurm.ssh.questions import Asker
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings
from enchanted_tui.executors.slurm.transport import (
    READ_LIMIT,
    CommandTimeout,
    CompletedCommand,
    FarSideProblem,
)

_BULK_TIMEOUT = 60.0  #: seconds, and more where much is moved
_SLOWEST = 100_000  #: bytes a second below which a transfer is given up
_FETCH_TIMEOUT = 3600.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


class SshTransport:
    """A way to the cluster through SSH.

    Making one connects and raises ConnectionFailed, HostKeyRejected or LogInFailed, each an OSError
    with one sentence for the user. `python` is an interpreter of the far side's login node, 3.6 or
    newer; `ask` answers questions, by default whoever `questions.set_asker` named. With `shared`,
    the connection is that of all other transports of this process with the same settings.
    """

    def __init__(
        self,
        settings: SshSettings,
        *,
        python: str = "python3",
        ask: Asker | None = None,
        shared: bool = False,
    ) -> None:
        self._shared = shared
        self._connection = sharing.join(settings) if shared else SshConnection(settings, ask)
        self._closed = False
        self._python = python
        self._told: ConnectionState = self._connection.state
        self._left_out = 0

    # -- the connection ----------------------------------------------------------------------------

    @property
    def way(self) -> object:
        """What stands for this way to the cluster; see `Transport`."""
        return self._connection

    @property
    def state(self) -> ConnectionState:
        """How the connection stands, for people: ``str(state)`` says it."""
        return self._connection.state

    @property
    def round_trips(self) -> int:
        """How many commands were run so far."""
        return self._connection.round_trips

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until connected; tell whether it is."""
        return self._connection.kept.wait(timeout)

    def retry_now(self) -> None:
        """Try to connect at once instead of at the next planned instant."""
        self._connection.kept.retry_now()

    def notices(self) -> list[str]:
        """Sentences for people since the last call: a connection that was lost or found again,
        files that stayed behind.
        """
        told, self._told = self._told, self.state
        said = []
        if self._told.connected and self._told.log_ins > told.log_ins:
            said.append(f"connected to {self._connection.host} again")
        elif not self._told.connected and (told.connected or told.reason != self._told.reason):
            said.append(
                f"{self._connection.host}: {self._told}. Jobs run on; nothing is submitted or"
                " collected meanwhile"
            )
        if self._left_out:
            said.append(
                f"{self._left_out} links that point out of their run directories were not brought"
                " home"
            )
            self._left_out = 0
        return said

    def close(self) -> None:
        """Hang up, unless others share the connection; then a call that runs in another thread ends
        with ConnectionLost.
        """
        if self._shared and not self._closed:
            sharing.leave(self._connection)
        elif not self._shared:
            self._connection.close()
        self._closed = True

    # -- commands ----------------------------------------------------------------------------------

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0
    ) -> CompletedCommand:
        """Run one of SLURM's commands, none of its arguments seen by a shell, whatever start-up
        files have set; see
        `Transport` and `inherited`."""
        code, out, err = self._connection.run(argv, stdin, timeout, [inherited.WITHHOLD])
        if code == 127 and not out and re.search(rb"not found|No such file", err):
            raise FarSideProblem(
                f"there is no {argv[0]} on {self._connection.host}: correct the host or, where"
                " SLURM's commands come with a profile or a module, add it under ssh, as in"
                " `prologue: [. /etc/profile, module load slurm]`"
            )
        return CompletedCommand(code, out, err)

    # -- files -------------------------------------------------------------------------------------

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files, each whole or not at all; see `Transport`."""
        if not files:
            return
        request = {"do": "put", "files": [[path, len(content)] for path, content in files.items()]}
        total = sum(map(len, files.values()))
        self._bulk(request, files.values(), bytearray().extend, _BULK_TIMEOUT + total / _SLOWEST)

    def read(self, offsets: Mapping[str, int]) -> dict[str, bytes]:
        """Return what is new in files; see `Transport`."""
        if not offsets:
            return {}
        output = bytearray()
        request = {"do": "read", "files": list(offsets.items()), "limit": READ_LIMIT}
        self._bulk(request, [], output.extend, _BULK_TIMEOUT + len(offsets) * READ_LIMIT / _SLOWEST)
        return dict(_parts(bytes(output), list(offsets)))

    def fetch(self, directory: str, names: Sequence[str], target: Path) -> list[str]:
        """Bring directories home; see `Transport`. Local trouble, as a full disk, is raised as
        OSError.
        """
        if not names:
            return []
        with Unpacking(target, names) as unpacking:
            request = {"do": "fetch", "directory": directory, "names": list(names)}
            try:
                self._piped(unpacking, lambda sink: self._bulk(request, [], sink, _FETCH_TIMEOUT))
            except (UnsafeArchive, tarfile.TarError) as error:
                raise FarSideProblem(
                    f"{directory} on {self._connection.host} cannot be brought home: {error}"
                ) from error
            self._left_out += len(unpacking.left_out)
            return unpacking.into_place()

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files and whole directories; see `Transport`."""
        if paths:
            self._bulk(
                {"do": "remove", "paths": list(paths)}, [], bytearray().extend, _FETCH_TIMEOUT
            )

    # -- how ---------------------------------------------------------------------------------------

    def _bulk(
        self,
        request: dict[str, Any],
        stdin: Iterable[bytes],
        sink: Callable[[bytes], Any],
        timeout: float,
    ) -> None:
        """Let the far side's part do what `request` says, and raise what it could not do."""
        argv = [self._python, "-I", "-S", "-c", _far_side()]
        code, errors = self._connection.stream(
            argv, _chain(json.dumps(request).encode() + b"\n", stdin), sink, timeout
        )
        said = errors.decode(errors="replace").strip()
        if code != 0:
            raise FarSideProblem(self._broken(code, said))
        problems = json.loads(said.rpartition("\n")[2])
        if problems:
            raise FarSideProblem(self._refused(request["do"], *problems[0]))

    def _broken(self, code: int, said: str) -> str:
        host, last = self._connection.host, said.rpartition("\n")[2]
        if code in (126, 127):
            return (
                f"there is no {self._python} on {host}, by which files are handled there (3.6 or"
                " newer); let a line of `prologue` under ssh provide it, such as `module load"
                " python`"
            )
        if "No space left" in last or "quota" in last.lower():
            return f"the disk of {host} is full, or your quota is used up; make room and resume"
        return f"files on {host} cannot be handled: {last or f'exit code {code}'}"

    def _refused(self, what: str, path: str, number: int, reason: str) -> str:
        host = self._connection.host
        if number in _FULL:
            return (
                f"{path} on {host} cannot be written: {reason}; make room there, or set remote_dir"
                " to another file system, and resume"
            )
        verb = {"put": "written", "remove": "removed"}.get(what, "read")
        remedy = (
            "set remote_dir to a directory of yours" if what == "put" else "correct its permissions"
        )
        return f"{path} on {host} cannot be {verb}: {reason}; {remedy}"

    def _piped(
        self, unpacking: Unpacking, produce: Callable[[Callable[[bytes], Any]], None]
    ) -> None:
        """Unpack what `produce` hands on while it comes, in bounded memory."""
        reading, writing = os.pipe()
        failures: list[BaseException] = []

        def unpack() -> None:
            with os.fdopen(reading, "rb") as stream:
                try:
                    unpacking.unpack(stream)
                    while stream.read(1 << 16):  # what pads the end
                        pass
                except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                    failures.append(error)

        thread = threading.Thread(target=unpack, name="unpacking", daemon=True)
        thread.start()
        try:
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                produce(lambda data: _write_all(pipe, data))
        except BrokenPipeError:
            pass  # unpacking has failed
        except (ConnectionLost, CommandTimeout, FarSideProblem):
            thread.join()
            raise
        thread.join()
        if failures:
            raise failures[0]


@cache
def _far_side() -> str:
    return resources.files(__package__).joinpath("far_side.py").read_text(encoding="utf-8")


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _write_all(pipe: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def _parts(output: bytes, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a bulk read."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        number, length = map(int, output[position:end].split())
        position = end + 1 + length
        yield paths[number], output[end + 1 : position]
