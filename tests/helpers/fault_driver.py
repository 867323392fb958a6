"""Run the command line in a process whose N-th change of the file system fails, or kills the
process before or in the middle of it.

``python fault_driver.py PLAN ARGUMENT...``: PLAN is JSON: ``at``, the number of the call from 1 on
(0: only count); ``action``: ``kill`` before the call, ``torn``: kill after half of what a write
should write (only writes are counted then), or the name of an error number that the call raises;
``lasting``: all later calls of that kind fail as well; ``log``: file that takes the name of each
counted call.

Only this process is affected, not the workers. What C libraries write is not seen.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import stat
import sys
import threading

_WRITING = os.O_WRONLY | os.O_RDWR
_BY_DESCRIPTOR = ("write", "pwrite", "ftruncate", "fsync", "fdatasync")
_BY_PATH = ("rename", "replace", "link", "unlink", "remove", "rmdir", "mkdir", "truncate")
_TAKES_NO_ROOM = ("unlink", "remove", "rmdir", "ftruncate", "truncate", "rename", "replace")
_true = {name: getattr(os, name) for name in (*_BY_DESCRIPTOR, *_BY_PATH, "open")}
_true_open = builtins.open


class Faults:
    """Counts the calls and carries out the plan."""

    def __init__(self, plan):
        self.at = plan["at"]
        self.action = plan.get("action")
        self.lasting = plan.get("lasting", False)
        self.log = (
            _true["open"](plan["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            if "log" in plan
            else None
        )
        self.count = 0
        self.lock = threading.Lock()

    def call(self, name, function, *arguments, data=None, path=None, **options):
        """Make one counted call, unless it is the one that the plan is about."""
        is_write = data is not None
        if self.action == "torn" and not is_write:
            return function(*arguments, **options)
        with self.lock:
            self.count += 1
            now = self.count
            if self.log is not None:
                _true["write"](self.log, f"{name} {path}\n".encode())
        if now == self.at or (self.lasting and self.at and now > self.at):
            self.strike(name, function, arguments, data, path)
        return function(*arguments, **options)

    def strike(self, name, function, arguments, data, path):
        if self.action == "torn":
            half = memoryview(data)[: len(data) // 2]
            function(*(half if argument is data else argument for argument in arguments))
        if self.action in ("kill", "torn"):
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self.action)
        if number in (errno.ENOSPC, errno.EDQUOT) and name in _TAKES_NO_ROOM:
            return
        raise OSError(number, os.strerror(number), *([path] if path else []))


def _counts(descriptor):
    """Only files and directories count, not pipes, sockets and devices."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def install(faults):
    """Put the counting calls in the place of the true ones."""

    def by_descriptor(name):
        def counted(descriptor, *arguments, **options):
            if not _counts(descriptor):
                return _true[name](descriptor, *arguments, **options)
            data = arguments[0] if name in ("write", "pwrite") else None
            return faults.call(name, _true[name], descriptor, *arguments, data=data, **options)

        return counted

    def by_path(name):
        def counted(path, *arguments, **options):
            return faults.call(name, _true[name], path, *arguments, path=os.fspath(path), **options)

        return counted

    def opened(path, flags, *arguments, **options):
        if not flags & (_WRITING | os.O_CREAT) or path == os.devnull:
            return _true["open"](path, flags, *arguments, **options)
        return faults.call(
            "open", _true["open"], path, flags, *arguments, path=os.fspath(path), **options
        )

    class CountedFile(io.FileIO):
        def write(self, data):
            return faults.call("write", super().write, data, data=data)

        def truncate(self, size=None):
            return faults.call("truncate", super().truncate, size)

    def open_file(
        file,
        mode="r",
        buffering=-1,
        encoding=None,
        errors=None,
        newline=None,
        closefd=True,
        opener=None,
    ):
        if (
            not set(mode) & set("wax+")
            or file == os.devnull
            or (isinstance(file, int) and not _counts(file))
        ):
            return _true_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw_mode = mode.replace("b", "").replace("t", "")
        if isinstance(file, int):
            raw = CountedFile(file, raw_mode, closefd, opener)
        else:
            raw = faults.call(
                "open", CountedFile, file, raw_mode, closefd, opener, path=os.fspath(file)
            )
        if buffering == 0:
            return raw
        size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
        buffer = (io.BufferedRandom if "+" in mode else io.BufferedWriter)(raw, size)
        return (
            buffer
            if "b" in mode
            else io.TextIOWrapper(buffer, encoding, errors, newline, buffering == 1)
        )

    for name in _BY_DESCRIPTOR:
        setattr(os, name, by_descriptor(name))
    for name in _BY_PATH:
        setattr(os, name, by_path(name))
    os.open = opened
    builtins.open = io.open = open_file


def main():
    plan, arguments = json.loads(sys.argv[1]), sys.argv[2:]
    sys.path[0:1] = []  # as if started with -m from another directory; PYTHONPATH is what it was
    from enchanted_tui import cli

    install(Faults(plan))
    sys.exit(cli.main(arguments))


if __name__ == "__main__":
    main()
