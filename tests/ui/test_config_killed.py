"""Typed text outlives the app: the real app on a real terminal, killed while somebody types."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

import pytest

_CODE = "import sys; from pathlib import Path; from enchanted_tui.ui.app import EnchantedApp; EnchantedApp(Path(sys.argv[1])).run()"


class Terminal:
    """A program on a pseudo-terminal of 80x24."""

    def __init__(self, *command: str, cwd: Path) -> None:
        self.main, other = pty.openpty()
        ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, cwd=cwd, env=environment, start_new_session=True, close_fds=True
        )
        os.close(other)
        self.seen = b""

    def read(self, seconds: float = 0.1) -> None:
        """Take what the program has written, as a terminal does."""
        while select.select([self.main], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.main, 65536)
            except OSError:  # the other end is closed
                return
            seconds = 0.0

    def until(self, condition: Callable[[], object], timeout: float = 60.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, self.seen[-3000:]
            self.read()

    def type(self, text: str) -> None:
        os.write(self.main, text.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self.main)


@pytest.mark.parametrize("end", ["kill -9", "hang-up"])
def test_text_typed_before_the_end_is_offered_afterwards(tmp_path: Path, own_home: Path, end: str) -> None:
    """Protects unsaved work when the app is killed and when the line drops: the next app offers the text; the file is untouched."""
    path = tmp_path / "config.yaml"
    path.write_text("# before\n")
    kept = own_home / ".local" / "state" / "enchanted-tui" / "recovery"
    terminal = Terminal(sys.executable, "-c", _CODE, str(path), cwd=tmp_path)
    try:
        terminal.until(lambda: b"before" in terminal.seen)
        terminal.type("precious ")
        terminal.until(lambda: any("precious" in file.read_text() for file in kept.glob("*.json")))
        if end == "kill -9":
            terminal.process.send_signal(signal.SIGKILL)
        else:
            os.kill(terminal.process.pid, signal.SIGHUP)
        terminal.until(lambda: terminal.process.poll() is not None)
    finally:
        terminal.close()
    assert path.read_text() == "# before\n"
    terminal = Terminal(sys.executable, "-c", _CODE, str(path), cwd=tmp_path)
    try:
        terminal.until(lambda: b"Unsaved changes were found" in terminal.seen)
        terminal.type("r")
        terminal.until(lambda: b"recious" in terminal.seen)  # the cursor is on its first letter
        terminal.type("\x1bOQ")  # F2
        terminal.until(lambda: path.read_text() == "precious # before\n")
    finally:
        terminal.close()
