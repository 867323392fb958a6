"""Run one task: make its directory, run the runner, write the datapoint, return the journal record.

The same function everywhere: in a local worker, a Dask worker, a SLURM job.
Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import importlib
import os
import random
import socket
import sys
import time
import zlib
from typing import Any

from enchanted_tui import neighbours, values
from enchanted_tui.as_data import safe_text
from enchanted_tui.executors import continued
from enchanted_tui.executors.packed_inputs import inputs_at_hand
from enchanted_tui.executors.passing_errors import endure, outage_in, patience_of
from enchanted_tui.executors.run_directory import RunDirectory, disk_is_full
from enchanted_tui.executors.task_end import (
    EnvironmentFailure,
    environment_error,
    explained,
    failure_of,
    known_outputs,
    outputs_and_failure,
)
from enchanted_tui.executors.task_use import begin_use, used_since
from enchanted_tui.journal_lines import FORMAT_VERSION, seal
from enchanted_tui.runners.base import Runner
from enchanted_tui.runners.derived import with_derived
from enchanted_tui.task_paths import shown_path

_HOST = socket.gethostname()


def run_task(message: dict[str, Any], context: dict[str, Any]) -> bytes:
    """Run the task described by `message` and return its record as one line, newline included; for
    one that is to be continued a line that begins with `continued.CONTINUES`.

    `message`: ``task`` [depth, batch, sample, step], ``name``, ``attempt``, ``runner``, ``params``;
    if the runner prepared something, ``prepared``; ``hide``, the inherited columns that a failed
    row does not show; ``neighbour``, the task it starts from. `context`: the fields of
    `executors.base.TaskContext`.

    Raises EnvironmentFailure when the disk is full or gone; SystemExit and the like are recorded,
    not raised.
    """
    name, started = message["name"], time.time()
    clock = time.perf_counter()
    restart = continued.restart_of_task(message, context)
    directory = RunDirectory(message, context)
    process = os.getpid()
    failure: dict[str, Any] | None = None
    outputs: dict[str, Any] = {}
    began: float | None = None
    used: dict[str, Any] = {}
    try:
        runner = _runner_in(directory, restart, message, context)
        with inputs_at_hand(message, context, runner) as given:
            began, clock = begin_use(message["runner"]), time.perf_counter()
            returned = runner.single_code_run(run_dir=directory.path, params=given)
            runtime = time.perf_counter() - clock
            used = used_since(began, runtime)
        leave_unless(process)
        outputs, failure = outputs_and_failure(returned)
        if failure is not None and (outage := outage_in(directory.path)) is not None:
            raise outage
    except BaseException as error:  # whatever a runner raises is a fact about its sample
        leave_unless(process)
        runtime = time.perf_counter() - clock
        if began is not None and not used:
            used = used_since(began, runtime)
        outage = outage_in(directory.path)
        if outage is not None:
            raise EnvironmentFailure(f"{name}: {explained(outage)}") from outage
        if environment_error(error) is not None or disk_is_full(context["data_dir"]):
            raise EnvironmentFailure(f"{name}: {explained(error)}") from error
        if continued.asks_to_go_on(error, restart):
            return continued.line_of_continuation(directory.path, error, runtime)
        outputs, failure = known_outputs(error), failure_of(error)
    finally:
        if restart is not None:
            continued.forget_variables()
    try:
        line = finish_task(
            message, context, directory, outputs, failure, runtime, started, used=used
        )
    except OSError as error:
        raise EnvironmentFailure(f"{name}: {explained(error)}") from error
    return line


def _runner_in(
    directory: RunDirectory,
    restart: dict[str, Any] | None,
    message: dict[str, Any],
    context: dict[str, Any],
) -> Any:
    """Make the task's directory ready, if it needs one, and return its runner."""
    if restart is not None:
        directory.go_on(restart, message, context)
    elif not directory.may_be_missing:
        directory.begin()
    runner = ready_runner(message, context, message.get("prepared"))
    if directory.may_be_missing and needs_run_dir(runner):
        directory.begin()
    return runner


def leave_unless(process: int) -> None:
    """End a child that the runner has forked and that has come back from it: it must not finish the
    task a second time.
    """
    if os.getpid() != process:
        os._exit(0)


def fail_task(
    message: dict[str, Any],
    context: dict[str, Any],
    failure: dict[str, Any],
    runtime: float,
    started: float,
) -> bytes:
    """Record a task that failed without being able to say so itself: its process died, or it could
    not be started.
    """
    directory = RunDirectory(message, context)
    directory.find()
    return finish_task(message, context, directory, {}, failure, runtime, started)


def skip_task(message: dict[str, Any], context: dict[str, Any], reason: str) -> bytes:
    """Record a task that is not run; it gets no directory, and its row keeps that of the step
    before.
    """
    failure = {"kind": "skipped", "message": reason}
    row = compose_row(message, context, {}, failure, 0.0)
    row["run_dir"] = shown_path(context, os.path.basename(message["params"]["run_dir"]))
    return seal(values.encode(make_record(message, row, failure, 0.0, time.time())).encode("ascii"))


def finish_task(
    message: dict[str, Any],
    context: dict[str, Any],
    directory: RunDirectory,
    outputs: dict[str, Any],
    failure: dict[str, Any] | None,
    runtime: float,
    started: float,
    *,
    clean: bool = True,
    used: dict[str, Any] | None = None,
) -> bytes:
    """Leave of an ended task's directory what is kept, at home, and return its record as one line;
    `clean`: see `RunDirectory.finish`; `used`: see `used_since`.
    """
    derived = context["runners"][message["runner"]].get("derived")
    if derived and failure is None:
        outputs = with_derived(outputs, message["params"], derived)
    if continued.restart_of_task(message, context) is not None:
        message, runtime = continued.ended(directory.path, message, runtime, failure)
        if message.get("restarts"):
            used = None  # nobody knows it of the runs before, which may have been cut off
    row = compose_row(message, context, outputs, failure, runtime)
    share = message.get("share")
    cores = context.get("cores", 1.0) if share is None else float(share["cpus"])
    try:
        record = make_record(message, row, failure, runtime, started, cores, used)
        line = seal(values.encode(record).encode("ascii"))
    # whatever a result is made of, it is a fact about its sample
    except Exception as error:  # noqa: BLE001
        failure = {
            "kind": "bad_return",
            "message": f"the result cannot be recorded: {safe_text(error)}",
        }
        row = compose_row(message, context, {}, failure, runtime)
        record = make_record(message, row, failure, runtime, started, cores, used)
        line = seal(values.encode(record).encode("ascii"))
    endure(lambda: directory.finish(row, clean=clean), patience_of(context))
    return line


def task_message(task: Any) -> dict[str, Any]:
    """Return an `executors.base.Task` as the message that `run_task` takes."""
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
    if task.hide_always:
        message["hide_always"] = list(task.hide_always)
    if task.resources is not None:
        message["resources"] = task.resources.message()
    if task.share is not None:
        message["share"] = task.share
    if task.pack:
        message["pack"] = True
    if task.first_attempt:
        message["first_attempt"] = task.first_attempt
    if task.neighbour is not None:
        message[neighbours.KEY] = task.neighbour
    return message


def compose_row(
    message: dict[str, Any],
    context: dict[str, Any],
    outputs: dict[str, Any],
    failure: dict[str, Any] | None,
    runtime: float,
) -> dict[str, Any]:
    """Return the datapoint's columns in their order: outputs, success, inputs, run time, run
    directory.

    An output replaces an equally named input. The row of a failed task, and those of the steps
    after it, do not show, under the name of one of its own outputs, the value that its parent or
    previous step had.
    """
    runner_name = message["runner"]
    row = dict(outputs)
    row.pop("run_dir", None)
    if failure is not None:
        row["success"] = False
    own_success, own_runtime = "success_" + runner_name, "runtime_sec_" + runner_name
    own_restarts = "restarts_" + runner_name
    row.pop(own_success, None)
    row.pop(own_runtime, None)
    row[own_success] = row["success"]
    hidden = {"success", "run_dir", own_success, *message.get("hide_always", ())}
    if failure is not None:
        hidden.update(message.get("hide", ()))
    for key, value in message["params"].items():
        if key == own_runtime:
            row[key] = runtime  # of a runner that has served before: in its inherited place
        elif key == own_restarts and "restarts" in message:
            row[key] = message["restarts"]
        elif key not in row and key not in hidden:
            row[key] = value
    if neighbours.KEY in message:
        row[neighbours.column(runner_name)] = message[neighbours.KEY]
    row[own_runtime] = runtime
    if "restarts" in message:
        row[own_restarts] = message["restarts"]
    row["run_dir"] = shown_path(context, message["name"])
    return row


def make_record(
    message: dict[str, Any],
    row: dict[str, Any],
    failure: dict[str, Any] | None,
    runtime: float,
    started: float,
    cores: float = 1.0,
    used: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the journal record of an ended task, which held so many `cores`; `used`: see
    `used_since`.
    """
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
    if cores != 1.0:
        record["cores"] = round(cores, 3)
    if used:
        record.update(used)
    if "resources" in message:
        record["resources"] = message["resources"]
    if "share" in message:
        record["where"] = message["share"]["where"]
    if "call" in message:
        record["call"] = message["call"]
    if failure is not None:
        record.update(failure)
    record["row"] = row
    return record


def load_class(path: str) -> Any:
    """Import the class named ``package.module:Class``."""
    module, _, qualified = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    return found


_classes: dict[str, Any] = {}
#: by name, runners that serve sample after sample, and what they were made from
_kept: dict[str, tuple[dict[str, Any], Any]] = {}


def runner_for(name: str, context: dict[str, Any]) -> Any:
    """Make the runner for a sample, or give the one that serves them all."""
    spec = context["runners"][name]
    if leaves_no_trace(name, context):
        runner = _kept[name][1]
        runner.prepared = None
        return runner
    runner_class = _classes.get(spec["class"])
    if runner_class is None:
        runner_class = _classes[spec["class"]] = load_class(spec["class"])
    runner = runner_class(**spec["options"])
    if "shared" in spec:
        runner.shared = spec["shared"]
    if vars(runner_class).get("leaves_no_trace"):  # said of a class, not of what is derived from it
        _kept[name] = spec, runner
    return runner


def ready_runner(message: dict[str, Any], context: dict[str, Any], prepared: Any) -> Any:
    """Return the runner of a task, or of a call that begins with it, ready to be called."""
    runner = runner_for(message["runner"], context)
    if "prepared" in message:
        runner.prepared = prepared
    if not leaves_no_trace(message["runner"], context):
        seed_generators(context["seed"], message["name"])
    return runner


def leaves_no_trace(name: str, context: dict[str, Any]) -> bool:
    """Tell whether this process is as it was after a sample of the runner `name` (see
    `runners.base.Runner.leaves_no_trace`).
    """
    kept = _kept.get(name)
    return kept is not None and kept[0] is context["runners"][name]


def needs_run_dir(runner: Any) -> bool:
    """Tell whether a runner needs its run directory (see `runners.base.Runner.uses_run_dir`)."""
    if isinstance(runner, Runner):
        return runner.needs_run_dir()
    return bool(vars(type(runner)).get("uses_run_dir", True))


def seed_generators(seed: int, name: str) -> None:
    """Seed the global generators by campaign and task, so that a rerun gives the same result
    whichever worker runs it.
    """
    number = zlib.crc32(name.encode(), seed & 0xFFFFFFFF) ^ (seed >> 32)
    random.seed(number)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(number & 0xFFFFFFFF)
