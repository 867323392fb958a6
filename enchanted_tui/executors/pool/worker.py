"""One worker: takes task messages, runs them one after another, sends back their records.

It shares nothing with the supervisor but two descriptors: a packet socket on which tasks arrive,
one a packet, or the several of one call, and a pipe into which results go, one line each. Standard
output and error are files of its own, so that no runner can write on a terminal; what a task wrote
there is moved into its run directory.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import logging
import os
import random
import signal
import socket
import sys
import threading
from functools import partial
from typing import Any, TextIO

from enchanted_tui import values
from enchanted_tui.executors.ends.hold import is_failure
from enchanted_tui.executors.ends.leftovers import Leftovers
from enchanted_tui.executors.ends.steps import wait_for_nodes
from enchanted_tui.executors.many import run_many
from enchanted_tui.executors.passing_errors import (
    may_pass,
    outlasts,
    patience_of,
    tell_of_waiting,
)
from enchanted_tui.executors.pool.fresh_process import run_in_child, wants_fresh_process
from enchanted_tui.executors.pool.holding import holding
from enchanted_tui.executors.pool.machine import host
from enchanted_tui.executors.run_directory import RunDirectory
from enchanted_tui.executors.task import leaves_no_trace, load_class, run_task
from enchanted_tui.executors.task_end import EnvironmentFailure
from enchanted_tui.runners import worker_streams
from enchanted_tui.runners.environment import encoded_environment, here
from enchanted_tui.whole_files import append_file, write_all

#: longer messages travel through a file, named in a packet that starts with SPOOLED
MAX_MESSAGE = 1 << 16
SPOOLED = b"@"
TROUBLE = b"!"
#: begins the line, with a reason, after which what has no record of a call is to be run again: the
#: file system had failed, and answers again
OUTAGE = b"^"
READY = b"+\n"
#: the sample has ended, and what it has left behind is being ended: no time limit counts that
OVER = b"-\n"
_NOTHING_HELD = contextlib.nullcontext()
_LOG_FORMAT = "%(asctime)s [%(levelname)s] %(name)s: %(message)s"


def serve(
    tasks: socket.socket, results: int, context: dict[str, Any], captured: dict[int, str]
) -> None:
    """Run tasks until the supervisor closes its end. `captured`: by descriptor 1 and 2, the file it
    writes to.
    """
    home = _Home(captured)
    worker_streams.offer(captured)
    faulthandler.enable(file=2)
    _take_any_text()
    _let_log(context["log_level"])
    # here alone, where runners are imported
    sys.path.extend(entry for entry in context["python_path"] if entry not in sys.path)
    _preload(context)
    buffer = bytearray(MAX_MESSAGE + 1)
    view = memoryview(buffer)
    leftovers = Leftovers()
    scratch = os.path.dirname(captured[1])
    tell_of_waiting(lambda: write_all(results, OVER))
    write_all(results, READY)
    while True:
        size = tasks.recv_into(buffer)
        if not size:
            return
        message = values.decode(content(bytes(view[:size])))
        leftovers.begin()
        if isinstance(message, list):
            run, message = partial(_last_of_many, message, context, results), message[0]
        else:
            run = partial(_record_of, message, context)
        apart = wants_fresh_process(message["runner"], context)
        with _NOTHING_HELD if message.get("share") is None else holding(message, scratch):
            line = run_in_child(run) if apart else run()
        left = leftovers.end(line, lambda: write_all(results, OVER))
        if (elsewhere := _nodes_elsewhere(message)) and is_failure(line):
            write_all(results, OVER)
            wait_for_nodes(os.environ.get("SLURM_JOB_ID", ""), elsewhere)
        if threading.active_count() > 1 or not leaves_no_trace(message["runner"], context):
            home.restore()
        if left:
            os.write(
                2, f"This sample has left what could not be ended: {', '.join(left)}\n".encode()
            )
        collect_output(captured, message, context, descriptors=True)
        write_all(results, line)


def _nodes_elsewhere(message: dict[str, Any]) -> list[str]:
    """Return the other nodes of the job of which a task has held something."""
    share = message.get("share")
    if share is None or "SLURM_JOB_ID" not in os.environ:
        return []
    return [node["name"] for node in share["nodes"] if node["name"] != host()]


def _record_of(message: dict[str, Any], context: dict[str, Any]) -> bytes:
    """Run a task; return its record, or what is wrong with the environment, as a line."""
    try:
        return run_task(message, context)
    except EnvironmentFailure as trouble:
        return _trouble(trouble, context)


def _last_of_many(messages: list[dict[str, Any]], context: dict[str, Any], results: int) -> bytes:
    """Run the tasks of one call; return what it says last, and write the rest into `results` as it
    comes.
    """
    last = b""
    try:
        for lines in run_many(messages, context):
            write_all(results, last)
            last = lines
    except EnvironmentFailure as trouble:
        write_all(results, last)
        return _trouble(trouble, context)
    return last


def _trouble(failure: EnvironmentFailure, context: dict[str, Any]) -> bytes:
    """Return what is wrong with the environment as a line, once that has passed or lasted too
    long.
    """
    passes = may_pass(failure) and outlasts(context["data_dir"], patience_of(context))
    return (OUTAGE if passes else TROUBLE) + values.encode(str(failure)).encode("ascii") + b"\n"


def collect_output(
    captured: dict[int, str],
    message: dict[str, Any],
    context: dict[str, Any],
    *,
    descriptors: bool,
) -> None:
    """Move what a task wrote to descriptors 1 and 2 into ``stdout.txt`` and ``stderr.txt`` of its
    run directory, if they are kept.

    `descriptors` says whether descriptors 1 and 2 of this process are the captured files (in the
    worker itself) or not (after it died).
    """
    for number, name in ((1, "stdout.txt"), (2, "stderr.txt")):
        with contextlib.suppress(OSError):
            size = (
                os.lseek(number, 0, os.SEEK_END)
                if descriptors
                else os.stat(captured[number]).st_size
            )
            if not size:
                continue
            path = RunDirectory(message, context).home_of(name)
            if path is not None:
                append_file(captured[number], path)
            os.truncate(captured[number], 0)


class _Home:
    """What a task may change in the process, to be put back for the next one."""

    def __init__(self, captured: dict[int, str]) -> None:
        self.directory = here()
        self.environment = dict(os.environ)
        self.encoded_environment = encoded_environment()
        self.random = dict(vars(random))
        self.generator = random.random, random.seed
        self.umask = os.umask(0)
        os.umask(self.umask)
        self.on_child = signal.getsignal(signal.SIGCHLD)
        self.blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self.files = captured
        self.identities = {number: _identity(number) for number in self.files}

    def restore(self) -> None:
        self._restore_streams()
        self._restore_signals()
        os.umask(self.umask)
        os.fchdir(self.directory)
        if encoded_environment() != self.encoded_environment:
            os.environ.clear()
            os.environ.update(self.environment)
        if (random.random, random.seed) != self.generator:
            vars(random).update(self.random)

    def _restore_streams(self) -> None:
        """Flush what is written, and see to it that the next task prints into the captured files,
        not into one that this task opened.
        """
        _flush(sys.stdout, sys.stderr)
        if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
            _flush(sys.__stdout__, sys.__stderr__)
        for number, path in self.files.items():
            if _identity(number) != self.identities[number]:
                opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
                if opened != number:
                    os.dup2(opened, number)
                    os.close(opened)
        out, error = _stream(1, sys.__stdout__), _stream(2, sys.__stderr__)
        vars(sys).update(stdout=out, __stdout__=out, stderr=error, __stderr__=error)

    def _restore_signals(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # ignored, it would hide the exit codes of the next task's children
        if signal.getsignal(signal.SIGCHLD) != self.on_child:
            signal.signal(signal.SIGCHLD, self.on_child)
        signal.pthread_sigmask(signal.SIG_SETMASK, self.blocked)


def _stream(descriptor: int, stream: TextIO | None) -> TextIO:
    """Return the stream of a descriptor, made anew if a task has closed it."""
    if stream is not None and not stream.closed:
        return stream
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def _flush(*streams: Any) -> None:
    for stream in streams:
        try:  # noqa: SIM105 - at each sample, twice as fast as contextlib.suppress
            stream.flush()
        except Exception:  # noqa: BLE001, S110 - a runner may have closed or replaced it
            pass


def _identity(descriptor: int) -> tuple[int, int] | None:
    """Say which file a descriptor stands for; None if it is closed."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _take_any_text() -> None:
    """Have runners print whatever they like: it goes into files of ours, whatever the terminal of
    the supervisor can show.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _let_log(level: int | str) -> None:
    """Have what runners log from `level` on written to standard error, and so to their run
    directory, unless they send it elsewhere.

    By the handler of last resort, which is only asked where there is no other:
    `logging.basicConfig` works as it always does.
    """
    logging.getLogger().setLevel(level)
    if logging.lastResort is not None:
        logging.lastResort.setLevel(level)
        logging.lastResort.setFormatter(logging.Formatter(_LOG_FORMAT))


def _preload(context: dict[str, Any]) -> None:
    """Import the runners before the first task, so that no time limit counts it. What fails here is
    reported by the tasks.
    """
    for spec in context["runners"].values():
        with contextlib.suppress(Exception):
            load_class(spec["class"])


def content(packet: bytes) -> bytes:
    """Return the task message that a packet holds or names; a file that held it is removed."""
    if not packet.startswith(SPOOLED):
        return packet
    path = packet[1:].decode()
    with open(path, "rb") as spooled:
        content = spooled.read()
    os.unlink(path)
    return content
