"""One element of a job array, as the executor follows it: the tasks it was given and what its
results file has said so far.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.executors.base import JobInfo, NodeInfo, Task, WorkerInfo
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.pool.book import Book, Node
from enchanted_tui.executors.slurm.far.share import NOTE, output_file, results_file
from enchanted_tui.executors.slurm.scheduler import JobRow
from enchanted_tui.journal_lines import TaskId, is_intact
from enchanted_tui.resources import Resources, cores_at, ranges

_HEAD = re.compile(
    rb'\{"v":\d+,"type":"task","task":\[(\d+),(\d+),(\d+),(\d+)\],.*?"runtime":([-+.\deE]+),'
)

#: In a task's record, the cores that it held, if not 1.
_CORES = re.compile(rb'"attempt":\d+,"cores":([\d.]+)')
_HEAD_LENGTH = 1_000  #: bytes of a record within which its cores are told


@dataclass(slots=True)
class AssignedTask:
    """A task that a job was given. After a restart the task itself is known only once it is
    submitted again.
    """

    attempt: int
    task: Task | None = None
    begun: float | None = None  #: when it began, seconds since the epoch
    where: str = ""  #: what it holds since then, where that is counted
    share: int = 0  #: number of the share that it came with


@dataclass
class Element:
    """A job that works through one bundle of tasks."""

    submission: Submission
    index: int
    unfinished: dict[TaskId, AssignedTask]  #: what has no result yet
    count: int  #: number of tasks it was given
    adopted: bool = False  #: an earlier session submitted it
    offset: int = 0  #: up to which its results file has been read
    read_at: float = 0.0  #: when the last read began that came to the end of that file
    row: JobRow | None = None  #: what the scheduler said last
    row_at: float = 0.0  #: when that was, seconds since the epoch
    hello: dict[str, Any] | None = None
    greeted_at: float = 0.0  #: when that was read, seconds since the epoch
    bye: dict[str, Any] | None = None
    began_any: bool = False
    cancelled: bool = False  #: by us
    withdrawn: bool = False  #: by us, before it began
    revoked_at: float | None = None
    final: JobRow | None = None  #: how it ended, as the scheduler says
    final_at: float = 0.0
    missing_since: float | None = None
    grown_at: float = 0.0  #: when its results file was last seen to grow
    task_core_seconds: float = 0.0  #: for which the tasks that have ended here have held CPUs
    # of a job that stays:
    shares: int = 0  #: number of the last share that it was given
    accepted: int = 0  #: number of the last share that it has taken
    answered: int = 0  #: number of the last share that it has taken or given back
    asked_back: set[int] = field(default_factory=set)  #: shares that it was to give back
    asked_at: float = 0.0  #: when it was asked last; infinity as long as it cannot know yet
    gave_back: set[int] = field(default_factory=set)  #: shares about which it has answered
    put_away: int = 0  #: number of the last share whose files were removed
    is_sorted_out: bool = False  #: adopted, and asked back what it had not accepted
    told_to_end: bool = False  #: nothing more is to come
    idle_since: float | None = None  #: seconds since the epoch
    idle_seen_at: float = 0.0  #: when that was read
    sizes: frozenset[Resources | None] = frozenset()  #: of samples for which it was submitted
    _room: dict[Resources, bool] = field(default_factory=dict, repr=False)
    _partial_line: bytes = field(default=b"", repr=False)

    @property
    def job(self) -> str:
        """Its number as SLURM writes it."""
        return f"{self.submission.job}_{self.index}" if self.submission.job else "?"

    @property
    def key(self) -> str:
        """Its name, which is the same in all sessions, and before it has a number."""
        return f"{self.submission.token}.{self.index}"

    @property
    def results(self) -> str:
        return results_file(self.submission.directory, self.index)

    @property
    def output(self) -> str:
        return output_file(self.submission.directory, self.index)

    @property
    def node(self) -> str:
        for known in (self.row, self.final):
            if known is not None and known.node:
                return known.node
        return str(self.hello["node"]) if self.hello is not None else ""

    @property
    def stays(self) -> bool:
        """True if it can be given more than it was submitted with."""
        return self.submission.stays is not None

    @property
    def goes_on(self) -> bool:
        """True as long as it waits, or takes more."""
        return self.bye is None and self.final is None and not self.told_to_end

    @property
    def runs(self) -> bool:
        """True as long as it is not known to wait, or to have ended."""
        row = self.row
        return (
            self.hello is not None
            and self.bye is None
            and self.final is None
            and self.revoked_at is None
            and not self.cancelled
            and (row is None or row.state == "RUNNING" or self.row_at < self.greeted_at)
        )

    def has_room_for(self, wanted: Resources) -> bool:
        """Tell whether it could run samples that need so much, by what it has said it holds."""
        if wanted not in self._room:
            nodes = [
                Node(
                    str(node["name"]), tuple(node["cpus"]), tuple(node.get("gpus", ())), node["mem"]
                )
                for node in (self.hello or {}).get("nodes", ())
                if not isinstance(node["cpus"], str)  # of jobs of an earlier version
            ]
            self._room[wanted] = bool(nodes) and Book(nodes).problem(wanted) is None
        return self._room[wanted]

    def open_shares(self, *, begun: bool = True) -> set[int]:
        """Return the shares of which something has no result yet, or has not even begun."""
        return {
            assigned.share
            for assigned in self.unfinished.values()
            if begun or assigned.begun is None
        }

    @property
    def seconds_left(self) -> float | None:
        """Return how much is left of its walltime, as far as it says so itself."""
        ends = self.hello["ends"] if self.hello is not None else None
        return None if ends is None else max(0.0, ends - time.time())

    @property
    def is_idle(self) -> bool:
        """True if it stays and has nothing to do."""
        return self.stays and self.runs and not self.unfinished

    @property
    def waits(self) -> bool:
        """True as long as it is not known to have begun."""
        return self.hello is None and (self.row is None or self.row.state == "PENDING")

    def take(self, data: bytes) -> tuple[list[tuple[TaskId, bytes, float]], list[dict[str, Any]]]:
        """Take what the results file has grown by: return (task, record, run time) of each whole
        result, and the notes.
        """
        self.offset += len(data)
        if data:
            self.grown_at = time.monotonic()
        lines = (self._partial_line + data).split(b"\n")
        self._partial_line = lines.pop()
        results, notes = [], []
        for line in lines:
            if line.startswith(NOTE):
                notes += self._note(line)
            elif (head := _HEAD.match(line)) is not None and is_intact(line + b"\n"):
                task = TaskId(*map(int, head.groups()[:4]))
                runtime = float(head[5])
                cores = _CORES.search(line, head.end(), _HEAD_LENGTH)
                self.task_core_seconds += runtime * (1.0 if cores is None else float(cores[1]))
                assigned = self.unfinished.get(task)
                # of a share that was taken later: it had a result before, which was given up
                if assigned is None or assigned.share <= self.accepted:
                    results.append((task, line + b"\n", runtime))
        return results, notes

    def _note(self, line: bytes) -> list[dict[str, Any]]:
        try:
            note: dict[str, Any] = json.loads(line[1:])
        except ValueError:  # torn by the death of its writer
            return []
        op = note["op"]
        if op == "hello":
            self.hello, self.bye = note, None
            self._room.clear()
            self.greeted_at, self.idle_since = time.time(), None
        elif op == "bye":
            self.bye = note
        elif op == "idle":
            self.idle_since, self.idle_seen_at = note["at"], time.monotonic()
        elif op in ("accept", "returned"):
            self.answered = max(self.answered, note["share"])
            if op == "returned":
                self.gave_back.add(note["share"])
            else:
                self.accepted, self.idle_since = max(self.accepted, note["share"]), None
        elif op == "begin":
            self.began_any = True
            task = self.unfinished.get(TaskId(*note["task"]))
            if task is not None:
                task.begun, task.where = note["at"], note.get("where", "")
        return [note]

    # -- core time ---------------------------------------------------------------------------------

    @property
    def cpus(self) -> int:
        """How many CPUs it holds, as far as is known; of an older job those of its first node."""
        if self.row is None or (self.hello is not None and self.row.state == "PENDING"):
            return int((self.hello or {}).get("cpus", 1))
        return self.row.cpus

    def core_seconds(self, now: float) -> float:
        """Return for how long it has held CPUs by its own clock, until it ends; 0 where only the
        scheduler knows.
        """
        hello, bye = self.hello, self.bye  # a job that begins again takes back its good-bye
        if hello is None or (bye is None and self.final is not None):
            return 0.0
        end = now if bye is None else float(bye["at"])
        return max(0.0, end - float(hello["at"])) * self.cpus

    def running_core_seconds(self, now: float) -> float:
        """Return for how long the tasks that run in it have held CPUs."""
        if self.bye is not None or self.final is not None:
            return 0.0
        each = float((self.hello or {}).get("cores", 1.0))
        return sum(
            max(0.0, now - task.begun) * (cores_at(task.where) or each)
            for task in list(self.unfinished.values())
            if task.begun is not None
        )

    # -- for people --------------------------------------------------------------------------------

    def shown(self) -> JobInfo:
        row = self.final or self.row
        state = (
            row.state
            if row is not None
            else "RUNNING"
            if self.hello
            else "SUBMITTED"
            if self.submission.job
            else "UNKNOWN"
        )
        if self.hello is not None and state == "PENDING":
            state = "RUNNING"
        if state == "RUNNING" and self.is_idle:
            state = "IDLE"
        since, ends = self._time()
        return JobInfo(
            name=self.submission.name,
            job=self.job,
            state=state,
            reason=row.reason if row is not None else "",
            node=self.node,
            held=self.count,
            done=self.count - len(self.unfinished),
            since=since,
            ends=ends,
        )

    def _time(self) -> tuple[float | None, float | None]:
        """Say when it began and when its walltime is over, by what it says itself, or else the
        scheduler; None before it has begun.
        """
        row, hello = self.row, self.hello
        began = row is not None and row.state != "PENDING"
        since = (
            self.row_at - row.elapsed
            if began and row is not None and row.elapsed is not None
            else None
        )
        ends = (
            self.row_at + row.remaining
            if began and row is not None and row.remaining is not None
            else None
        )
        if hello is not None:
            since, ends = hello["at"], hello["ends"] or ends
        return None if since is None else round(since), None if ends is None else round(ends)

    def workers(self) -> list[WorkerInfo]:
        """What its processes are doing."""
        host = self.node or (str(self.hello["host"]) if self.hello else "")
        pid = int(self.hello["pid"]) if self.hello else 0
        return [
            WorkerInfo(self.job, host, pid, task.name, assigned.begun, assigned.where)
            for task, assigned in list(self.unfinished.items())
            if assigned.begun is not None
        ]

    def nodes(self) -> list[NodeInfo]:
        """What it holds of its nodes while it runs, as far as it has said so."""
        if self.hello is None or self.bye is not None or self.final is not None:
            return []
        return [
            NodeInfo(
                str(node["name"]),
                _as_ranges(node["cpus"]),
                _as_ranges(node.get("gpus", ())),
                int(node.get("mem", 0)),
            )
            for node in self.hello.get("nodes", ())
        ]


def _as_ranges(ids: str | Iterable[int]) -> str:
    return ids if isinstance(ids, str) else ranges(ids)


def elements_of(submission: Submission, *, adopted: bool = False) -> list[Element]:
    """Return the elements of a job array."""
    elements = [
        Element(
            submission,
            index,
            {task: AssignedTask(attempt) for task, attempt in tasks},
            len(tasks),
            adopted,
        )
        for index, tasks in enumerate(submission.elements)
    ]
    for (index, number), tasks in submission.added.items():
        element = elements[index]
        element.shares = max(element.shares, number)
        element.count += len(tasks)
        element.unfinished.update(
            (task, AssignedTask(attempt, share=number)) for task, attempt in tasks
        )
    return elements
