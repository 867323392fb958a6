"""Submit job arrays, each exactly once whatever sbatch says."""

from __future__ import annotations

import dataclasses
import logging
import os
import posixpath
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.executors.base import Note, Task, TaskContext
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.element import AssignedTask, Element
from enchanted_tui.executors.slurm.far.share import revocations, share_file, write_share
from enchanted_tui.executors.slurm.job_budget import JobBudget
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.scheduler import (
    QueueFull,
    Scheduler,
    SchedulerUnreachable,
    SubmissionRefused,
    SubmissionUnsure,
)
from enchanted_tui.executors.slurm.share_fitting import Fitting
from enchanted_tui.executors.slurm.staging import StagedInputs, unpack
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.executors.slurm.transport import FarSideProblem, Transport
from enchanted_tui.executors.slurm.worker_archive import archive
from enchanted_tui.executors.task import task_message
from enchanted_tui.resources import Resources

log = logging.getLogger(__name__)

_ARRAY = re.compile(rb'"array": "(\d+)"')  #: in a job's first note
_LINGER = 0.5  #: seconds without another task after which those that wait are submitted
#: seconds for which a scheduler that does not answer is left in peace: at first, and at most
_PATIENCE, _MOST_PATIENCE = (
    5.0,
    180.0,
)
_FULL = 1.0  #: seconds until it is looked again whether another job fits into the core-hours
_MOST_LINGER = 10.0  #: seconds after which they are submitted in any case, while other jobs run


@dataclass
class Unsure:
    """A submission of which nobody knows whether the scheduler has it."""

    elements: list[Element]
    since: float = field(default_factory=time.monotonic)
    looks: int = 0


class Submitter:
    """Makes job arrays of waiting tasks."""

    def __init__(
        self,
        name: str,
        options: JobOptions,
        context: TaskContext,
        directories: Directories,
        transport: Transport,
        scheduler: Scheduler,
        table: TaskTable,
        record: Callable[[dict[str, Any], bool], Note],
        budget: JobBudget,
    ) -> None:
        self._name, self._budget = name, budget
        self._options, self._fitting = options, Fitting(options)
        self._directories = directories
        self._directory = directories.jobs
        self._transport, self._scheduler, self._table, self._record = (
            transport,
            scheduler,
            table,
            record,
        )
        self.inputs = None if directories.shared else StagedInputs(directories)
        shared = {**dataclasses.asdict(context), "local_storage": None}
        self._context = shared if self.inputs is None else self.inputs.context(shared)
        self._local_storage = context.local_storage_written
        self._array_limit: int | None = None
        self._shipped = False
        self._unsent: tuple[list[Element], dict[str, bytes], bytes] | None = None
        self.unsure: dict[str, Unsure] = {}  #: by token
        self.failed_nodes: set[str] = set()
        self._not_before = 0.0
        self.silent = 0  #: how often in a row the scheduler has not answered before a submission

    def submit_due(self) -> bool:
        """Submit what should be submitted now; tell whether something was."""
        if self._unsent is not None:
            return self._send()
        if self.unsure or time.monotonic() < self._not_before or not self._is_due():
            return False
        if self._array_limit is None and not self._ask_array_limit():
            return False
        assert self._array_limit is not None
        tasks = self._next_tasks()
        options = self._options_for(tasks)
        bundling = options.bundling
        free = self._budget.jobs_that_fit(
            options,
            (task.resources for task in tasks),
            bundling.max_jobs - len(self._table.elements),
        )
        if not free:
            self._table.put_back(tasks)
            self.rest(_FULL)
            return False
        bundles = bundling.divide(tasks, free, self._array_limit, self._table.mean_runtime())
        self._table.put_back(tasks[sum(map(len, bundles)) :])
        if bundles:
            self._prepare(bundles)
        return bool(bundles) and self._send()

    def _next_tasks(self) -> list[Task]:
        """Take the tasks that the next jobs are for: those of one size, where jobs follow from the
        samples.
        """
        sizes = self._short_of_jobs() if self._options.idle_timeout else None
        tasks = self._table.next_tasks(len(self._table.backlog), sizes)
        if not tasks or self._options.takes_any:
            return tasks
        alike = [task for task in tasks if task.resources == tasks[0].resources]
        self._table.put_back(task for task in tasks if task.resources != tasks[0].resources)
        return alike

    def _options_for(self, tasks: Sequence[Task]) -> JobOptions:
        """Return what jobs for these tasks are to be."""
        return self._options.for_samples({task.resources for task in tasks})

    def seconds_until_due(self) -> float:
        """How long nothing has to be submitted."""
        if self._unsent is not None:
            return 0.0
        if (
            not self._table.backlog
            or self.unsure
            or len(self._table.elements) >= self._options.bundling.max_jobs
        ):
            return float("inf")
        soonest = max(self._table.backlog_grown_at + _LINGER, self._not_before)
        left = max(0.0, soonest - time.monotonic())
        return left if left or self._is_due() else _LINGER  # more are to gather

    def _is_due(self) -> bool:
        """Tell whether tasks have gathered: they come in quick succession at first, and one by one
        when others end.
        """
        table = self._table
        free = self._options.bundling.max_jobs - len(table.elements)
        if not table.backlog or free <= 0:
            return False
        now = time.monotonic()
        if now - table.backlog_grown_at < _LINGER:
            return False
        mean = table.mean_runtime()
        if self._options.idle_timeout and not self._short_of_jobs():
            return False
        enough = self._options.bundling.bundle_size(len(table.backlog), free, mean)
        return (
            not table.elements
            or len(table.backlog) >= enough
            or now - table.backlog_since >= _MOST_LINGER
        )

    def _short_of_jobs(self) -> set[Resources | None]:
        """Return what those waiting tasks need that jobs which stay cannot take soon."""
        mean = self._table.mean_runtime()
        short = set()
        for size, count in self._table.waiting_sizes().items():
            options = self._fitting.options_for(size)
            jobs = [
                element
                for element in self._table.elements
                if element.goes_on and self._fitting.takes(element, size)
            ]
            held = sum(len(element.unfinished) for element in jobs)
            if mean is None or options.bundling.is_worth_a_job(count, held, len(jobs), mean):
                short.add(size)
        return short

    def _ask_array_limit(self) -> bool:
        """Find out how large arrays may be; False if the scheduler does not answer, which is then
        left in peace for longer and longer.
        """
        try:
            self._array_limit = self._scheduler.max_array_size()
        except SchedulerUnreachable as problem:
            if not self.silent:
                log.warning(
                    f"the scheduler does not answer ({problem}); nothing is submitted meanwhile,"
                    " and it is asked again"
                )
            self._not_before = time.monotonic() + min(_MOST_PATIENCE, _PATIENCE * 2**self.silent)
            self.silent = min(self.silent + 1, 10)
            return False
        self.silent = 0
        return True

    def rest(self, seconds: float) -> None:
        """Submit nothing for so long."""
        self._not_before = time.monotonic() + seconds

    def forget_unsent(self) -> None:
        """Let the tasks of a job array that has not been submitted wait again."""
        if self._unsent is not None:
            elements, self._unsent = self._unsent[0], None
            self._take_back(elements[0].submission, elements)

    def _prepare(self, bundles: list[list[Task]]) -> None:
        """Write the intent into the journal."""
        options = self._options_for([task for bundle in bundles for task in bundle])
        token = f"e{secrets.token_hex(6)}"
        submission = Submission(
            token=token,
            executor=self._name,
            name=f"{self._options.job_name(self._directories.campaign)}-{token}",
            directory=posixpath.join(self._directory, token),
            elements=[[(task.id, task.attempt) for task in bundle] for bundle in bundles],
            time=time.time(),
            stays=options.stays,
        )
        sizes = frozenset(task.resources for bundle in bundles for task in bundle)
        elements = [
            Element(
                submission,
                index,
                {task.id: AssignedTask(task.attempt, task) for task in bundle},
                len(bundle),
                sizes=sizes,
            )
            for index, bundle in enumerate(bundles)
        ]
        files = {
            share_file(submission.directory, index): self.content(bundle)
            for index, bundle in enumerate(bundles)
        }
        archive_of_inputs = self.archive_of_inputs()
        self._table.add(elements)
        self._record(submission.intent(), True)
        self._unsent = elements, files, archive_of_inputs
        self._unsent_options = options

    def content(self, tasks: Iterable[Task]) -> bytes:
        """Return the file of a share."""
        options = self._options
        header = {
            "context": self._context,
            "timeout": options.timeout,
            "max_retries": options.max_retries,
            "processes": options.processes,
            "launcher": options.launcher,
            "beat": options.heartbeat,
            "walltime": options.walltime,
            "runtimes": self._table.longest_runtimes(),
            "local_storage": self._local_storage,
            "idle_timeout": options.idle_timeout,
        }
        return write_share(header, [self._message(task) for task in tasks])

    def archive_of_inputs(self) -> bytes:
        """Return what the shares made since the last time need on the far side; nothing if there is
        nothing.
        """
        return self.inputs.archive() if self.inputs is not None else b""

    def _message(self, task: Task) -> dict[str, Any]:
        message = task_message(task)
        return message if self.inputs is None else self.inputs.message(message)

    def _send(self) -> bool:
        """Put the bundles on the cluster and submit them. A lost connection before sbatch leaves
        them to be sent again.
        """
        assert self._unsent is not None
        elements, files, inputs = self._unsent
        submission = elements[0].submission
        worker, content = archive()
        path = posixpath.join(self._directory, worker)
        if self._directories.shared and not self._shipped:
            self._make_sure_of_sharing()
        self._transport.put(files if self._shipped else {path: content, **files})
        self._shipped = True
        if inputs:
            unpack(self._transport, inputs, self._directories.root)
        options = self._unsent_options
        arguments = options.arguments(
            submission.name, submission.directory, len(elements), self.failed_nodes
        )
        script = options.script(path, submission.directory)
        self._unsent = None
        self.doubt(submission.token, elements)  # until we know better, also if the next line raises
        try:
            submission.job = self._scheduler.submit(arguments, script)
        except FarSideProblem:  # sbatch was not even started
            self._take_back(submission, elements)
            raise
        except SubmissionUnsure as problem:
            log.warning(
                f"nobody knows whether the scheduler took job {submission.name} ({problem});"
                " looking for it"
            )
            return True
        except QueueFull as problem:
            self._take_back(submission, elements)
            if not self._table.elements:
                raise SubmissionRefused(
                    f"the scheduler takes no job of this kind: {problem}; lower max_jobs or the"
                    " time under sbatch, or ask your administrator for the limits"
                ) from problem
            self._not_before = time.monotonic() + 60.0
            return False
        except SubmissionRefused:
            self._take_back(submission, elements)
            if self.failed_nodes:
                log.warning(
                    "the scheduler refuses jobs that exclude the nodes that failed; they are"
                    " allowed again"
                )
                self.failed_nodes.clear()
                return False
            raise
        del self.unsure[submission.token]
        self._record(submission.submitted(submission.job), False)
        log.info(
            f"submitted {submission.name} as job {submission.job}: {len(elements)} elements,"
            f" {sum(e.count for e in elements)} tasks"
        )
        return True

    def _make_sure_of_sharing(self) -> None:
        """Raise FarSideProblem unless the cluster sees what is written here."""
        os.makedirs(self._directory, exist_ok=True)
        path = os.path.join(self._directory, f"seen-{secrets.token_hex(6)}")
        try:
            with open(path, "xb"):
                seen = self._transport.read({path: 0})
        finally:
            os.unlink(path)
        if path not in seen:
            raise FarSideProblem(
                f"the cluster does not see {self._directories.local_data}: set remote_dir to a"
                " directory of the cluster, or base_run_dir to one that both see under the same"
                " path"
            )

    def doubt(self, token: str, elements: list[Element]) -> None:
        """Nobody knows whether the scheduler has these jobs."""
        self.unsure[token] = Unsure(elements)

    def found(self, token: str, job: str) -> None:
        """The scheduler has a job after all."""
        unsure = self.unsure.pop(token)
        submission = unsure.elements[0].submission
        submission.job = job
        self._record(submission.submitted(job), False)
        log.info(f"the scheduler has taken {submission.name} as job {job}")

    def give_up(self, token: str) -> bool:
        """The scheduler has no such job: let its tasks wait again, unless a job that nobody saw has
        begun to work on them.
        """
        unsure = self.unsure[token]
        submission = unsure.elements[0].submission
        self._transport.put({revocations(submission.directory, 0)[0]: b""})
        begun = self._transport.read({element.results: 0 for element in unsure.elements})
        for data in begun.values():
            number = _ARRAY.search(data)
            if number is not None:
                self._transport.remove([revocations(submission.directory, 0)[0]])
                self.found(token, number[1].decode())
                return False
        log.warning(f"the scheduler has no job {submission.name}; its tasks are submitted again")
        del self.unsure[token]
        self._take_back(submission, unsure.elements)
        return True

    def _take_back(self, submission: Submission, elements: list[Element]) -> None:
        self.unsure.pop(submission.token, None)
        for element in list(elements):
            self._table.release(element, None)
