"""A sampler that runs in the app's own process and treats its surroundings as badly as it can, and
a runner that does the same.
"""

from __future__ import annotations

import contextlib
import ctypes
import locale
import os
import signal
import subprocess
import sys
from typing import Any

from enchanted_tui.runners.base import Runner
from enchanted_tui.samplers.random_sampler import RandomSampler

MARK = "RUDE-WORDS"


def be_rude(who: str) -> list[str]:
    """Write wherever one can, read the keyboard, change what belongs to the process; give what was
    found out.
    """
    found = []
    print(f"{MARK} print {who}")
    print(f"{MARK} error {who}", file=sys.stderr)
    for stream in (sys.__stdout__, sys.__stderr__) if who == "runner" else ():
        print(f"{MARK} original stream {who}", file=stream)
    for descriptor in (1, 2):
        os.write(descriptor, f"{MARK} descriptor {descriptor} {who}\n".encode())
    ctypes.CDLL(None).puts(f"{MARK} C library {who}".encode())
    ctypes.CDLL(None).fflush(None)
    subprocess.run(
        ["sh", "-c", f"echo {MARK} child; echo {MARK} child >&2; echo {MARK} tty > /dev/tty"],
        check=False,
    )
    with contextlib.suppress(OSError), open("/dev/tty", "w") as tty:
        tty.write(f"{MARK} tty {who}\n")
        found.append("reached the terminal")
    with contextlib.suppress(EOFError):
        found.append(f"read {input('your password: ')!r}")
    with contextlib.suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGWINCH, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # a C library may at any time: SIG_IGN
    ctypes.CDLL(None).signal(int(signal.SIGWINCH), ctypes.c_void_p(1))
    os.chdir("/")
    os.umask(0o777 if who == "sampler" else 0o022)
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "C")
    return found


class RudeSampler(RandomSampler):
    """Draws as its class does, rudely; leaves what it found out in a file beside the campaign."""

    def points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[dict[str, Any]]:
        found = be_rude("sampler")
        if found:
            raise RuntimeError("; ".join(found))
        return super().points(batch, first, size, start, stop)


class RudeRunner(Runner):
    """Is rude, and every third time ends its process."""

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        found = be_rude("runner")
        if found:
            raise RuntimeError("; ".join(found))
        if params["c1"] > 0.7:
            sys.exit(3)
        return {"energy": params["c1"], "success": True}


class LeavingSampler(RandomSampler):
    """Ends its process, as a library may, or only its thread."""

    def points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[dict[str, Any]]:
        if batch == 1:
            if os.environ.get("LEAVE") == "at once":
                os.abort()
            sys.exit(5)
        return super().points(batch, first, size, start, stop)
