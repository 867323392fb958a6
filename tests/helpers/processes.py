"""Processes of campaigns: started, waited for, found again and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

LIMIT = (
    180  #: seconds for any one process; only one that hangs needs as many, however busy the machine
)
TESTS = Path(__file__).parents[1]  #: from where workers import `helpers`


@dataclass(frozen=True)
class Finished:
    """How a process ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out}{self.err}"


def finish(process: subprocess.Popen[str], timeout: float = LIMIT) -> Finished:
    """Wait for a process; one that does not end is killed, and the test fails with what it said."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate(timeout=LIMIT)
        raise AssertionError(f"still running after {timeout} s\n{out}{err}") from None
    return Finished(process.returncode, out, err)


def assert_one_sentence(ended: Finished, *words: str) -> None:
    """Check that a process stopped over its environment: exit code 3 and a sentence for people, no
    traceback.
    """
    assert ended.code == 3, ended
    assert "Traceback" not in ended.err, ended
    assert "defect" not in ended.err, ended
    for word in words:
        assert word in ended.err, ended


def with_helpers(environment: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that imports `helpers`: this one's with some changes."""
    changed = {**os.environ, **(environment or {})}
    paths = [str(TESTS), *filter(None, [changed.get("PYTHONPATH")])]
    return {**changed, "PYTHONPATH": os.pathsep.join(paths)}


def marked(mark: str) -> dict[int, str]:
    """Return the command lines by pid of all living processes with ``NAME=value`` in their
    environment.
    """
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                process = Path(entry.path)
                environment = (process / "environ").read_bytes().split(b"\0")
                if mark.encode() in environment and ") Z " not in (process / "stat").read_text():
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(entry.name)] = command.decode()[:200]
    return found


def end(pids: Iterable[int]) -> None:
    """Kill processes, those that have gone already excepted."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(
    condition: Callable[[], object], timeout: float = 60.0, what: str = "this", pause: float = 0.02
) -> None:
    """Wait until something is true; fail after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} has not become true within {timeout} s"
        time.sleep(pause)
