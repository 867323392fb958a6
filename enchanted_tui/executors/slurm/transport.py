"""How the executor reaches the cluster: commands, and files in bulk.

Everything the executor does on the far side goes through a `Transport`, from one thread. Each call
is one round trip, whatever the number of files, so that the number of commands grows with jobs and
not with samples. All paths are absolute paths of the far side.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from enchanted_tui.errors import UserError
from enchanted_tui.executors import inherited
from enchanted_tui.whole_files import write_atomically

#: At most so many bytes of one file are read at a time; the rest follows with the next call.
READ_LIMIT = 8 << 20


@dataclass(frozen=True, slots=True)
class CompletedCommand:
    """How a command ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """What it said on standard error, as one line."""
        return " ".join(self.err.decode("utf-8", "replace").split())


class ConnectionLost(UserError):
    """The far side cannot be reached now; whether the last call had an effect is unknown. To be
    tried again later.

    The message says what happened and, where a person has to do something, what.
    """


class CommandTimeout(UserError):
    """A command did not end in time; whether it had an effect is unknown."""


class FarSideProblem(UserError):
    """The far side answers and refuses: no permission, no such program, disk full. The message is
    one sentence with the remedy.
    """


class Transport(Protocol):
    """A way to the cluster. Used by one thread, but for `close`, which may be called from another
    one.

    Every method may raise ConnectionLost, and FarSideProblem where the file system or the log-in
    refuses.
    """

    @property
    def way(self) -> object:
        """What stands for this way to this cluster: the same object for all transports that share
        it.
        """
        ...

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0
    ) -> CompletedCommand:
        """Run a command, none of its arguments seen by a shell, with `stdin` as its input, and give
        how it ended.

        Raises FarSideProblem if there is no such program, CommandTimeout if it has not ended after
        `timeout` seconds.
        """
        ...

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files by path, each whole or not at all; missing directories are made."""
        ...

    def read(self, offsets: Mapping[str, int]) -> dict[str, bytes]:
        """Return what each file has beyond an offset, at most READ_LIMIT bytes each; a file that
        does not exist gives nothing.

        A negative offset counts from the end of the file.
        """
        ...

    def fetch(self, directory: str, names: Sequence[str], target: Path) -> list[str]:
        """Bring directories home: each ``directory/name`` becomes ``target/name``, whole or not at
        all, replacing what is there.

        Gives the names that were brought; one that does not exist on the far side is left out.
        Where both sides see the same files there is nothing to bring, and the executor does not
        call this.
        """
        ...

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files and whole directories; what does not exist is passed over."""
        ...

    def notices(self) -> list[str]:
        """Sentences for people since the last call: a connection that was lost, a question that
        waits.
        """
        ...

    def close(self) -> None:
        """Return everything back; a call that runs in another thread ends with ConnectionLost."""
        ...


class _Here:
    """This machine, as a way to a cluster."""


_HERE = _Here()


class LocalTransport:
    """The cluster's own login node: commands and files of this machine."""

    way: object = _HERE

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0
    ) -> CompletedCommand:
        try:
            done = subprocess.run(
                list(argv),
                input=stdin,
                capture_output=True,
                timeout=timeout,
                start_new_session=True,
                env=inherited.for_jobs(),
            )
        except FileNotFoundError:
            raise FarSideProblem(missing_program(argv[0])) from None
        except subprocess.TimeoutExpired:
            raise CommandTimeout(f"{argv[0]} did not answer within {timeout:g} s") from None
        return CompletedCommand(done.returncode, done.stdout, done.stderr)

    def put(self, files: Mapping[str, bytes]) -> None:
        for path, content in files.items():
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                write_atomically(Path(path), content, own=True)
            except OSError as error:
                raise FarSideProblem(
                    f"{path} cannot be written: {error.strerror}; make room or choose another"
                    " directory"
                ) from error

    def read(self, offsets: Mapping[str, int]) -> dict[str, bytes]:
        found = {}
        for path, offset in offsets.items():
            with (
                contextlib.suppress(FileNotFoundError, NotADirectoryError),
                open(path, "rb") as file,
            ):
                size = os.fstat(file.fileno()).st_size
                file.seek(offset if offset >= 0 else max(0, size + offset))
                found[path] = file.read(READ_LIMIT)
        return found

    def fetch(self, directory: str, names: Sequence[str], target: Path) -> list[str]:
        brought = []
        for name in names:
            source, home = os.path.join(directory, name), target / name
            if os.path.isdir(source):
                partial = home.with_name(f".{home.name}.{time.monotonic_ns()}.partial")
                shutil.copytree(source, partial, symlinks=True)
                self.remove([str(home)])
                partial.rename(home)
                brought.append(name)
        return brought

    def remove(self, paths: Sequence[str]) -> None:
        for path in paths:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    os.unlink(path)

    def notices(self) -> list[str]:
        return []

    def close(self) -> None:
        """Nothing is held."""


def missing_program(name: str) -> str:
    """Say that a program is not there, and what to do."""
    return (
        f"there is no {name} here: run on a login node of the cluster or give its address under"
        " ssh; where SLURM's commands come with a module, load it first"
    )
