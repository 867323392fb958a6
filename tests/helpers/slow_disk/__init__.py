"""File systems that are slow, fail or do not answer: real ones, in user space (FUSE), which are
told while they are in use.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import errno
import functools
import mmap
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from helpers.processes import LIMIT, wait_until

_SOURCE = Path(__file__).with_name("slow_disk.c")


class _Control(ctypes.Structure):
    """What `slow_disk.c` maps."""

    _fields_ = (
        ("delay", ctypes.c_int32),
        ("error", ctypes.c_int32),
        ("hang", ctypes.c_int32),
        ("spare_reads", ctypes.c_int32),
        ("calls", ctypes.c_uint64),
        ("part", ctypes.c_char * 224),
    )


def why_not() -> str:
    """Return why there can be no such file system here; empty if there can."""
    if not os.path.exists("/dev/fuse"):
        return "there is no /dev/fuse"
    if os.geteuid() != 0:
        return "mounting needs root"
    return "" if _program() else "gcc, pkg-config, fuse3 or libfuse3-dev is missing"


@functools.cache
def _program() -> str | None:
    """Build the file system; return the path of the program, None if that is impossible."""
    if not all(map(shutil.which, ("gcc", "pkg-config", "fusermount3"))):
        return None
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "fuse3"], capture_output=True, text=True, timeout=LIMIT
    )
    if flags.returncode:
        return None
    place = tempfile.mkdtemp(prefix="slow-disk-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    program = os.path.join(place, "slow_disk")
    command = ["gcc", "-O1", "-o", program, str(_SOURCE), *flags.stdout.split()]
    subprocess.run(command, check=True, timeout=LIMIT)
    return program


class SlowDisk:
    """A directory `path` that shows `backing` through the file system."""

    def __init__(self, path: Path, backing: Path, *options: str) -> None:
        self.path, self.backing = path, backing
        for directory in (path, backing):
            directory.mkdir(parents=True, exist_ok=True)
        self._shared = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as this object lives
        self._shared.truncate(ctypes.sizeof(_Control))
        self._memory = mmap.mmap(self._shared.fileno(), ctypes.sizeof(_Control))
        self._control = _Control.from_buffer(self._memory)
        control = f"/proc/{os.getpid()}/fd/{self._shared.fileno()}"
        program = _program()
        assert program is not None
        given = ["-o", ",".join(("default_permissions", *options))]
        self._process = subprocess.Popen(
            [program, control, str(backing), str(path), "-f", *given],
            stderr=subprocess.DEVNULL,  # of what libfuse thinks of its own defaults
        )
        wait_until(lambda: os.path.ismount(path), LIMIT, f"{path} mounted")

    def delay(self, milliseconds: float) -> None:
        """Let each call that takes a path last so long at least."""
        self._control.delay = int(1000 * milliseconds)

    def fail(self, name: str, part: str = "", *, reads: bool = True) -> None:
        """Let calls fail with an error, those alone whose path has `part` in it; without `reads`,
        those that change something.
        """
        self._control.part, self._control.spare_reads = part.encode(), not reads
        self._control.error = getattr(errno, name)

    def hang(self, part: str = "") -> None:
        """Let calls wait, those alone whose path has `part` in it."""
        self._control.part = part.encode()
        self._control.hang = 1

    def recover(self) -> None:
        """Let calls succeed, and those that wait go on."""
        self._control.error = self._control.hang = 0

    @property
    def calls(self) -> int:
        """How many calls that take a path there have been."""
        return int(self._control.calls)

    def close(self) -> None:
        self.recover()
        self.delay(0)
        subprocess.run(["umount", "--lazy", str(self.path)], timeout=LIMIT, check=False)
        # it would not end by itself as long as a node of a cluster of other tests, which has a view
        # of its own of what is mounted, has seen it
        self._process.terminate()
        try:
            self._process.wait(LIMIT)
        finally:
            self._process.kill()


@contextlib.contextmanager
def slow_disk(path: Path, backing: Path | None = None, *options: str) -> Iterator[SlowDisk]:
    """Mount one at `path` while the block runs. `options` are FUSE's: with ``attr_timeout=30`` and
    ``entry_timeout=30`` the attributes that are seen are up to so many seconds old.
    """
    disk = SlowDisk(path, backing or path.with_name(f"{path.name}.backing"), *options)
    try:
        yield disk
    finally:
        disk.close()
