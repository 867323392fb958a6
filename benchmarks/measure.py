"""Run a command and say what it took, its child processes included."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MEMORY_INTERVAL = 0.2  #: seconds between two looks at the memory of all processes
_FIRST_LOOK = 0.02  #: seconds before the first one
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Measurement:
    """One run of one contender. Times in seconds, memory in MB."""

    wall: float
    cpu: float  #: user and system time of the process and of all descendants that were waited for
    peak: float  #: memory of the process itself (resident set, high-water mark)
    peak_child: float  #: the largest single process, whichever it was
    peak_all: (
        float  #: all processes together, shared pages counted once (proportional set size, sampled)
    )
    load: float  #: load average (1 min) when it began
    error: str = ""  #: why it does not count


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    log: Path,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> Measurement:
    """Run `command` in `cwd` to its end, its output into `log`; after `timeout` seconds it is
    killed and does not count.
    """
    load = os.getloadavg()[0]
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        memory = _MemoryWatch(process.pid)
        alarm = threading.Timer(timeout, _kill, (process.pid,))
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        late = not alarm.is_alive()
        alarm.cancel()
        memory.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    error = f"took longer than {timeout:.0f} s" if late else ""
    if process.returncode and not late:
        error = f"ended with {process.returncode}: {_last_line(log)}"
    return Measurement(
        wall,
        usage.ru_utime + usage.ru_stime,
        memory.own,
        usage.ru_maxrss / 1024,
        max(memory.own, memory.together),
        load,
        error,
    )


def busy_share(
    command: Sequence[str],
    *,
    cwd: Path,
    log: Path,
    settle: float,
    window: float,
    names: Sequence[str],
) -> tuple[float, int]:
    """Run `command`, and once it has settled, measure for `window` seconds the processor time of
    those of its processes whose command
    lines contain none of `names`; end it by SIGTERM. Gives the share of one core and the number of
    processes that count."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            time.sleep(settle)
            watched = [
                pid
                for pid in descendants(process.pid)
                if not any(name in _command_line(pid) for name in names)
            ]
            before, begun = sum(map(cpu_time, watched)), time.perf_counter()
            time.sleep(window)
            used = sum(map(cpu_time, watched)) - before
            return used / (time.perf_counter() - begun), len(watched)
        finally:
            for _ in range(2):  # drain, then abort
                process.send_signal(signal.SIGTERM)
                time.sleep(0.5)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            _kill(process.pid)


def descendants(pid: int) -> Iterator[int]:
    """Give the process and all its descendants."""
    yield pid
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                yield from descendants(int(child))


class _MemoryWatch:
    """Looks at the memory of a process and its descendants now and then."""

    def __init__(self, pid: int) -> None:
        self.own = self.together = 0.0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        interval = _FIRST_LOOK
        while not self._over.wait(interval):
            interval = _MEMORY_INTERVAL
            self.own = max(self.own, _field(f"/proc/{self._pid}/status", "VmHWM:"))
            self.together = max(self.together, sum(map(memory, descendants(self._pid))))


def memory(pid: int) -> float:
    """Give a process's share of memory in MB, pages that several processes share divided among
    them; 0 if it has gone.
    """
    return _field(f"/proc/{pid}/smaps_rollup", "Pss:")


def _field(path: str, name: str) -> float:
    """Give a size from a file below /proc in MB, 0 if the process has gone."""
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_time(pid: int) -> float:
    """Give the processor time of a process so far in seconds, 0 if it has gone."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS
    return 0.0


def _command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    return ""


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "no output")
