"""The thin process that stays with the terminal while the app runs in a child.

The command forks at its very start, before any thread or large import. The child, the app, has a
session of its own and therefore no controlling terminal: neither it nor anything that it starts can
reach the screen or the keyboard but through the descriptors it was given, no key sends it a signal,
and a terminal that disappears does not end it. The parent remains the shell's job. It forwards what
concerns the app, stops when the app asks for it, lends the terminal to an editor, puts the terminal
in order if the app is killed, and leaves with status 0 when the app has let go of the terminal to
go on with a campaign.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from enchanted_tui.commands import command_line

#: Undoes what the app may have asked of the terminal: mouse, paste and focus reports, key protocol,
#: hidden cursor, second screen.
_PUT_IN_ORDER = "".join(
    f"\x1b[?{mode}l" for mode in (1000, 1002, 1003, 1006, 1015, 1016, 2004, 2048, 1004)
)
_PUT_IN_ORDER += "\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGWINCH, signal.SIGUSR1, signal.SIGUSR2)


class MinderLink:
    """One end of the line between the two processes: messages are mappings with the key ``do``."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._partial = b""
        self.closed = False  #: the other process has ended

    def fileno(self) -> int:
        return self._line.fileno()

    def send(self, do: str, **more: Any) -> None:
        """Send a message; nothing happens if nobody is there any more."""
        with contextlib.suppress(OSError):
            self._line.sendall(json.dumps({"do": do, **more}).encode() + b"\n")

    def receive(self) -> list[dict[str, Any]]:
        """Return the messages that have come, waiting for at least a part of one; none, and
        `closed`, if the other process has ended.
        """
        try:
            data = self._line.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return []
        *lines, self._partial = (self._partial + data).split(b"\n")
        return [json.loads(line) for line in lines]


def has_terminal() -> bool:
    """Tell whether there is a terminal to draw on."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def run(app: Callable[[MinderLink], int]) -> int:
    """Run `app` in a child and give the exit status for the shell. The function gets its end of the
    line and gives its exit status.
    """
    ours, theirs = socket.socketpair()
    before = termios.tcgetattr(sys.stdin.fileno())
    pid = os.fork()
    if pid == 0:
        ours.close()
        _be_the_app(app, MinderLink(theirs))
    theirs.close()
    return _Minder(pid, MinderLink(ours), before).mind()


def _be_the_app(app: Callable[[MinderLink], int], link: MinderLink) -> NoReturn:
    status = 1
    try:
        os.setsid()
        status = app(link)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - the end of this process, whatever it was
        with contextlib.suppress(Exception):
            traceback.print_exc(file=sys.__stderr__)
    finally:
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(Exception):
                assert stream is not None
                stream.flush()
        os._exit(status)  # a thread that hangs in foreign code must not hold up the end


class _Minder:
    """The parent."""

    def __init__(self, pid: int, link: MinderLink, before: list[Any]) -> None:
        self._pid, self._link, self._before = pid, link, before
        self._campaign = ""  #: run directory of a campaign in the app
        self._terminal = sys.stdin.fileno()
        self._hung_up = False  #: the app has let go of the terminal without putting it in order

    def mind(self) -> int:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        os.set_blocking(reading, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (*_FORWARDED, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT, signal.SIGCHLD):
            signal.signal(number, lambda number, frame: None)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        while True:
            ready = self._wait(reading)
            if reading in ready:
                for received in os.read(reading, 4096):
                    self._signalled(received)
            if self._link in ready:
                for message in self._link.receive():
                    if message["do"] == "keep":
                        return self._leave(message["say"])
                    self._asked(message)
            if self._link.closed:
                return self._ended(os.waitpid(self._pid, 0)[1])

    def _wait(self, reading: int) -> list[Any]:
        watched: list[Any] = [reading, self._link]
        return select.select(watched, [], [])[0]

    def _signalled(self, number: int) -> None:
        if number in _FORWARDED:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)
        elif number == signal.SIGHUP:
            self._hung_up = True
            self._link.send("hangup")
        elif number == signal.SIGTSTP:
            self._link.send("suspend")

    def _asked(self, message: dict[str, Any]) -> None:
        if message["do"] == "campaign":
            self._campaign = message["root"]
        elif message["do"] == "stop":
            self._stop()
        elif message["do"] == "run":
            self._link.send("done", code=self._run(message["command"], message["cwd"]))

    def _stop(self) -> None:
        """Stop, as a shell's job does, until we are in the foreground again."""
        os.kill(os.getpid(), signal.SIGSTOP)
        with contextlib.suppress(OSError):
            while os.tcgetpgrp(self._terminal) != os.getpgrp():  # continued in the background
                os.kill(os.getpid(), signal.SIGSTOP)
        self._link.send("resumed")

    def _run(self, command: Sequence[str], cwd: str) -> int:
        """Lend the terminal to a program, such as an editor."""
        try:
            return subprocess.run(command, cwd=cwd, check=False).returncode
        except OSError as error:
            # on the terminal, which is ours at the moment
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201
            return 127

    def _leave(self, sentence: str) -> int:
        with contextlib.suppress(OSError, termios.error):
            if self._hung_up:
                self._put_in_order()
            print(sentence, flush=True)  # noqa: T201
        return 0

    def _ended(self, status: int) -> int:
        if not os.WIFSIGNALED(status):
            if self._hung_up:
                with contextlib.suppress(OSError, termios.error):
                    self._put_in_order()
            return os.waitstatus_to_exitcode(status)
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError, termios.error):
            self._put_in_order()
            name = signal.Signals(number).name
            print(f"The app was ended by {name}. {self._remedy()}", file=sys.stderr, flush=True)  # noqa: T201
        return 128 + number

    def _put_in_order(self) -> None:
        """Make the terminal what it was, if it is still there. Raises OSError or termios.error if
        it is not.
        """
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)
        sys.stdout.write(_PUT_IN_ORDER)
        sys.stdout.flush()

    def _remedy(self) -> str:
        if not self._campaign:
            return "No campaign ran in it."
        return (
            "What its campaign had finished is recorded; go on with:"
            f" {command_line(self._campaign)}"
        )
