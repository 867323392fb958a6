"""The files of one run directory: written before the command runs, read after it has ended."""

from __future__ import annotations

import errno
import glob
import json
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.search import search_for
from enchanted_tui.runners.command.text import decoded, only_whole_lines, read_pieces
from enchanted_tui.runners.failure import SampleFailed
from enchanted_tui.whole_files import read_all, write_file

#: Files of the program itself in a run directory.
RESERVED = frozenset(("enchanted_datapoint.csv", "enchanted_restart.json"))
#: Which of several files that match a pattern a rule may ask for.
CHOICES = ("newest", "last")
#: whoever opens a pipe for reading waits for ever else
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_NO_FILE = "no regular file"
_KEPT = 1 << 23  #: bytes; the text of a larger file is not kept in memory


class Unreadable(ValueError):
    """What an output rule asks for is not there; the text says which file and what was looked
    for.
    """


def pattern_of(rule: Any) -> str | None:
    """Return the name or pattern of the file that a rule or condition reads, None if it reads
    none.
    """
    file = rule.get("file") if isinstance(rule, dict) else None
    if isinstance(file, dict):
        file = next(iter(file.values()), None)
    return file if isinstance(file, str) else None


def file_of(rule: Mapping[str, Any]) -> str:
    """Return the file of a valid rule as `RunFiles` takes it: a name or pattern, or ``newest of``
    and a pattern.
    """
    file = rule["file"]
    return file if isinstance(file, str) else " of ".join(next(iter(file.items())))


def target_problem(name: str, reserved: frozenset[str]) -> str | None:
    """Say what is wrong with `name` as a file inside the run directory, or None."""
    if not name or name.endswith("/"):
        return f"{name!r} is no file name"
    if "\0" in name:
        return f"{name!r} holds a NUL character"
    if os.path.isabs(name) or ".." in name.split("/"):
        return (
            f"{name!r} must stay inside the run directory; give a name without a leading / and"
            " without .."
        )
    if os.path.normpath(name) in reserved:
        return f"{name!r} is a file of the program itself; choose another name"
    if os.path.normpath(name) == ".":
        return f"{name!r} is no file name"
    return None


def mentions(value: Any, path: str) -> bool:
    """Tell whether a path stands somewhere in what has been prepared for a sample."""
    if isinstance(value, (list, tuple)):
        items: Iterable[Any] = value
    elif isinstance(value, (dict, Mapping)):  # an abstract class answers slowly
        items = chain(value, value.values())
    else:
        return isinstance(value, str) and path in value
    return any(path in item if isinstance(item, str) else mentions(item, path) for item in items)


def write_files(run_dir: str, files: Mapping[str, str]) -> None:
    """Write text files below `run_dir`, in place of copied ones, whatever protects these."""
    for name, text in files.items():
        path, data = place(run_dir, name), text.encode("utf-8", "surrogateescape")
        try:
            write_file(path, data, os.O_NOFOLLOW)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EACCES, errno.EPERM):
                raise
            # a copied file, or a link from a copied directory: what it points to is not ours
            os.unlink(path)
            write_file(path, data)


def copy_files(run_dir: str, sources: Mapping[str, str]) -> list[CopiedLink]:
    """Copy files or directories, by target name, into `run_dir`. Files keep their permissions;
    directories can be
    written to, since they are the sample's own. Return the relative links in them, for
    `mend_links`."""
    links: list[CopiedLink] = []
    for name, source in sources.items():
        path = place(run_dir, name)
        try:
            if os.path.isdir(source):
                shutil.copytree(source, path, symlinks=True)
                _make_own(path, source, (path, source), links)
            else:
                if os.path.lexists(path) and not os.path.isdir(path):
                    os.unlink(path)  # it came with a copied directory
                shutil.copy(source, path)
        except FileNotFoundError as error:
            raise _missing("copied", name, source) from error
    return links


class CopiedLink(NamedTuple):
    """A relative link in a copied directory: the copy, the original, and the two directories."""

    path: str
    original: str
    copied: str
    source: str


def mend_links(links: Iterable[CopiedLink]) -> None:
    """Let links that lead nowhere, since they were copied, lead where they led: to the copy of what
    was copied with
    them, else to the original. Call it when all files of the run directory are in place."""
    for link in links:
        if os.path.exists(link.path) or not os.path.exists(link.original):
            continue
        target, source = os.path.realpath(link.original), os.path.realpath(link.source)
        if os.path.commonpath((target, source)) == source:
            copy = os.path.join(link.copied, os.path.relpath(target, source))
            target = os.path.relpath(copy, os.path.dirname(link.path))
        os.unlink(link.path)
        os.symlink(target, link.path)


def _make_own(path: str, source: str, tops: tuple[str, str], links: list[CopiedLink]) -> None:
    """Make a copied directory writable, and those below it; note its relative links."""
    mode = os.stat(path).st_mode
    if mode & 0o700 != 0o700:
        os.chmod(path, mode | 0o700)
    with os.scandir(path) as entries:
        for entry in entries:
            original = f"{source}/{entry.name}"
            if entry.is_symlink():
                if not os.path.isabs(os.readlink(entry.path)):
                    links.append(CopiedLink(entry.path, original, *tops))
            elif entry.is_dir():
                _make_own(entry.path, original, tops, links)


def link_files(run_dir: str, sources: Mapping[str, str]) -> None:
    """Make symbolic links to files or directories, by target name, in `run_dir`."""
    for name, source in sources.items():
        if not os.path.exists(source):
            raise _missing("linked", name, source)
        os.symlink(os.path.abspath(source), place(run_dir, name))


def place(run_dir: str, name: str) -> str:
    """Return the path of `name` in `run_dir`, and make the directories it lies in.

    Raises SampleFailed if a symbolic link leads out of `run_dir`: what is written there would
    change somebody's originals.
    """
    path = f"{run_dir}/{name}"
    if "/" in name:
        directory = os.path.dirname(path)
        if os.path.commonpath(
            (os.path.realpath(directory), os.path.realpath(run_dir))
        ) != os.path.realpath(run_dir):
            raise SampleFailed(
                f"{name} cannot be written: a link on its way leads out of the run directory; copy"
                " the directory instead",
                "prepare",
            )
        os.makedirs(directory, exist_ok=True)
    return path


def tail(path: str, lines: int = 3, limit: int = 300) -> str:
    """Return the last non-empty lines of a text file as one line of at most `limit` characters;
    nothing if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 4_096))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    last = [line.strip() for line in text.splitlines() if line.strip()][-lines:]
    shown = " / ".join(last)
    return shown if len(shown) <= limit else "..." + shown[-limit:]


class RunFiles:
    """What a command left in its run directory; a file of usual size is read once, however many
    rules ask for it.
    """

    def __init__(
        self,
        run_dir: str,
        exit_code: int,
        silent: Iterable[str] = (),
        names: Mapping[str, str] | None = None,
        *,
        whole_lines: bool = False,
    ) -> None:
        """Look into `run_dir`.

        `silent` are the output files without content, which are not there; `names` gives the names
        with placeholders as they are for this sample. With `whole_lines`, what stands behind the
        last end of a line is not there: a program that has died may not have written all of it.
        """
        self._whole_lines = whole_lines
        self._names = names or {}
        self.run_dir = run_dir
        self.exit_code = exit_code
        self._texts = dict.fromkeys(silent, "")
        self._documents: dict[str, Any] = {}

    def path(self, name: str) -> str:
        """Return the path of the file `name`, or of the only one that matches it as a pattern with
        ``*``, ``?`` or ``[...]``.

        Of several, ``newest of PATTERN`` is the one that was changed last, ``last of PATTERN`` the
        last by name, numbers in names taken as numbers. Raises Unreadable if there is none, or more
        than one.
        """
        name = self.shown(name)
        path = f"{self.run_dir}/{name}"
        if os.path.exists(path):
            return path
        choice, of, pattern = name.partition(" of ")
        if not of or choice not in CHOICES:
            choice, pattern = "", name
        found = (
            glob.glob(glob.escape(self.run_dir) + "/" + pattern)
            if choice or any(sign in pattern for sign in "*?[")
            else []
        )
        found = [path for path in found if os.path.isfile(path)] or found  # no links to nowhere
        found.sort(key=_by_number)
        if choice == "newest":
            found.sort(key=lambda path: _changed_at(path))
        if len(found) == 1 or (found and choice):
            return found[-1]
        if found:
            raise Unreadable(
                f"{name} matches {len(found)} files: {listed(map(os.path.basename, found), 5)}; "
                f"say which one is meant, as in file: {{newest: {name}}}"
            )
        raise Unreadable(
            f"{name} does not exist; the run directory holds"
            f" {listed(sorted(os.listdir(self.run_dir)), 8)}"
        )

    def shown(self, text: str) -> str:
        """Return a name, or a message, with the names that have placeholders as they are for this
        sample.
        """
        for written, name in self._names.items():
            text = text.replace(written, name)
        return text

    def text(self, name: str) -> str:
        """Return a file's content as text (see `text.decoded`). Raises Unreadable."""
        text = self._texts.get(self.shown(name))
        return "".join(self._stream(name, as_written=False)) if text is None else text

    def pieces(self, name: str, *, as_written: bool = False) -> Iterator[str]:
        """Yield the same text piece by piece; with `as_written`, its line ends are left as they
        are. Raises Unreadable.
        """
        text = None if as_written else self._texts.get(self.shown(name))
        return self._stream(name, as_written=as_written) if text is None else iter((text,))

    def matches(self, name: str, expression: str) -> Iterator[re.Match[str]]:
        """Yield what a regular expression matches in a file.

        One that names the carriage return itself is also tried on the file's own line ends. Raises
        Unreadable.
        """
        search, found = search_for(expression), False
        for match in search.matches(self.pieces(name)):
            found = True
            yield match
        if not found and search.names_carriage_return:
            yield from search.matches(self.pieces(name, as_written=True))

    def last_match(self, name: str, expression: str) -> re.Match[str] | None:
        """Return the last of these matches, or None. Raises Unreadable."""
        search = search_for(expression)
        found = search.last(self.pieces(name))
        if found is None and search.names_carriage_return:
            return search.last(self.pieces(name, as_written=True))
        return found

    def _stream(self, name: str, *, as_written: bool) -> Iterator[str]:
        pieces = self._pieces_of(name, as_written=as_written)
        return only_whole_lines(pieces) if self._whole_lines else pieces

    def _pieces_of(self, name: str, *, as_written: bool) -> Iterator[str]:
        path, descriptor = self._open(name)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                is_directory = stat.S_ISDIR(status.st_mode)
                raise Unreadable(f"{name} is {'a directory' if is_directory else _NO_FILE}")
            data = read_all(descriptor) if status.st_size <= _KEPT else b""
        finally:
            os.close(descriptor)
        if status.st_size > _KEPT:
            yield from read_pieces(path, as_written=as_written)
            return
        text = decoded(data, as_written=as_written)
        if not as_written:
            self._texts[self.shown(name)] = (
                text[: text.rfind("\n") + 1] if self._whole_lines else text
            )
        yield text

    def _open(self, name: str) -> tuple[str, int]:
        """Open a file for reading; return its path and the descriptor. Raises Unreadable."""
        path = f"{self.run_dir}/{self.shown(name)}"
        try:
            try:
                return path, os.open(path, _READ)
            except FileNotFoundError:
                path = self.path(name)
                return path, os.open(path, _READ)
        except PermissionError:
            raise Unreadable(f"{name} cannot be read: permission denied") from None
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise Unreadable(f"{name} is {_NO_FILE}") from None
            if error.errno != errno.ELOOP:
                raise
            raise Unreadable(f"{name} is a link that leads nowhere") from None

    def document(self, name: str) -> Any:
        """Return a JSON file's content."""
        if name not in self._documents:
            try:
                self._documents[name] = json.loads(self.text(name))
            except ValueError as error:
                if isinstance(error, Unreadable):
                    raise
                raise Unreadable(f"{name} is not valid JSON: {error}") from None
        return self._documents[name]


def _by_number(path: str) -> list[tuple[int, str]]:
    """Return the key that sorts numbers in names as numbers: out_9 before out_10."""
    parts = re.split(r"(\d+)", path)
    return [(int(part) if part.isdecimal() else 0, part) for part in parts]


def _changed_at(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:  # a link to nowhere
        return 0


def _missing(verb: str, name: str, source: str) -> SampleFailed:
    return SampleFailed(f"{name} cannot be {verb}: {source} does not exist", "prepare")
