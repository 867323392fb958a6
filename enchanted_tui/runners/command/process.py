"""Run a command in a run directory and say how it ended."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from enchanted_tui.runners.command.expansion import expanded
from enchanted_tui.runners.command.files import place
from enchanted_tui.runners.environment import encoded_environment, kept_here
from enchanted_tui.runners.failure import SampleFailed
from enchanted_tui.runners.program_use import note_program

Environment = Mapping[str, "str | None"]


def run_command(
    argv: Sequence[str],
    run_dir: str,
    environment: Environment,
    stdin: str | None,
    stdout: str | None,
    stderr: str | None,
    launch: Sequence[str] = (),
    taken: Mapping[str, int] | None = None,
) -> Ended:
    """Run `argv` with `run_dir` as working directory and wait; say how it has ended.

    `launch`: words of a launcher that come before it.

    `environment` adds to this process's own (None removes a variable); in its values and in the
    program, variables and ``~`` are expanded. `stdin`, `stdout`, `stderr` are files of the run
    directory; None is an empty input, or discards the output. The child stays in the process group
    of its parent, which ends both on a time limit. `taken`: by their names, those of which an open
    descriptor takes the place. Output files without content are removed, since file systems have
    quotas.

    Raises SampleFailed, kind ``exit``, if it cannot be started.
    """
    opened: dict[int, str] = {}
    silent: list[str] = []
    merged = _merged(environment, run_dir)
    argv = [*launch, expanded(argv[0], merged), *argv[1:]]
    try:
        streams = _streams(opened, run_dir, stdin, stdout, stderr, taken or {})
        run = _run_alone if threading.active_count() == 1 else _run_beside_threads
        try:
            code = run([_bytes(argument) for argument in argv], run_dir, merged, streams)
        except OSError as error:
            raise SampleFailed(
                f"the command cannot be started: {_start_trouble(error, argv[0], merged)}", "exit"
            ) from error
    finally:
        silent += _close(run_dir, opened)
    return Ended(code, silent)


class Ended(NamedTuple):
    """How a command has ended."""

    code: int  #: exit code, negative for the signal that ended it
    silent: list[str]  #: output files that had no content and are not there


def signal_name(number: int) -> str:
    """Return a signal's name, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# -- starting and waiting --------------------------------------------------------------------------


def _run_alone(
    argv: list[bytes], run_dir: str, environment: dict[bytes, bytes], streams: tuple[int, int, int]
) -> int:
    """Run by posix_spawn: a third of the processor time of `subprocess`, which matters for programs
    of a millisecond.

    It knows no working directory, so this process changes its own for a moment, as only one without
    other threads may do.
    """
    actions: list[Any] = []
    for number, stream in enumerate(streams):
        if stream == subprocess.DEVNULL:
            actions.append((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0))
        else:
            actions.append(
                (os.POSIX_SPAWN_DUP2, 1 if stream == subprocess.STDOUT else stream, number)
            )
    program = _found(argv[0], environment)
    home = kept_here()
    try:
        os.chdir(run_dir)
        # Python ignores these two; programs expect them to work
        restored = (
            signal.SIGPIPE,
            signal.SIGXFSZ,
        )
        child = os.posix_spawnp(
            program, argv, environment, file_actions=actions, setsigdef=restored
        )
    finally:
        os.fchdir(home)
    try:
        return _waited_for(child)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise


def _run_beside_threads(
    argv: list[bytes], run_dir: str, environment: dict[bytes, bytes], streams: tuple[int, int, int]
) -> int:
    source, out, err = streams
    with subprocess.Popen(
        argv, cwd=run_dir, env=environment, stdin=source, stdout=out, stderr=err
    ) as process:
        try:
            process.returncode = _waited_for(process.pid)
            return process.returncode
        except BaseException:
            process.kill()
            raise


def _waited_for(child: int) -> int:
    """Wait for a child of this process and note what it has used; return its exit code, negative
    for the signal that ended it.
    """
    _, status, used = os.wait4(child, 0)
    note_program(used)
    return os.waitstatus_to_exitcode(status)


def _found(program: bytes, environment: dict[bytes, bytes]) -> bytes:
    """Return the program to start: posix_spawnp looks in this process's PATH, even if the child is
    to have another.
    """
    path = environment.get(b"PATH")
    if b"/" in program or path == os.environb.get(b"PATH"):
        return program
    found = shutil.which(
        os.fsdecode(program), path=os.defpath if path is None else os.fsdecode(path)
    )
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(program))
    return os.fsencode(found)


# -- what it is started with -----------------------------------------------------------------------


def _streams(
    opened: dict[int, str],
    run_dir: str,
    stdin: str | None,
    stdout: str | None,
    stderr: str | None,
    taken: Mapping[str, int],
) -> tuple[int, int, int]:
    """Open the three files and put them into `opened`, to be closed, with the names of those that
    are written; DEVNULL and STDOUT are those of `subprocess`.
    """

    def descriptor(name: str | None, flags: int, written: str = "") -> int:
        if name is None:
            return subprocess.DEVNULL
        if name in taken:
            return taken[name]
        number = os.open(place(run_dir, name), flags | os.O_CLOEXEC, 0o666)
        opened[number] = written
        return number

    write = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        source = descriptor(stdin, os.O_RDONLY)
    except FileNotFoundError as error:
        raise SampleFailed(
            f"the standard input {stdin} does not exist in the run directory", "prepare"
        ) from error
    merged = stdout is not None and stdout == stderr
    return (
        source,
        descriptor(stdout, write, stdout or ""),
        subprocess.STDOUT if merged else descriptor(stderr, write, stderr or ""),
    )


def _close(run_dir: str, opened: Mapping[int, str]) -> list[str]:
    """Close files and remove the output files among them that have no content; return the names of
    these.
    """
    silent = []
    for descriptor, name in opened.items():
        is_empty = bool(name) and not os.fstat(descriptor).st_size
        os.close(descriptor)
        if is_empty:
            path = f"{run_dir}/{name}"
            with contextlib.suppress(FileNotFoundError):  # the command may have removed it
                if os.stat(path).st_size == 0:  # or put another one there
                    os.unlink(path)
                    silent.append(name)
    return silent


def _merged(changes: Environment, run_dir: str) -> dict[bytes, bytes]:
    environment = encoded_environment()
    # programs that ask $PWD must get the directory they run in
    environment[b"PWD"] = os.fsencode(run_dir)
    for name, value in changes.items():
        if value is None:
            environment.pop(_bytes(name), None)
        else:
            environment[_bytes(name)] = _bytes(expanded(value, environment))
    return environment


def _bytes(text: str) -> bytes:
    """Encode as UTF-8 whatever the worker's locale, since the same argument must mean the same
    everywhere.
    """
    return text.encode("utf-8", "surrogateescape")


def _start_trouble(error: OSError, program: str, environment: Mapping[bytes, bytes]) -> str:
    if isinstance(error, FileNotFoundError):
        if "/" in program:
            return (
                f"{program!r} does not exist (or the interpreter that its first line names does"
                " not)"
            )
        path = os.fsdecode(environment.get(b"PATH", os.defpath.encode()))
        return (
            f"no program {program!r} in PATH ({path:.300}); give its full path, or load the module"
            " it comes with before starting"
        )
    if isinstance(error, PermissionError):
        return f"{program!r} is not executable for this user; chmod +x it"
    if error.errno == errno.ENOEXEC:
        return (
            f"{program!r} is neither a binary for this machine nor a script that names its"
            " interpreter in its first line (#!)"
        )
    return f"{program!r}: {error.strerror or error}"
