"""The commands of ``supervisor.code_version``: the first line of what each of them prints."""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from enchanted_tui.privacy import masked
from enchanted_tui.record.code_records import VersionLine

LIMIT = 10.0  #: seconds for all of them together, since they run beside each other
_LONGEST = 300  #: characters of a line
_READ = 1 << 16  #: bytes in which the first line must be
_MOST = 1 << 20  #: bytes after which a command is taken to print without end
_LOOK = 0.1  #: seconds between two looks whether a command has ended that prints nothing
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(eq=False)
class _Started:
    """A command at work."""

    command: str
    process: subprocess.Popen[bytes]
    printed: bytearray = field(default_factory=bytearray)  #: no more than is looked at
    size: int = 0  #: bytes that it has printed

    @property
    def is_endless(self) -> bool:
        return self.size > _MOST

    def read(self) -> bool:
        """Take what it has printed; False if nothing more is to come, or to be read."""
        assert self.process.stdout is not None
        while not self.is_endless:
            try:
                found = os.read(self.process.stdout.fileno(), _READ)
            except BlockingIOError:
                return True
            if not found:
                return False
            self.size += len(found)
            self.printed += found[: _READ - len(self.printed)]
        return False


def version_lines(commands: Sequence[str], directory: Path) -> list[VersionLine]:
    """Run the commands in a directory, without a shell, all at once, and return the first line that
    each prints and that is not empty, on standard output or on standard error.
    """
    begun = [_start(command, directory) for command in commands]
    until = time.monotonic() + LIMIT
    _read([each for each in begun if isinstance(each, _Started)], until)
    return [_finish(each, until) if isinstance(each, _Started) else each for each in begun]


def harmless(text: str) -> str:
    """Return a text as one line that can be shown and handed on: no control characters, no
    passwords of addresses, no tokens.
    """
    line = " ".join(_CONTROL.sub("", text).split())
    return masked(line)[:_LONGEST]


def _start(command: str, directory: Path) -> _Started | VersionLine:
    try:
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=directory,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        problem = f"cannot be run: {getattr(error, 'strerror', None) or error}"
        return VersionLine(command=harmless(command), problem=problem)
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return _Started(command, process)


def _read(running: Sequence[_Started], until: float) -> None:
    """Read what commands print until they are through; nothing that they print is kept beyond what
    is looked at.
    """
    with selectors.DefaultSelector() as selector:
        for each in running:
            assert each.process.stdout is not None
            selector.register(each.process.stdout, selectors.EVENT_READ, each)
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            selector.select(min(left, _LOOK))
            for key in list(selector.get_map().values()):
                each = key.data
                has_ended = each.process.poll() is not None  # though another one may hold the pipe
                if not each.read() or has_ended:
                    selector.unregister(key.fileobj)


def _finish(started: _Started, until: float) -> VersionLine:
    command, process = started.command, started.process
    assert process.stdout is not None
    with process.stdout:
        try:
            code = process.wait(0 if started.is_endless else max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not started.is_endless:
                return VersionLine(
                    command=harmless(command), problem=f"did not end within {LIMIT:g} s"
                )
            code = 0
    lines = map(harmless, started.printed.decode(errors="replace").splitlines())
    line = next(filter(None, lines), "")
    found = VersionLine(command=harmless(command))
    if line:
        found["line"] = line
    if started.is_endless:
        found["problem"] = f"printed more than {_MOST >> 20} MiB, and was ended"
    elif code or not line:
        found["problem"] = f"ended with code {code}" if code else "printed nothing"
    return found
