"""How a command travels: past any login shell, and back without whatever start-up files print.

The login shell, which may be csh or fish, sees one constant line. It starts ``/bin/sh``, which
reads the real command as the first line of its input; so no value ever meets the login shell's
quoting, its length limits or the process list. The command announces itself by a random token on
both outputs, before which everything is noise, and ends with its exit code on the error output. A
command of which only a part arrived has no newline and does not run.
"""

from __future__ import annotations

import math
import re
import secrets
import shlex
from collections.abc import Callable, Sequence

from enchanted_tui.executors.slurm.transport import FarSideProblem

#: What the login shell runs. Quoting that means the same to sh, csh and fish.
LOGIN_COMMAND = """exec /bin/sh -c 'IFS= read -r c && eval "$(printf %b "$c")"'"""

_GRACE = 2  #: seconds between our giving up and the far side's
_MOST_NOISE = 1 << 20
_MOST_ERRORS = 1 << 16  #: bytes of a command's error output that are kept


def script_of(argv: Sequence[str], timeout: float | None = None) -> str:
    """Return the shell script that runs one program with these arguments. Raises ValueError for
    what no argument can hold.

    After `timeout` seconds and a little more the far side ends it by itself, where it can: what we
    have given up must neither stay on a login node nor occupy one of the sessions that the server
    allows.
    """
    if any("\0" in argument for argument in argv):
        raise ValueError("an argument of a command cannot hold a NUL character")
    if timeout is None:
        return shlex.join(argv)
    limit = f"timeout -k 5 {math.ceil(timeout) + _GRACE}"
    return f"$(command -v timeout >/dev/null 2>&1 && echo {limit}) {shlex.join(argv)}"


class Exchange:
    """One command's way there and back."""

    def __init__(self, script: str, prologue: Sequence[str], sink: Callable[[bytes], None]) -> None:
        self._token = secrets.token_hex(8).encode()
        self._script, self._prologue = script, prologue
        self._out = _AfterToken(self._token, sink)
        self._error_output = bytearray()
        self._err = _AfterToken(self._token, self._keep_errors)

    @property
    def first_line(self) -> bytes:
        """The command as the first line of the input, newline included."""
        token = self._token.decode()
        setup = "{\n" + "\n".join(self._prologue) + "\n} </dev/null\n" if self._prologue else ""
        text = (
            f"{setup}printf '%s\\n' {token}; printf '%s\\n' {token} >&2\n{self._script}\nprintf"
            f" '\\n%s %d\\n' {token} $? >&2\n"
        )
        encoded = text.encode("utf-8", "surrogateescape")
        return encoded.replace(b"\\", b"\\\\").replace(b"\r", b"\\r").replace(b"\n", b"\\n") + b"\n"

    def out(self, data: bytes) -> None:
        """Take what came on the standard output."""
        self._out(data)

    def err(self, data: bytes) -> None:
        """Take what came on the error output."""
        self._err(data)

    def _keep_errors(self, data: bytes) -> None:
        self._error_output += data
        if len(self._error_output) > 2 * _MOST_ERRORS:
            del self._error_output[:-_MOST_ERRORS]

    @property
    def started(self) -> bool:
        """Whether the command is known to have started."""
        return self._out.found or self._err.found

    @property
    def noise(self) -> bytes:
        """What came on the error output before the command started."""
        return self._err.noise

    def forget_noise(self) -> None:
        """Begin again with a command that certainly did not start."""
        self._out.noise = self._err.noise = b""

    def finished(self) -> tuple[int, bytes] | None:
        """Return exit code and error output, or None while the end has not been seen."""
        ended = re.search(rb"\n%s (\d+)\n\Z" % self._token, self._error_output)
        if ended is None or not self._out.found:
            return None
        return int(ended[1]), bytes(
            self._error_output[max(0, ended.start() - _MOST_ERRORS) : ended.start()]
        )

    def check_started(self, host: str) -> None:
        """Raise FarSideProblem, with what the far side said instead, if it answered but did not run
        the command.
        """
        if self.started:
            return
        said = (self._out.noise + b" " + self._err.noise).decode(errors="replace").split()
        words = " ".join(said)[-300:]
        raise FarSideProblem(
            f"the account on {host} does not run commands"
            + (f"; it said: {words}" if words else "")
            + ". Log in by hand and see: an expired password, a forced command or a restricted"
            " shell"
        )


class _AfterToken:
    """Passes on what follows the line with the token."""

    def __init__(self, token: bytes, sink: Callable[[bytes], None]) -> None:
        self._mark, self._sink = token + b"\n", sink
        self.found = False
        self.noise = b""

    def __call__(self, data: bytes) -> None:
        if self.found:
            self._sink(data)
            return
        self.noise += data
        before, mark, after = self.noise.partition(self._mark)
        if not mark:
            self.noise = self.noise[-_MOST_NOISE:]
            return
        self.found, self.noise = True, before[-_MOST_ERRORS:]
        if after:
            self._sink(after)
