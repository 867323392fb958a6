"""Run a command in a run directory and say how it ended."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from enchanted_tui.runners.command.expansion import expanded
from enchanted_tui.runners.command.files import place
from enchanted_tui.runners.environment import encoded_environment, here
from enchanted_tui.runners.failure import SampleFailed

Environment = Mapping[str, "str | None"]


def run_command(
    argv: Sequence[str],
    run_dir: str,
    environment: Environment,
    stdin: str | None,
    stdout: str | None,
    stderr: str | None,
    launch: Sequence[str] = (),
) -> int:
    """Run `argv` with `run_dir` as working directory and wait; give its exit code, negative for the
    signal that ended it.

    `launch`: words of a launcher that come before it.

    `environment` adds to this process's own (None removes a variable); in its values and in the
    program, variables and ``~`` are expanded. `stdin`, `stdout`, `stderr` are files of the run
    directory; None is an empty input, or discards the output. The child stays in the process group
    of its parent, which ends both on a time limit.

    Raises SampleFailed, kind ``exit``, if it cannot be started.
    """
    opened: list[int] = []
    merged = _merged(environment, run_dir)
    argv = [*launch, expanded(argv[0], merged), *argv[1:]]
    try:
        streams = _streams(opened, run_dir, stdin, stdout, stderr)
        run = _run_alone if threading.active_count() == 1 else _run_beside_threads
        try:
            return run([_bytes(argument) for argument in argv], run_dir, merged, streams)
        except OSError as error:
            raise SampleFailed(
                f"the command cannot be started: {_start_trouble(error, argv[0], merged)}", "exit"
            ) from error
    finally:
        for descriptor in opened:
            os.close(descriptor)


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
    home = here()
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
        os.close(home)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
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
            return process.wait()
        except BaseException:
            process.kill()
            raise


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
    opened: list[int], run_dir: str, stdin: str | None, stdout: str | None, stderr: str | None
) -> tuple[int, int, int]:
    """Open the three files and put them into `opened`, to be closed; DEVNULL and STDOUT are those
    of `subprocess`.
    """

    def descriptor(name: str | None, flags: int) -> int:
        if name is None:
            return subprocess.DEVNULL
        number = os.open(place(run_dir, name), flags | os.O_CLOEXEC, 0o666)
        opened.append(number)
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
        descriptor(stdout, write),
        subprocess.STDOUT if merged else descriptor(stderr, write),
    )


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
