"""The commands of ``supervisor.code_version``: the first line of what each of them prints."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from enchanted_tui.privacy import masked
from enchanted_tui.record.code_records import VersionLine

LIMIT = 10.0  #: seconds for all of them together, since they run beside each other
_LONGEST = 300  #: characters of a line
_READ = 1 << 16  #: bytes in which the first line must be
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class _Started(NamedTuple):
    command: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]


def version_lines(commands: Sequence[str], directory: Path) -> list[VersionLine]:
    """Run the commands in a directory, without a shell, all at once, and return the first line that
    each prints and that is not empty, on standard output or on standard error.
    """
    begun = [_start(command, directory) for command in commands]
    until = time.monotonic() + LIMIT
    return [_finish(each, until) if isinstance(each, _Started) else each for each in begun]


def harmless(text: str) -> str:
    """Return a text as one line that can be shown and handed on: no control characters, no
    passwords of addresses, no tokens.
    """
    line = " ".join(_CONTROL.sub("", text).split())
    return masked(line)[:_LONGEST]


def _start(command: str, directory: Path) -> _Started | VersionLine:
    output: Any = None
    try:
        output = TemporaryFile()  # noqa: SIM115 - closed when the process has ended
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        if output is not None:
            output.close()
        problem = f"cannot be run: {getattr(error, 'strerror', None) or error}"
        return VersionLine(command=harmless(command), problem=problem)
    return _Started(command, process, output)


def _finish(started: _Started, until: float) -> VersionLine:
    command, process, output = started
    with output:
        try:
            code = process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return VersionLine(command=harmless(command), problem=f"did not end within {LIMIT:g} s")
        output.seek(0)
        lines = map(harmless, output.read(_READ).decode(errors="replace").splitlines())
        line = next(filter(None, lines), "")
    found = VersionLine(command=harmless(command))
    if line:
        found["line"] = line
    if code or not line:
        found["problem"] = f"ended with code {code}" if code else "printed nothing"
    return found
