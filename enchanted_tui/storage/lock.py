"""One supervisor per run directory, on whichever host: a lock file with a heartbeat.

The file says who holds the directory (host, pid, process start time, boot id) and a counter that
the holder raises every few seconds. On the holder's own host its death is seen at once; from
another host, when the counter has stood still for `PATIENCE` seconds of the observer's own clock.
Creation is by hard link, which is atomic on network file systems too.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from enchanted_tui.commands import command_line
from enchanted_tui.errors import UserError
from enchanted_tui.whole_files import open_regular, read_regular

log = logging.getLogger(__name__)

HEARTBEAT = 5.0  #: seconds between two beats
PATIENCE = 30.0  #: seconds without a beat after which a holder on another host counts as dead
_BEAT_WIDTH = 12
#: errors of a file that somebody has just removed
_GONE = (
    errno.ENOENT,
    errno.ESTALE,
    errno.ENOTDIR,
)


class Holder(Struct, frozen=True):
    """Who holds a run directory."""

    token: str
    host: str
    pid: int
    start_time: float
    boot_id: str
    beat: int = 0

    def describe(self) -> str:
        return f"pid {self.pid} on {self.host}"


class DirectoryInUseError(UserError):
    """Another supervisor holds the run directory."""

    def __init__(self, path: Path, holder: Holder) -> None:
        super().__init__(
            f"{path} is in use by another supervisor ({holder.describe()}); "
            f"wait for it, or stop it with: {command_line('--control', 'drain', path)}"
        )
        self.holder = holder


class Lock:
    """The lock as its holder has it."""

    def __init__(self, path: Path, holder: Holder, on_lost: Callable[[], None]) -> None:
        self._path = path
        self._holder = holder
        self._on_lost = on_lost
        self.from_elsewhere = (
            False  #: it was taken from a holder on another host, which may only have been stopped
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lock-heartbeat", daemon=True)
        self._thread.start()

    @classmethod
    def acquire(cls, path: Path, on_lost: Callable[[], None]) -> Lock:
        """Take the lock file `path`, replacing that of a dead holder.

        `on_lost` is called from a thread if somebody else has taken the lock in the meantime, which
        can happen when this process was stopped for longer than `PATIENCE`. Raises
        DirectoryInUseError; may wait up to `PATIENCE` for a holder on another host. Raises OSError
        if there is something that cannot be read, or that is no file: whether somebody holds it is
        not known then.
        """
        me = _me()
        from_elsewhere = False
        while not _create(path, me):
            holder = look_at(path)
            if holder is not None and is_alive(path, holder):
                raise DirectoryInUseError(path.parent.parent, holder)
            if holder is None:
                time.sleep(0.05)  # its writer died while writing it, or the disk was full
            with _alone(path.parent):
                if look_at(path) == holder if holder is not None else _names_nobody(path):
                    from_elsewhere |= holder is not None and holder.boot_id != me.boot_id
                    _set_aside(path, holder)
        _clear_leftovers(path)
        lock = cls(path, me, on_lost)
        lock.from_elsewhere = from_elsewhere
        return lock

    def still_held(self) -> bool:
        """Tell whether the lock is still ours. It is not if this process was stopped so long that
        another one has taken over.
        """
        holder = read_holder(self._path)
        return holder is None or holder.token == self._holder.token

    def release(self) -> None:
        """Return the lock back if it is still ours."""
        self._stop.set()
        self._thread.join()
        holder = read_holder(self._path)
        if holder is not None and holder.token == self._holder.token:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _beat(self) -> None:
        beat = 0
        while not self._stop.wait(HEARTBEAT):
            beat += 1
            # a disk that is full or slow is no reason to give up; the next beat may pass
            with contextlib.suppress(OSError):
                if not _write_beat(self._path, self._holder, beat):
                    self._on_lost()
                    return


def look_at(path: Path) -> Holder | None:
    """Return who holds the lock file, None if there is none or it names nobody. Raises OSError if
    that cannot be seen.
    """
    try:
        return _parse(read_regular(path))
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    except (ValueError, TypeError):
        return None


def read_holder(path: Path) -> Holder | None:
    """Return who holds the lock file, None if there is none or it cannot be read; for those who
    only look.
    """
    try:
        return look_at(path)
    except OSError:
        return None


def _parse(content: bytes) -> Holder:
    return Holder(**json.loads(content))


def _names_nobody(path: Path) -> bool:
    """Tell whether there is a lock file that names nobody."""
    return look_at(path) is None and os.path.lexists(path)


def is_alive(path: Path, holder: Holder, patience: float = PATIENCE) -> bool:
    """Tell whether the holder still runs; takes up to `patience` seconds if it is on another host
    and silent.
    """
    local = is_alive_here(holder)
    if local is not None:
        return local
    log.warning(
        f"waiting up to {patience:.0f} s for a sign of life of the supervisor that holds {path}"
        f" ({holder.describe()})"
    )
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        time.sleep(min(0.5, patience / 10))
        now = read_holder(path)
        if now is None or now.token != holder.token:
            return False
        if now.beat != holder.beat:
            return True
    return False


def is_alive_here(holder: Holder) -> bool | None:
    """Tell whether a holder on this host still runs; None if it is on another host."""
    if holder.host != socket.gethostname():
        return None
    mine = _boot_id()
    if holder.boot_id != mine:
        # another container on this machine
        same_boot = holder.boot_id.split(" ")[0] == mine.split(" ")[0]
        return False if holder.boot_id and mine and not same_boot else None
    started = _start_time(holder.pid)
    return started is not None and abs(started - holder.start_time) < 1.0


def _me() -> Holder:
    pid = os.getpid()
    return Holder(
        os.urandom(16).hex(), socket.gethostname(), pid, _start_time(pid) or 0.0, _boot_id()
    )


def _start_time(pid: int) -> float | None:
    """When a process started, seconds since the epoch; None if there is no such process."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return _start_time_by_kernel(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.Error:
        return None


def _start_time_by_kernel(pid: int) -> float | None:
    """Return the same, as psutil does on Linux, which takes longer to import than a campaign to
    begin. Raises OSError and the like where the kernel does not say it so.
    """
    with open("/proc/stat", "rb") as file:
        booted = float(next((line for line in file if line.startswith(b"btime")), b"").split()[1])
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == b"Z" else booted + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _boot_id() -> str:
    """Identifies this boot and, for containers that share a host name, this process namespace."""
    with contextlib.suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + " " + namespace
    return ""


def _content(holder: Holder, beat: int) -> bytes:
    """Return the file's content, of the same length for every beat, so that a beat is one write in
    place.
    """
    fields = asdict(holder)
    del fields["beat"]
    return (json.dumps(fields)[:-1] + f', "beat": {beat:{_BEAT_WIDTH}d}}}\n').encode()


def _create(path: Path, holder: Holder) -> bool:
    temporary = path.with_name(f"{path.name}.{holder.token}")
    try:
        with temporary.open("wb") as file:
            file.write(_content(holder, 0))
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        return False
    except FileNotFoundError:  # removed as a left-over by whoever has just got the lock
        if not path.parent.is_dir():
            raise
        return False
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return True


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep others from replacing the same dead holder: one of them could move aside the lock that
    another has just put in its place.

    Best effort: some network file systems cannot lock a directory, and nobody waits long for a
    process that was stopped in here. The kernel gives the lock back when its holder dies.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for _ in range(40):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            except OSError:
                break
            else:
                break
        yield
    finally:
        os.close(descriptor)


def _clear_leftovers(path: Path) -> None:
    """Remove what processes that were killed while they took the lock have left. Only its holder
    may.
    """
    with _alone(path.parent):
        for name in os.listdir(path.parent):
            if re.fullmatch(rf"{re.escape(path.name)}\.[0-9a-f]{{32}}", name):
                with contextlib.suppress(OSError):
                    os.unlink(path.parent / name)


def _set_aside(path: Path, expected: Holder | None) -> None:
    """Remove the lock of a dead holder, unless it has been replaced by somebody else's in the
    meantime.
    """
    aside = path.with_name(f"{path.name}.{os.urandom(16).hex()}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    found = read_holder(aside)
    if found is not None and (expected is None or found.token != expected.token):
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            os.link(aside, path)
    aside.unlink(missing_ok=True)


def _write_beat(path: Path, holder: Holder, beat: int) -> bool:
    """Raise the counter; False, and nothing written, if the lock is somebody else's.

    One descriptor for reading and writing: a lock that has taken the place of ours in between is
    another file.
    """
    descriptor = open_regular(path, os.O_RDWR)
    try:
        with contextlib.suppress(ValueError, TypeError):
            if _parse(os.pread(descriptor, 4096, 0)).token != holder.token:
                return False
        os.pwrite(descriptor, _content(holder, beat), 0)
        return True
    finally:
        os.close(descriptor)
