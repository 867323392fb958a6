"""What an executor is: it says where tasks run. `Executor` has the options, `Running` the workers.

The supervisor hands over tasks, `Running` hands back one `Result` for each through `deliver`, in
any order and from any thread. A simulation that fails is a result like any other; infrastructure
that fails (a lost worker) is the executor's business: it runs the task again, up to `max_retries`
times, and then delivers a failure of kind ``lost``.

Modules of plugins import it on workers: Python 3.9 or newer, so no slots of dataclasses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Union

from enchanted_tui import neighbours
from enchanted_tui.config.options import Component, option
from enchanted_tui.executors.core_allowance import CoreHolder
from enchanted_tui.executors.ends.ending import GRACE
from enchanted_tui.executors.memory_rule import memory_retry_option, memory_retry_problem
from enchanted_tui.executors.shown import JobInfo as JobInfo
from enchanted_tui.executors.shown import NodeInfo as NodeInfo
from enchanted_tui.executors.shown import WorkerInfo as WorkerInfo
from enchanted_tui.executors.straggler_rule import RunTimeLimit, straggler_option
from enchanted_tui.journal_lines import TaskId as TaskId
from enchanted_tui.resources import Resources

if TYPE_CHECKING:
    from enchanted_tui.executors.jobs import Submission


@dataclass
class Task:
    """One sample at one step, ready to run."""

    id: TaskId
    runner: str
    params: Mapping[str, Any]
    attempt: int = 0
    prepared: Any = None
    hide: Sequence[str] = ()  #: inherited columns that the row does not show if the task fails
    #: inherited columns that the row shows only if the task itself returns them: a step that failed
    #: would have replaced them
    hide_always: Sequence[str] = ()
    resources: Resources | None = None  #: what it needs, where its runner says so
    #: what it holds while it runs, see `executors.pool.holding`
    share: Mapping[str, Any] | None = None
    #: name of the task from whose run directory it starts, empty if from none; None where that is
    #: not asked for
    neighbour: str | None = None
    #: whether what runs it packs its directory, see `Executor.packs_files`
    pack: bool = False
    #: the `attempt` before which nothing counts as a worker that was lost: until then it was killed
    #: for want of memory
    first_attempt: int = 0

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Task:
        """Return the task that `executors.task.task_message` has made a message of."""
        return cls(
            TaskId(*message["task"]),
            message["runner"],
            message["params"],
            message["attempt"],
            message.get("prepared"),
            message.get("hide", ()),
            message.get("hide_always", ()),
            Resources.of(message["resources"]) if "resources" in message else None,
            neighbour=message.get(neighbours.KEY),
            pack=message.get("pack", False),
            first_attempt=message.get("first_attempt", 0),
        )


@dataclass(frozen=True)
class TaskContext:
    """What every task of a campaign shares; plain data, so that it can be sent anywhere as JSON."""

    data_dir: str  #: absolute path of the directory that holds the run directories
    shown_data_dir: str  #: the same as the user wrote it, for the column `run_dir`
    #: by configured name: ``{"class": "module:Class", "options": {...}}``, where it is
    #: so, ``"batch"``, the number of samples that one call takes at most, and ``"shared"``, what is
    #: the same for all samples
    runners: Mapping[str, Mapping[str, Any]]
    seed: int
    campaign: str  #: unique id of the campaign
    session: str  #: unique id of this start of its supervisor
    #: node-local directory in which tasks run before their files are moved to `data_dir`
    local_storage: str | None = None
    #: the same as the user wrote it, to be resolved on another node
    local_storage_written: str | None = None
    #: None where all files are kept at their place; else ``keep``, the patterns of those that are,
    #: and ``unread``, depth and step of the tasks of which nobody but their runner uses the
    #: directory: it need not be there, and what is not kept goes when they end. Where ``keep`` is
    #: None all is packed, by the supervisor also the datapoint of a task without a directory
    save_files: Mapping[str, Any] | None = None
    #: directories to import plugins and functions from, besides the interpreter's own
    python_path: Sequence[str] = ()
    working_dir: str = "."  #: working directory of every task at its start
    fresh_process: bool = False  #: whether each task has a process of its own
    max_retries: int = 1  #: how often a task is run again whose worker was lost
    grace: float = GRACE  #: seconds from SIGTERM to SIGKILL where a task is ended
    launcher: str = "auto"  #: what starts the ranks of samples whose runner says what they need
    cores: float = 1.0  #: CPU cores that one task holds while it runs
    core_limit: bool = False  #: whether jobs may be submitted only as far as core-hours allow it
    io_patience: float = 60.0  #: seconds for which errors of a file system that may pass are borne
    spread: bool = False  #: whether the run directories lie in groups, see `task_paths`
    #: how run directories are packed: ``keep``, ``tasks``, ``megabytes``; None if they are not
    packing: Mapping[str, Any] | None = None
    log_level: int | str = (
        "WARNING"  #: of what runners log that has no handler of theirs; it goes to standard error
    )


@dataclass(frozen=True)
class Result:
    """How a task ended: its journal record as one encoded line (see `executors.task`)."""

    id: TaskId
    line: bytes


@dataclass(frozen=True)
class Trouble:
    """The executor cannot go on: a full disk, a vanished directory, no workers. The campaign stops,
    resumable.
    """

    message: str
    task: TaskId | None = None
    drain: bool = False  #: what runs may finish


class JobEnds(Trouble):
    """The same because the job that this process is in ends: no sample has failed for it."""


@dataclass(frozen=True)
class Returned:
    """Tasks that the executor gives back without having run them, in order."""

    tasks: tuple[TaskId, ...]


@dataclass(frozen=True)
class Note:
    """A record for the journal. The executor waits until it is on disk before it does what it
    announces.
    """

    record: dict[str, Any]
    written: threading.Event = field(default_factory=threading.Event)


#: Methods of an executor of before there was `Running`, see `executors.older_form`.
_OF_BEFORE = ("attach", "start", "submit", "capacity", "recall", "cancel", "close")

Delivered = Union[Result, Trouble, Returned, Note]
Deliver = Callable[[Delivered], None]


class Running(CoreHolder):
    """An executor that has been opened: it has workers, and perhaps jobs.

    What it delivers through `deliver` may come from any thread, exactly once for each task that is
    submitted and not taken back. All else is called by one thread, the supervisor's.
    """

    def submit(self, tasks: Sequence[Task]) -> None:
        """Take tasks; never blocks for long."""
        raise NotImplementedError

    def capacity(self) -> int:
        """Return how many more tasks it can usefully hold now."""
        raise NotImplementedError

    def recall(self) -> list[TaskId]:
        """Take back the tasks that have not started and say which; nothing is delivered for
        them.
        """
        return []

    def cancel(self) -> None:
        """Stop everything that waits or runs, at once; nothing is delivered for it. What had
        finished may still be, see `has_ended`.
        """
        raise NotImplementedError

    def has_ended(self) -> bool:
        """Tell, after `cancel`, whether what had finished before has been delivered."""
        return True

    def close(self) -> None:
        """Return back workers, sockets and files. No task may be waiting or running; use `cancel`
        first otherwise.
        """
        raise NotImplementedError

    # -- what people and samplers are told ---------------------------------------------------------

    def worker_count(self) -> int:
        """Return how many tasks run at the same time, as far as is known now; at least 1."""
        return max(1, len(self.workers()))

    def workers(self) -> list[WorkerInfo]:
        """Return the workers there are and what each is doing."""
        return []

    def jobs(self) -> list[JobInfo]:
        """Return the scheduler's jobs that it looks after."""
        return []

    def nodes(self) -> list[NodeInfo]:
        """Return the nodes of which it gives samples shares, one more than once if several jobs
        hold parts of it; none where nothing is counted.
        """
        return []

    def most_memory(self) -> int | None:
        """Return how many MiB one sample can be given on a node; None where nobody knows."""
        known = [node.mem for node in self.nodes()]
        return max(known) if known and all(known) else None

    def links(self) -> list[str]:
        """Return the addresses of web pages about the workers."""
        return []

    def waiting_for(self) -> str:
        """Return why no task runs although some wait, as far as it is known: ``2 jobs in the queue,
        the first is PENDING (Priority)``.
        """
        return ""

    def limit_run_times(self, limits: Sequence[RunTimeLimit]) -> None:
        """End from now on, as stragglers, what runs longer; replaces what was said before."""

    def watched(self, seconds: float) -> None:
        """Somebody looks at the jobs, for so many seconds more as far as is known: what is told of
        them may be worth asking more often.
        """


class Executor(Component):
    """Where tasks run: options, what this kind of executor can do, and what follows from these
    alone. `open` makes what runs.
    """

    kind: ClassVar[str] = "executor"
    #: Executors of this class that are configured alike and have no size of their own are one, with
    #: one set of workers; the name of an option where this is so if that is set. Said of a class,
    #: not of what is derived from it.
    shares_workers: ClassVar[bool | str] = False
    #: Whether its jobs outlive a session and are taken over by the next one.
    adopts_jobs: ClassVar[bool] = False
    jobs_hold_cores: ClassVar[bool] = False  #: see `holds_jobs`
    #: Whether the run directories of its tasks may stay where they have run.
    may_keep_files: ClassVar[bool] = False
    #: Whether it is looked up on the nodes where tasks run, so that it need not be anything here.
    looks_up_local_storage: ClassVar[bool] = False

    #: Whether its tasks may be given with `Task.pack`: where they run, their directories go into
    #: shards.
    packs_files: ClassVar[bool] = False

    #: Whether it gives samples shares of CPUs, GPUs, memory and nodes by `resources` of their
    #: runner.
    gives_shares: ClassVar[bool] = False

    #: The option that names the machine whose programs its samples run, where that may be another
    #: than this one.
    far_by: ClassVar[str] = ""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Refuse classes of before that change how one of ours runs: nobody would call them."""
        super().__init_subclass__(**keywords)
        unused = [name for name in _OF_BEFORE if name in vars(cls)]
        if unused and "open" not in vars(cls) and cls.open is not Executor.open:
            raise TypeError(f"{unused[0]}() would never be called: override open()")

    #: its name in the configuration, which it is told before anything else; no option
    configured_name: str = ""

    n_workers: int | None = option(
        None,
        doc="How many tasks run at the same time; by default the CPUs this process may use.",
        ge=1,
    )
    timeout_sec: float | None = option(
        None,
        doc=(
            "Time limit of one task; it is ended with all it has started, on other nodes too, and"
            " the sample fails."
        ),
        unit="s",
        gt=0,
    )
    straggler: dict[str, Any] | None = straggler_option()
    memory_retry: float | dict[str, Any] | None = memory_retry_option()
    grace_sec: float = option(
        GRACE,
        doc=(
            "How long a task that is ended, at its time limit or with the campaign, has from"
            " SIGTERM to SIGKILL, so that it can write a checkpoint. Its place is free when all it"
            " has started is gone. Ranks under srun or MPICH's mpirun do not have it: these kill"
            " them when they are asked to end; `restart` with a `signal` reaches all ranks in time."
        ),
        unit="s",
        ge=0,
        le=600,
    )
    max_retries: int = option(
        1,
        doc=(
            "How often a task is run again when its worker was lost. A simulation that failed is"
            " never retried."
        ),
        ge=0,
    )

    fresh_process: bool = option(
        False,
        doc=(
            "Run each sample in a process of its own, where modules are imported anew: nothing that"
            " a sample leaves in memory reaches another one. Without it, a worker runs samples one"
            " after another. Programs of a CommandRunner are processes anyway."
        ),
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if problem := memory_retry_problem(self.memory_retry):
            yield "memory_retry", problem

    def open(
        self, context: TaskContext, deliver: Deliver, left_over_jobs: Sequence[Submission]
    ) -> Running:
        """Make ready to run tasks. `deliver` may be called from any thread, exactly once for each
        submitted task.

        `left_over_jobs`: jobs of this executor that earlier sessions may have left. Tasks that they
        hold are submitted again like all others; who `adopts_jobs` takes them for what they are.

        Raises EnvironmentError with a sentence for the user when nothing can run here.
        """
        raise NotImplementedError

    def worker_count(self) -> int:
        """Return how many tasks run at the same time, as far as the options say; at least 1."""
        return self.n_workers or 1

    @classmethod
    def resource(cls, options: Mapping[str, Any]) -> str | None:
        """Return a name for what executors with these options share; it is kept until the last
        stage that uses it. None for nothing.
        """
        return None

    @classmethod
    def holds_jobs(cls, options: Mapping[str, Any]) -> bool:
        """Tell whether jobs of a scheduler hold the cores for tasks of executors with these
        options (`Running.core_seconds_of_jobs`).
        """
        return cls.jobs_hold_cores

    @classmethod
    def far_machine(cls, options: Mapping[str, Any]) -> str:
        """Name the machine whose programs samples run, where that is not this one."""
        given = options.get(cls.far_by)
        return str(given.get("host", "") if isinstance(given, dict) else given or "")

    def dry_run(self, run_dir: str, wanted: Sequence[Mapping[str, Any]] = ()) -> str:
        """Return what it would ask a scheduler for, for a campaign in `run_dir` (absolute); nothing
        if it asks none. `wanted`: the `resources` of the runners whose samples it runs, as written.
        """
        return ""

    def room_problem(self, wanted: Resources) -> str | None:
        """Say why a sample that needs so much can never run here, or None."""
        return None

    def launch_warnings(self, launcher: str) -> Iterator[tuple[str, str]]:
        """Yield (option, sentence) for what goes wrong with samples whose runner has no
        `resources`; `launcher`: that they start by themselves, an empty text for none.
        """
        return iter(())

    def threads_told(self) -> int | None:
        """Return how many threads the processes of a sample are told to start whose runner has no
        `resources`; None where that is not known here, or the user has said it.
        """
        return None

    def notices(self) -> list[str]:
        """Return sentences the user should read once, such as a default that is lowered here."""
        return []
