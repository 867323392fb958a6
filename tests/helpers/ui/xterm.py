"""A real xterm with sixels, on a display that nobody sees."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helpers.ui import relay

PROGRAMS = ("Xvfb", "xterm", "import")
_PATIENCE = 120.0


def is_installed() -> bool:
    """Tell whether all programs are there that this needs."""
    return all(map(shutil.which, PROGRAMS))


class XTerm:
    """What runs in it is typed to by `press`, and seen by `look`."""

    def __init__(self, display: str, fifo: Path) -> None:
        self._display, self._fifo = display, fifo

    def press(self, keys: str) -> None:
        self._fifo.write_text(keys)

    def look(self, path: Path) -> NDArray[np.uint8]:
        """Take a picture of the screen: rows by columns by red, green and blue."""
        from matplotlib.image import imread

        command = ["import", "-display", self._display, "-window", "root", f"png24:{path}"]
        subprocess.run(command, check=True, timeout=60)
        return np.rint(imread(path)[..., :3] * 255).astype(np.uint8)

    def sees(
        self, path: Path, condition: Callable[[NDArray[np.uint8]], object]
    ) -> NDArray[np.uint8]:
        """Look until something is to be seen."""
        deadline = time.monotonic() + _PATIENCE
        while not condition(seen := self.look(path)):
            assert time.monotonic() < deadline, f"not to be seen, see {path}"
            time.sleep(0.3)
        return seen


@contextmanager
def xterm(
    command: Sequence[str], directory: Path, *options: str, geometry: str = "100x32"
) -> Iterator[XTerm]:
    """Run a command in an xterm that says it is a VT340."""
    reading, writing = os.pipe()
    screen = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1000x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(screen, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    terminal = None
    try:
        with os.fdopen(reading) as answer:
            display = f":{answer.readline().strip()}"
        fifo = directory / "keys"
        os.mkfifo(fifo)
        inside = [sys.executable, relay.__file__, str(fifo), *command]
        terminal = subprocess.Popen(
            ["xterm", "-ti", "vt340", "-geometry", f"{geometry}+0+0", *options, "-e", *inside],
            env={**os.environ, "DISPLAY": display},
            stderr=subprocess.DEVNULL,
        )
        yield XTerm(display, fifo)
    finally:
        for process in (terminal, server):
            if process is not None:
                process.terminate()
                process.wait(30)
