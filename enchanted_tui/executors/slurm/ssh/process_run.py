"""Run one ``ssh`` process: input goes, both outputs come, nothing waits for the other."""

from __future__ import annotations

import os
import selectors
import subprocess
import threading
from collections.abc import Iterable, Mapping
from typing import IO

from enchanted_tui.executors.slurm.ssh.deadline import Deadline
from enchanted_tui.executors.slurm.ssh.framing import Exchange

_CHUNK = 1 << 16


def run_process(
    command: list[str],
    exchange: Exchange,
    stdin: Iterable[bytes],
    deadline: Deadline,
    environment: Mapping[str, str],
) -> None:
    """Run `command`, to which `exchange` and `stdin` go, with `environment` beside our own. Raises
    CommandTimeout, and whatever reading `stdin` raises.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        bufsize=0,
        env={**os.environ, **environment},
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    failures: list[BaseException] = []
    writer = threading.Thread(
        target=_write,
        args=(process.stdin, exchange.first_line, stdin, failures),
        name="ssh upload",
        daemon=True,
    )
    writer.start()
    try:
        _read(process.stdout, process.stderr, exchange, deadline)
    finally:
        process.kill()
        process.wait()
        writer.join()
        process.stdout.close()
        process.stderr.close()
    if failures:
        raise failures[0]


def _write(
    pipe: IO[bytes], first: bytes, rest: Iterable[bytes], failures: list[BaseException]
) -> None:
    try:
        with pipe:
            _write_all(pipe, first)
            for chunk in rest:
                _write_all(pipe, chunk)
    except BrokenPipeError:
        return  # the command ended without reading all; its exit code says why
    # whatever reading the input raises belongs to the caller
    except BaseException as error:  # noqa: BLE001
        failures.append(error)


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def _read(out: IO[bytes], err: IO[bytes], exchange: Exchange, deadline: Deadline) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ, exchange.out)
        selector.register(err, selectors.EVENT_READ, exchange.err)
        while selector.get_map():
            for key, _ in selector.select(deadline.left(60.0)):
                data = os.read(key.fd, _CHUNK)
                if data:
                    key.data(data)
                else:
                    selector.unregister(key.fileobj)
            if deadline.over and selector.get_map():
                raise deadline.passed()
