# ruff: noqa: UP031
"""Runs on the cluster's login node: files in bulk, whatever their number, in one command.

Its source travels with the command, so it stands alone: the standard library of Python 3.6.
Everything it does is named by one line of JSON on its input. The last line of its error output
says, in JSON, what could not be done.
"""

import json
import os
import shutil
import stat
import sys
import tarfile
from typing import Any, BinaryIO

Request = dict[str, Any]
Problems = list[list[Any]]


def main() -> None:
    source, out = sys.stdin.buffer, sys.stdout.buffer
    request = json.loads(source.readline().decode())
    problems = []  # type: Problems
    ways = {"put": put, "read": read, "fetch": fetch, "remove": remove}
    ways[request["do"]](request, source, out, problems)
    out.flush()
    sys.stderr.write("\n" + json.dumps(problems[:20]) + "\n")


def put(request: Request, source: BinaryIO, out: BinaryIO, problems: Problems) -> None:
    """Write files whose contents follow on the input, each whole or not at all."""
    for path, size in request["files"]:
        partial = "%s.%d.partial" % (path, os.getpid())
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(partial, "wb") as file:
                copy(source, file, size)
            os.replace(partial, path)
        except OSError as error:
            if os.path.lexists(partial):
                os.unlink(partial)
            problems.append(problem(path, error))
            return  # the input is no longer at the beginning of a file


def copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size:
        data = source.read(min(size, 1 << 20))
        if not data:
            raise OSError(5, "the upload was cut short")
        target.write(data)
        size -= len(data)


def read(request: Request, source: BinaryIO, out: BinaryIO, problems: Problems) -> None:
    """Print what files have beyond their offsets: for each a line with its number and length, then
    so many bytes.
    """
    for number, (path, offset) in enumerate(request["files"]):
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(offset if offset >= 0 else max(0, size + offset))
                data = file.read(request["limit"])
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problems.append(problem(path, error))
            continue
        out.write(b"%d %d\n" % (number, len(data)))
        out.write(data)


def fetch(request: Request, source: BinaryIO, out: BinaryIO, problems: Problems) -> None:
    """Print an archive of directories."""
    with tarfile.open(
        fileobj=out, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 18
    ) as archive:
        for name in request["names"]:
            top = os.path.join(request["directory"], name)
            if not os.path.isdir(top):
                continue
            for directory, below, files in os.walk(top):
                inside = (
                    os.path.join(name, os.path.relpath(directory, top))
                    if directory != top
                    else name
                )
                add(archive, directory, inside, problems)
                links = [each for each in below if os.path.islink(os.path.join(directory, each))]
                for each in sorted(files) + links:
                    add(
                        archive, os.path.join(directory, each), os.path.join(inside, each), problems
                    )


def add(archive: tarfile.TarFile, path: str, name: str, problems: Problems) -> None:
    """Put one file, directory or link into an archive; sockets and devices stay."""
    archive.inodes = {}  # type: ignore[attr-defined]  # a file with two names is two files
    try:
        kind = os.lstat(path).st_mode
        if stat.S_ISREG(kind):
            with open(path, "rb") as file:
                archive.addfile(archive.gettarinfo(name=path, arcname=name, fileobj=file), file)
        elif stat.S_ISDIR(kind) or stat.S_ISLNK(kind):
            archive.addfile(archive.gettarinfo(name=path, arcname=name))
    except FileNotFoundError:
        return  # it has gone meanwhile, as what network file systems keep of removed files does
    except PermissionError as error:
        problems.append(problem(path, error))


def remove(request: Request, source: BinaryIO, out: BinaryIO, problems: Problems) -> None:
    """Remove files and whole directories, links themselves and not what they point to."""
    home = os.path.realpath(os.path.expanduser("~"))
    for path in request["paths"]:
        try:
            if os.path.islink(path) or not os.path.isdir(path):
                os.unlink(path)
            elif os.path.commonpath([home, os.path.realpath(path)]) == os.path.realpath(
                path
            ) or os.path.ismount(path):
                problems.append([path, 1, "this is no directory that a campaign made"])
            else:
                remove_directory(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problems.append(problem(path, error))


def remove_directory(path: str) -> None:
    """Remove a directory, write-protected or not."""
    try:
        shutil.rmtree(path)
    except PermissionError:
        os.chmod(path, os.stat(path).st_mode | 0o700)
        for place, directories, _ in os.walk(path):
            for name in directories:
                below = os.path.join(place, name)
                if not os.path.islink(below):
                    os.chmod(below, os.stat(below).st_mode | 0o700)
        shutil.rmtree(path)


def problem(path: str, error: OSError) -> list[Any]:
    return [path, error.errno or 0, error.strerror or str(error)]


if __name__ == "__main__":
    main()
