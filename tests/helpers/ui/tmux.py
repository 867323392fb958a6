"""A real terminal that can be looked at: tmux with one window, in which a shell runs.

Bytes go to what runs in it as a terminal sends them, the mouse's too (xterm's SGR encoding, mode
1006), and what is to be seen is read from tmux's own screen.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.cells import cell_len

#: seconds after which what is waited for does not come any more, however busy the machine
PATIENCE = 120.0
_LOOK = 0.1  #: seconds between two looks
_STILL = 5  #: looks in which a text is at the same place before it is clicked
_FOLLOWS = 2.0  #: seconds in which what can be scrolled has followed the wheel
_PRESSED = 0.03  #: seconds for which a button is held
_LEFT, _RIGHT, _UP, _DOWN, _MOVE = 0, 2, 64, 65, 32  #: buttons as xterm numbers them


class Tmux:
    """A terminal of a size in characters, with bash in a directory."""

    def __init__(self, cwd: Path, size: tuple[int, int], **environment: str) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="tmux-"))
        self.size = size
        variables = {**os.environ, **environment}
        for name in ("TMUX", "TMUX_PANE", "COLUMNS", "LINES"):
            variables.pop(name, None)
        columns, rows = size
        self._call(
            *("-f", os.devnull, "-u", "new-session", "-d", "-x", str(columns), "-y", str(rows)),
            *("-c", str(cwd), "bash --norc --noprofile"),
            *(";", "set", "-g", "status", "off"),
            *(";", "set", "-g", "default-terminal", "tmux-256color"),
            environment=variables,
        )
        self.type("PS1='$ '\n")

    def _call(self, *words: str, environment: dict[str, str] | None = None) -> str:
        command = ["tmux", "-S", str(self._directory / "socket"), *words]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
        return done.stdout.decode("utf-8", "replace")

    # -- looking -----------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self._call("capture-pane", "-p")

    @property
    def coloured(self) -> str:
        """The same with its colours, as ANSI escape sequences."""
        return self._call("capture-pane", "-e", "-p")

    def wait_until(
        self, condition: Callable[[], bool], what: str, timeout: float = PATIENCE
    ) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, (
                f"{what} within {timeout:.0f} s; on the screen is\n{self.text}"
            )
            time.sleep(_LOOK)

    def sees(self, *texts: str, timeout: float = PATIENCE) -> None:
        """Wait until all of these are on the screen."""
        self.wait_until(
            lambda: all(text in shown for shown in [self.text] for text in texts),
            f"{texts} did not all appear",
            timeout,
        )

    def lacks(self, text: str, timeout: float = PATIENCE) -> None:
        """Wait until this is on the screen no more."""
        self.wait_until(lambda: text not in self.text, f"{text!r} did not go", timeout)

    def place(self, text: str, *, on: str = "", last: bool = False) -> tuple[int, int]:
        """Wait until a text stands still on the screen, in a line that has `on`; return column and
        row of its middle, from 0. It is the first one, or the last one.
        """
        found: list[tuple[int, int] | None] = []

        def is_still() -> bool:
            found.append(_find(self.text, text, on, last=last))
            seen = found[-_STILL:]
            return seen[0] is not None and seen == [seen[0]] * _STILL

        self.wait_until(is_still, f"{text!r} did not appear beside {on!r}", PATIENCE)
        assert found[-1] is not None
        return found[-1]

    # -- the mouse ---------------------------------------------------------------------------------

    def _mouse(
        self, button: int, place: tuple[int, int], *, released: bool = False, times: int = 1
    ) -> None:
        column, row = place
        sent = f"\x1b[<{button};{column + 1};{row + 1}{'m' if released else 'M'}" * times
        self._call("send-keys", "-H", *(f"{ord(one):x}" for one in sent))

    def click_at(self, place: tuple[int, int], *, button: int = _LEFT, times: int = 1) -> None:
        """Move the pointer to a place and click."""
        self._mouse(_MOVE + 3, place)
        for _ in range(times):
            self._mouse(button, place)
            time.sleep(_PRESSED)
            self._mouse(button, place, released=True)

    def click(self, text: str, *, on: str = "", last: bool = False, times: int = 1) -> None:
        """Click on a text, once it is there; `times=2` for a double click."""
        self.click_at(self.place(text, on=on, last=last), times=times)

    def click_right(self, text: str, *, on: str = "") -> None:
        """Click on a text with the right button."""
        self.click_at(self.place(text, on=on), button=_RIGHT)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the button at a place and let it go at another."""
        self._mouse(_LEFT, start)
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(1, steps + 1):
            between = (a + round((b - a) * step / steps) for a, b in zip(start, end, strict=True))
            self._mouse(_LEFT + _MOVE, (next(between), next(between)))
        self._mouse(_LEFT, end, released=True)

    def select(self, text: str, *, on: str = "") -> None:
        """Select a text by dragging over it; `on` is what it stands in."""
        middle, row = self.place(on or text)
        start = middle - cell_len(on or text) // 2 + cell_len((on or text).partition(text)[0])
        self.drag((start, row), (start + cell_len(text), row))

    def wheel(self, place: tuple[int, int], *, down: bool = True, notches: int = 1) -> None:
        """Turn the wheel."""
        self._mouse(_DOWN if down else _UP, place, times=notches)

    def scroll_to(self, text: str, place: tuple[int, int], *, down: bool = True) -> None:
        """Turn the wheel at a place, a notch after the other, until a text is to be seen and stays;
        what is shown follows a busy wheel later, and would go on past the text.
        """
        for _ in range(400):
            if self._stays(text):
                return
            before, patient_until = self.text, time.monotonic() + _FOLLOWS
            self.wheel(place, down=down)
            while self.text == before and time.monotonic() < patient_until:
                time.sleep(_LOOK)
        raise AssertionError(f"{text!r} is nowhere in what can be scrolled\n{self.text}")

    def scroll_to_top(self, place: tuple[int, int]) -> None:
        """Turn the wheel up at a place until nothing moves any more."""
        self.wheel(place, down=False, notches=60)
        shown: list[str] = []

        def is_still() -> bool:
            shown.append(self.text)
            return len(shown) > _STILL and len(set(shown[-_STILL:])) == 1

        self.wait_until(is_still, "what was scrolled does not come to rest")

    def _stays(self, text: str) -> bool:
        if text not in self.text:
            return False
        time.sleep(_STILL * _LOOK)
        return text in self.text

    # -- what is typed -----------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type a text; a line break is Enter, as in a text of several lines."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._call("send-keys", "Enter")
            if line:
                self._call("send-keys", "-l", "--", line)

    def erase(self, count: int) -> None:
        """Take back characters."""
        self._call("send-keys", "-N", str(count), "BSpace")

    def run(self, *command: str) -> None:
        """Type a command to the shell."""
        self.sees("$")
        self.type(f"clear; {shlex.join(command)}\n")

    def end(self) -> None:
        """Leave nothing behind."""
        subprocess.run(
            ["tmux", "-S", str(self._directory / "socket"), "kill-server"],
            capture_output=True,
            timeout=60,
        )
        shutil.rmtree(self._directory, ignore_errors=True)


def _find(screen: str, text: str, on: str, *, last: bool) -> tuple[int, int] | None:
    """Return column and row of the middle of a text on a screen, None if it is not there."""
    found = None
    for row, line in enumerate(screen.split("\n")):
        start = line.rfind(text) if last else line.find(text)
        if start >= 0 and on in line and (last or found is None):
            found = (cell_len(line[:start]) + cell_len(text) // 2, row)
    return found
