"""Run several tasks of one runner in one call, with a record for each.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.packed_inputs import inputs_at_hand
from enchanted_tui.executors.passing_errors import outage_in
from enchanted_tui.executors.run_directory import RunDirectory, disk_is_full
from enchanted_tui.executors.task import finish_task, leave_unless, needs_run_dir, ready_runner
from enchanted_tui.executors.task_end import (
    EnvironmentFailure,
    environment_error,
    explained,
    failure_of,
    known_outputs,
    outputs_and_failure,
)
from enchanted_tui.executors.task_use import begin_use, used_since
from enchanted_tui.runners.many_results import NO_RESULT, in_rows

Message = dict[str, Any]
#: begins the line, with a reason, after which the tasks without a record are to be run again
AGAIN = b"~"
#: the line of a task without a record, behind which others come that have one
LATER = b"?\n"


def run_many(messages: Sequence[Message], context: dict[str, Any]) -> Iterator[bytes]:
    """Run the tasks of `messages` (see `task.run_task`), all of one runner, and yield their records
    in order: of results that come one after another each as it comes, of others all at once. LATER
    stands for the record of one whose result is not known.

    Where the call gives no result for some, the last line is AGAIN with the reason. Raises
    EnvironmentFailure when the disk is full or gone.
    """
    call = _ManyRun(messages, context)
    try:
        with call.inputs:
            results = call.begin()
            if isinstance(results, list):
                yield b"".join(call.records(results))
            else:
                yield from call.records(results)
        why = f"it gave {call.done} results for {len(messages)} samples"
    except _CallFailed as error:
        why = str(error)
    except OSError as error:
        raise EnvironmentFailure(f"{call.name}: {explained(error)}") from error
    finally:
        call.clean()
    if call.done < len(messages):
        yield AGAIN + values.encode(why).encode("ascii") + b"\n"


class _CallFailed(Exception):
    """A call has raised; the text says what."""


class _ManyRun:
    """One call."""

    def __init__(self, messages: Sequence[Message], context: dict[str, Any]) -> None:
        self.name = messages[0]["name"]
        self.done = 0  #: how many have a record
        self._recorded: list[RunDirectory] = []  #: theirs
        told = {"call": self.name}
        told.update((key, messages[0][key]) for key in ("share", "resources") if key in messages[0])
        self._messages, self._context = [{**message, **told} for message in messages], context
        self._dirs = [RunDirectory(message, context) for message in messages]
        self.inputs = contextlib.ExitStack()  #: run directories that were brought for it
        self._process = os.getpid()
        self._started, self._clock, self._began = time.time(), time.perf_counter(), 0.0

    def begin(self) -> list[Any] | Iterator[Any]:
        """Call the runner; return its results, see `in_rows`. Raises _CallFailed."""
        context = self._context
        try:
            prepared = [message.get("prepared") for message in self._messages]
            runner = ready_runner(self._messages[0], context, prepared)
            used = len(self._dirs) if needs_run_dir(runner) else 0
            if vars(type(runner)).get("call_uses_first_run_dir"):
                used = min(used, 1)
            for number, directory in enumerate(self._dirs):
                if number < used or not directory.may_be_missing:
                    directory.begin()
            given = [
                self.inputs.enter_context(inputs_at_hand(item, context, runner))
                for item in self._messages
            ]
            self._began = begin_use(self._messages[0]["runner"])
            self._clock = time.perf_counter()
            returned = runner.many_code_run(
                run_dirs=[directory.path for directory in self._dirs], params_list=given
            )
            leave_unless(self._process)
            return in_rows(returned, len(self._messages))
        except BaseException as error:
            raise self._failed(error) from error

    def records(self, results: Iterable[Any]) -> Iterator[bytes]:
        """Yield the records of those that have a result. Raises _CallFailed."""
        at_once, left = isinstance(results, list), iter(results)
        seconds = time.perf_counter() - self._clock
        share = seconds / len(self._messages)
        used = used_since(self._began, seconds, len(self._messages)) if at_once else {}
        for message, directory in zip(self._messages, self._dirs):  # noqa: B905 - Python 3.9
            try:
                returned = next(left)
                leave_unless(self._process)
            except StopIteration:
                return
            except BaseException as error:
                raise self._failed(error) from error
            if returned is NO_RESULT:
                yield LATER
                continue
            if not at_once:  # what has passed since the result before
                self._clock, share = self._lap()
                used = used_since(self._began, share)
                self._began = time.process_time()
            yield self._record(message, directory, returned, share, used)
            self.done += 1
            self._recorded.append(directory)

    def clean(self) -> None:
        """Remove what is not kept of the samples that have a record: all may have used the
        directory of the first.
        """
        for directory in self._recorded:
            directory.clean()

    def _lap(self) -> tuple[float, float]:
        now = time.perf_counter()
        return now, now - self._clock

    def _record(
        self,
        message: Message,
        directory: RunDirectory,
        returned: Any,
        runtime: float,
        used: dict[str, Any],
    ) -> bytes:
        if isinstance(returned, BaseException):
            outputs, failure = known_outputs(returned), failure_of(returned)
        else:
            outputs, failure = outputs_and_failure(returned)  # type: ignore[assignment]
        return finish_task(
            message,
            self._context,
            directory,
            outputs,
            failure,
            runtime,
            self._started,
            clean=bool(self._context["local_storage"]),
            used=used,
        )

    def _failed(self, error: BaseException) -> Exception:
        """Return what to raise for an exception of the whole call."""
        leave_unless(self._process)
        outage = outage_in(self._dirs[-1].path)
        if outage is not None:
            error.__cause__ = outage
        if environment_error(error) is not None or disk_is_full(self._context["data_dir"]):
            return EnvironmentFailure(f"{self.name}: {explained(error)}")
        failure = failure_of(error)
        return _CallFailed(f"{failure['kind']}: {failure['message']}")
