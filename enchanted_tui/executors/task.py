"""Run one task: make its directory, run the runner, write the datapoint, return the journal record.

The same function everywhere: in a local worker, a Dask worker, a SLURM job.
Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import csv
import errno
import importlib
import io
import os
import random
import shutil
import socket
import stat
import sys
import time
import traceback
import zlib
from typing import Any

from enchanted_tui import values

FORMAT_VERSION = 1

#: Why a task failed; the column `kind` of the failures file.
FAILURE_KINDS = (
    "exception",  # the runner raised
    "bad_return",  # it returned something other than a dict with a boolean `success`
    "reported",  # it returned success = False
    "output",  # an output that it declares is missing or cannot be read
    "exit",  # it called sys.exit, or ended its process by os._exit
    "signal",  # its process died by a signal
    "timeout",  # it ran into its time limit
    "memory",  # it ran out of memory
    "prepare",  # its input could not be prepared
    "lost",  # its worker was lost more often than max_retries allows
    "skipped",  # an earlier step or its parent failed and the configuration says to skip
)

#: Errors of the file system that say nothing about the sample: the campaign stops and can be resumed.
ENVIRONMENT_ERRNOS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE))

#: What people are told of an error of the file system: what it means and what to do.
REMEDIES = {
    errno.ENOSPC: "the disk is full; make room",
    errno.EDQUOT: "the quota is used up; make room",
    errno.EROFS: "the file system is read-only; have it mounted writable",
    errno.EACCES: "permission denied; change the permissions",
    errno.EPERM: "permission denied; change the permissions",
    errno.ENOENT: "it has vanished; bring it back",
    errno.ESTALE: "its file system has gone; bring it back",
    errno.ENOTDIR: "a part of this path is not a directory; move what is in the way",
    errno.EMFILE: "too many open files; raise the limit with ulimit -n",
}

#: Errors in writing a datapoint that a runner can bring about in its own directory: it must not stop the campaign.
_RUNNERS_OWN_ERRNOS = frozenset((errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ELOOP, errno.EMFILE))

DATAPOINT = "enchanted_datapoint.csv"
_MAX_TRACEBACK = 8_000
_HOST = socket.gethostname()


class EnvironmentFailure(Exception):
    """The file system failed, not the sample."""


def run_task(message: dict[str, Any], context: dict[str, Any]) -> bytes:
    """Run the task described by `message` and return its record as one line, newline included.

    `message`: ``task`` [depth, batch, sample, step], ``name``, ``attempt``, ``runner``, ``params``; if the runner prepared something,
    ``prepared``; ``hide``, the inherited columns that a failed row does not show. `context`: the fields of `executors.base.TaskContext`.

    Raises EnvironmentFailure when the disk is full or gone; SystemExit and the like are recorded, not raised.
    """
    name, runner_name, params = message["name"], message["runner"], message["params"]
    started = time.time()
    clock = time.perf_counter()
    work_dir = _work_dir(name, context)
    process = os.getpid()
    failure: dict[str, Any] | None = None
    outputs: dict[str, Any] = {}
    try:
        make_run_dir(work_dir)
        runner = _make_runner(runner_name, context)
        if "prepared" in message:
            runner.prepared = message["prepared"]
        _seed_generators(context["seed"], name)
        clock = time.perf_counter()
        returned = runner.single_code_run(run_dir=work_dir, params=dict(params))
        runtime = time.perf_counter() - clock
        _leave_unless(process)
        outputs, failure = _judge(returned)
    except BaseException as error:  # whatever a runner raises is a fact about its sample
        _leave_unless(process)
        runtime = time.perf_counter() - clock
        if environment_error(error) is not None or _disk_is_full(context["data_dir"]):
            raise EnvironmentFailure(f"{name}: {_explained(error)}") from error
        outputs, failure = _known_outputs(error), _failure_of(error)
    try:
        line = finish_task(message, context, work_dir, outputs, failure, runtime, started)
    except OSError as error:
        raise EnvironmentFailure(f"{name}: {_explained(error)}") from error
    return line


def _work_dir(name: str, context: dict[str, Any]) -> str:
    """Give the directory in which a task runs."""
    local: str | None = context["local_storage"]
    if local:
        os.makedirs(local, exist_ok=True)  # on this node there may have been no task yet
    return os.path.join(local or context["data_dir"], name)


def _leave_unless(process: int) -> None:
    """End a child that the runner has forked and that has come back from it: it must not finish the task a second time."""
    if os.getpid() != process:
        os._exit(0)


def fail_task(message: dict[str, Any], context: dict[str, Any], failure: dict[str, Any], runtime: float, started: float) -> bytes:
    """Record a task that failed without being able to say so itself: its process died, or it could not be started."""
    work_dir = _work_dir(message["name"], context)
    if not os.path.isdir(work_dir):
        make_run_dir(work_dir)
    return finish_task(message, context, work_dir, {}, failure, runtime, started)


def skip_task(message: dict[str, Any], context: dict[str, Any], reason: str) -> bytes:
    """Record a task that is not run; it gets no directory, and its row keeps that of the step before."""
    failure = {"kind": "skipped", "message": reason}
    row = compose_row(message, context, {}, failure, 0.0)
    row["run_dir"] = os.path.join(context["shown_data_dir"], os.path.basename(message["params"]["run_dir"]))
    return seal(values.encode(make_record(message, row, failure, 0.0, time.time())))


def finish_task(
    message: dict[str, Any],
    context: dict[str, Any],
    work_dir: str,
    outputs: dict[str, Any],
    failure: dict[str, Any] | None,
    runtime: float,
    started: float,
) -> bytes:
    """Write the datapoint file of an ended task, move its files home and return its record as one line."""
    row = compose_row(message, context, outputs, failure, runtime)
    try:
        record = make_record(message, row, failure, runtime, started)
        line = seal(values.encode(record))
    except ValueError as error:
        failure = {"kind": "bad_return", "message": f"the result cannot be recorded: {error}"}
        row = compose_row(message, context, {}, failure, runtime)
        line = seal(values.encode(make_record(message, row, failure, runtime, started)))
    _store(work_dir, row)
    if context["local_storage"]:
        _move_home(work_dir, os.path.join(context["data_dir"], message["name"]))
    return line


def task_message(task: Any) -> dict[str, Any]:
    """Give an `executors.base.Task` as the message that `run_task` takes."""
    message: dict[str, Any] = {
        "task": list(task.id),
        "name": task.id.name,
        "attempt": task.attempt,
        "runner": task.runner,
        "params": task.params,
    }
    if task.prepared is not None:
        message["prepared"] = task.prepared
    if task.hide:
        message["hide"] = list(task.hide)
    return message


def make_run_dir(path: str) -> None:
    """Make the task's directory, empty: what an attempt that was cut short left there is removed."""
    try:
        os.mkdir(path)
    except FileExistsError:
        remove_run_dir(path)
        os.mkdir(path)


def remove_run_dir(path: str) -> None:
    """Remove one task's directory; a symbolic link is removed, never followed."""
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
        return
    shutil.rmtree(path)


def compose_row(
    message: dict[str, Any],
    context: dict[str, Any],
    outputs: dict[str, Any],
    failure: dict[str, Any] | None,
    runtime: float,
) -> dict[str, Any]:
    """Give the datapoint's columns in their order: outputs, success, inputs, run time, run directory.

    An output replaces an equally named input. The row of a failed task does not show, under the name of one of its own outputs,
    the value that its parent or previous step had.
    """
    runner_name = message["runner"]
    row = dict(outputs)
    row.pop("run_dir", None)
    if failure is not None:
        row["success"] = False
    own_success, own_runtime = "success_" + runner_name, "runtime_sec_" + runner_name
    row.pop(own_success, None)
    row.pop(own_runtime, None)
    row[own_success] = row["success"]
    hidden = {"success", "run_dir", own_success, own_runtime}
    if failure is not None:
        hidden.update(message.get("hide", ()))
    for key, value in message["params"].items():
        if key not in row and key not in hidden:
            row[key] = value
    row[own_runtime] = runtime
    row["run_dir"] = os.path.join(context["shown_data_dir"], message["name"])
    return row


def make_record(
    message: dict[str, Any], row: dict[str, Any], failure: dict[str, Any] | None, runtime: float, started: float
) -> dict[str, Any]:
    """Give the journal record of an ended task."""
    record: dict[str, Any] = {
        "v": FORMAT_VERSION,
        "type": "task",
        "task": message["task"],
        "outcome": "ok" if failure is None else "failed",
        "runtime": runtime,
        "started": started,
        "host": _HOST,
        "attempt": message.get("attempt", 0),
    }
    if failure is not None:
        record.update(failure)
    record["row"] = row
    return record


def seal(text: str) -> bytes:
    """Give an encoded record as a line that carries its own checksum."""
    body = text.encode("ascii")
    return b'%s,"crc":"%08x"}\n' % (body[:-1], zlib.crc32(body))


def _store(work_dir: str, row: dict[str, Any]) -> None:
    """Write the datapoint file, whatever the runner has done to its directory; without that file, the record still has the row."""
    try:
        write_datapoint(work_dir, row)
    except OSError as error:
        if not os.path.isdir(work_dir):
            make_run_dir(work_dir)  # fails in its turn if it is not only this directory that has gone
            write_datapoint(work_dir, row)
        elif error.errno not in _RUNNERS_OWN_ERRNOS:
            raise


def write_datapoint(run_dir: str, row: dict[str, Any]) -> None:
    """Write the one-row CSV file of a task; a reader sees it whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(row)
    cells = [values.cell(value) for value in row.values()]
    if any("\r" in cell for cell in cells):  # which csv.writer leaves unquoted where it does not end lines
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(cells)
    data = text.getvalue().encode("utf-8", "backslashreplace")
    path = os.path.join(run_dir, DATAPOINT)
    partial = path + ".partial"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        while data:  # a nearly full disk takes a part and says so only at the next write
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
    os.rename(partial, path)


def describe(error: BaseException) -> str:
    """Give an exception as one line."""
    try:
        text = str(error).strip()
    except Exception:  # noqa: BLE001 - an exception whose text raises another
        text = "its text cannot be had"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def environment_error(error: BaseException | None) -> BaseException | None:
    """Give the exception, or the one that caused it, that is the file system's and not the sample's; None if there is none."""
    while error is not None:
        if isinstance(error, EnvironmentFailure) or (isinstance(error, OSError) and error.errno in ENVIRONMENT_ERRNOS):
            return error
        error = error.__cause__
    return None


def _explained(error: BaseException) -> str:
    """Say what an error of the file system means and what to do."""
    cause = environment_error(error) or error
    if not isinstance(cause, OSError):
        return describe(error)
    text = REMEDIES.get(cause.errno or 0, cause.strerror or str(cause))
    if cause.filename is not None:
        text = f"{os.fsdecode(cause.filename) if isinstance(cause.filename, (str, bytes)) else cause.filename}: {text}"
    return text if cause is error else f"{text} ({describe(error)})"


def load_class(path: str) -> Any:
    """Import the class named ``package.module:Class``."""
    module, _, qualified = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    return found


_classes: dict[str, Any] = {}


def _make_runner(name: str, context: dict[str, Any]) -> Any:
    spec = context["runners"][name]
    runner_class = _classes.get(spec["class"])
    if runner_class is None:
        runner_class = _classes[spec["class"]] = load_class(spec["class"])
    return runner_class(**spec["options"])


def _seed_generators(seed: int, name: str) -> None:
    """Seed the global generators by campaign and task, so that a rerun gives the same result whichever worker runs it."""
    number = zlib.crc32(name.encode(), seed & 0xFFFFFFFF) ^ (seed >> 32)
    random.seed(number)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(number & 0xFFFFFFFF)


def _judge(returned: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Split what a runner returned into outputs and, unless it is a success, the failure."""
    if not isinstance(returned, dict):
        return {}, _bad(f"the runner returned {_named(returned)}; it must return a dict with a boolean 'success'")
    if "success" not in returned:
        return {}, _bad("the runner returned a dict without 'success'; it must hold True or False")
    success = values.plain(returned["success"])
    if type(success) is not bool:
        return {}, _bad(f"the runner returned success = {returned['success']!r:.60}; it must be True or False")
    outputs = {key if type(key) is str else str(key): values.plain(value) for key, value in returned.items()}
    outputs["success"] = success
    if success:
        return outputs, None
    reason = outputs.get("error") or outputs.get("message") or "the runner reported success = False"
    return outputs, {"kind": "reported", "message": str(reason)}


def _named(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _bad(message: str) -> dict[str, Any]:
    return {"kind": "bad_return", "message": message}


def _failure_of(error: BaseException) -> dict[str, Any]:
    if isinstance(error, SystemExit):
        return {"kind": "exit", "message": f"the runner called sys.exit({error.code!r})"}
    kind = getattr(error, "failure_kind", None)  # a runner's own exception may name the kind of its failure, and so need no traceback
    if kind in FAILURE_KINDS:
        return {"kind": kind, "message": str(error)}
    failure = {"kind": "memory" if isinstance(error, MemoryError) else "exception", "message": describe(error)}
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    failure["traceback"] = text if len(text) <= _MAX_TRACEBACK else text[:2000] + "\n[...]\n" + text[-6000:]
    return failure


def _known_outputs(error: BaseException) -> dict[str, Any]:
    """Give the outputs that a runner knew when it failed (see `runners.base.SampleFailed`)."""
    outputs = getattr(error, "outputs", None) if hasattr(error, "failure_kind") else None
    return {str(key): values.plain(value) for key, value in outputs.items()} if isinstance(outputs, dict) else {}


def _disk_is_full(path: str) -> bool:
    """Tell whether the file system that holds `path` has no room or is gone: a failure then says nothing about the sample."""
    try:
        status = os.statvfs(path)
    except OSError:
        return True
    return status.f_bavail == 0 and status.f_blocks > 0


def _move_home(work_dir: str, home: str) -> None:
    """Move a finished task's files from node-local storage to the campaign's directory, whole or not at all."""
    partial = os.path.join(os.path.dirname(home), "." + os.path.basename(home) + ".partial")
    for path in (partial, home):
        if os.path.lexists(path):
            remove_run_dir(path)
    shutil.copytree(work_dir, partial, symlinks=True, ignore=_special_files)
    os.rename(partial, home)
    shutil.rmtree(work_dir, ignore_errors=True)


def _special_files(directory: str, names: list[str]) -> list[str]:
    """Name the pipes, sockets and devices in a directory: they cannot be copied."""
    modes = ((name, os.lstat(os.path.join(directory, name)).st_mode) for name in names)
    return [name for name, mode in modes if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))]
