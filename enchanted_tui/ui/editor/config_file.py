"""The file of a configuration: read whole, replaced whole, and never overwritten unseen."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from enchanted_tui.config.loading import MAX_BYTES
from enchanted_tui.errors import UserError


class FileProblem(UserError):
    """A file cannot be read or written; the text is one sentence with the remedy."""


@dataclass(frozen=True)
class Version:
    """What a file was when it was read or written; two versions are equal if the content is."""

    digest: str


@dataclass(frozen=True)
class FileContent:
    """The content of a file."""

    text: str
    version: Version
    has_bom: bool


def read(path: Path) -> FileContent:
    """Read a file of UTF-8 text. Raises FileProblem."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise FileProblem(f"{path} is not a file; choose a configuration file.")
        if os.stat(path).st_size > MAX_BYTES:
            raise FileProblem(
                f"{path} has more than {MAX_BYTES // 1_000_000} MB and is hardly a configuration;"
                " choose another file."
            )
        data = path.read_bytes()
    except OSError as error:
        raise FileProblem(f"{path} cannot be read: {error.strerror or error}.") from error
    has_bom = data.startswith(codecs.BOM_UTF8)
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileProblem(
            f"{path} is not UTF-8 text (line {line}); convert it with iconv before editing it here."
        ) from error
    return FileContent(text, version_of(data), has_bom)


def version_on_disk(path: Path) -> Version | None:
    """Return the version that a file has now; None if there is no such file. Raises FileProblem."""
    try:
        return version_of(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileProblem(f"{path} cannot be read: {error.strerror or error}.") from error


def version_of(data: bytes) -> Version:
    """Return the version of a content."""
    return Version(hashlib.sha256(data).hexdigest())


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what tells cheaply that a file may have changed; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def save(path: Path, text: str, *, has_bom: bool = False) -> Version:
    """Replace the content of a file at once: a reader, or a kill at any instant, finds the old
    content or the new one.

    A symbolic link stays, its target is replaced; the permissions stay, and owner and group where
    that is allowed. Missing directories are made. Raises FileProblem, the file being as it was.
    """
    data = (codecs.BOM_UTF8 if has_bom else b"") + text.encode("utf-8", "surrogatepass")
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else target.parent
        raise FileProblem(
            f"{path} was not saved: {where}: {error.strerror or error}. Save it under another name,"
            " or try again."
        ) from error
    return version_of(data)


def _replace(target: Path, data: bytes) -> None:
    earlier = _status(target)
    if earlier is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is write-protected", str(target))
    descriptor, partial = tempfile.mkstemp(
        prefix=f".{target.name[:200]}.", suffix=".partial", dir=target.parent
    )
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(
                file.fileno(),
                stat.S_IMODE(earlier.st_mode) if earlier is not None else 0o666 & ~_umask(),
            )
            if earlier is not None and (earlier.st_uid, earlier.st_gid) != (
                os.geteuid(),
                os.getegid(),
            ):
                with contextlib.suppress(OSError):  # only the owner or root may
                    os.fchown(file.fileno(), earlier.st_uid, earlier.st_gid)
                    os.fchmod(file.fileno(), stat.S_IMODE(earlier.st_mode))  # chown drops some bits
            os.fsync(file.fileno())
        os.replace(partial, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
    _sync_directory(target.parent)


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _umask() -> int:
    """Read the umask, which only setting it tells, from the kernel's text if there is one: threads
    share it.
    """
    with (
        contextlib.suppress(OSError, ValueError),
        open("/proc/self/status", encoding="ascii", errors="replace") as lines,
    ):
        for line in lines:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o077


def _sync_directory(directory: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
