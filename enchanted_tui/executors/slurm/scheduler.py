"""SLURM's own commands, with explicit formats, and what they say."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from enchanted_tui.errors import UserError
from enchanted_tui.executors.slurm.script import encoded
from enchanted_tui.executors.slurm.transport import (
    CommandTimeout,
    ConnectionLost,
    FarSideProblem,
    Transport,
)
from enchanted_tui.executors.slurm_terms import seconds

_FORMAT = "%F|%K|%T|%M|%L|%C|%N|%j|%r"
_DEFAULT_MAX_ARRAY = 1001
_TIMEOUT = 60.0

#: What sbatch says when nobody knows whether the job was accepted, or when it may be accepted
#: later.
_UNSURE = re.compile(
    "timed out|unable to contact|communication|connection|zero bytes|temporarily|transmission|try"
    " again|in progress|broken pipe|unexpected",
    re.IGNORECASE,
)
#: States of a node that has failed, or is being taken away; with `*` it does not answer.
_UNWELL = re.compile(r"down|fail|drain|error|unknown|reboot|.*\*", re.IGNORECASE)
_FULL = re.compile(
    r"submit limit|accounting/QOS policy|too many"
    r" jobs|maximum.*jobs|AssocMaxSubmitJobLimit|QOSMaxSubmit",
    re.IGNORECASE,
)

#: What to do about what sbatch refuses.
_REMEDIES = (
    (
        r"invalid partition|partition.*not",
        "choose a partition that sinfo lists, under sbatch: partition",
    ),
    (
        r"invalid account|account.*(combination|invalid)",
        "give your project under sbatch: account, and a partition that it may use",
    ),
    (r"qos", "choose a qos that sacctmgr show assoc lists for you, under sbatch: qos"),
    (r"node name", "correct nodelist or exclude under sbatch (sinfo -N lists the nodes)"),
    (
        r"\bgres\b|generic resource",
        "correct gres under sbatch (sinfo -o '%P %G' lists what there is)",
    ),
    (r"feature", "correct constraint under sbatch (sinfo -o '%P %f' lists the features)"),
    (
        r"job array specification",
        "lower max_jobs: the array has more elements than the cluster takes",
    ),
    (
        r"node configuration|requested node|more processors|memory",
        "ask for less: cpus_per_task, mem, nodes or gres under sbatch",
    ),
    (
        r"time limit",
        "ask for a time under sbatch: time that the partition allows (sinfo -o '%P %l')",
    ),
    (
        r"unrecognized option|invalid option|unknown option|ambiguous",
        "correct this option under sbatch",
    ),
    (r"interpreter|#!", "begin job_script_template with a line such as #!/bin/bash"),
)


class SubmissionRefused(UserError):
    """The scheduler does not take the job; the message is one sentence with the remedy."""


class QueueFull(UserError):
    """No more jobs are taken for now."""


class SubmissionUnsure(UserError):
    """Nobody knows whether the scheduler took the job."""


class SchedulerUnreachable(UserError):
    """The scheduler does not answer: nothing is known, which is not the same as an empty queue."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """One element of a job array as the scheduler sees it."""

    job: str  #: number of the array
    element: int | None
    state: str
    name: str
    reason: str = ""
    node: str = ""
    elapsed: float | None = None  #: seconds
    remaining: float | None = None  #: seconds of walltime
    cpus: int = 1
    exit_code: str = ""  #: ``code:signal``, where it is known


class _Listing:
    """The latest answer of squeue, for all executors that ask the same cluster by the same way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked, self._rows = float("-inf"), list[JobRow]()

    def get(self, newer_than: float, ask: Callable[[], list[JobRow]]) -> tuple[float, list[JobRow]]:
        """Return an answer with the moment at which it was asked for, asking again unless that was
        after `newer_than`.
        """
        with self._lock:
            if self._asked <= newer_than:
                asked = time.monotonic()
                self._rows = ask()
                self._asked = asked
            return self._asked, self._rows


_listings: WeakKeyDictionary[object, _Listing] = WeakKeyDictionary()  #: by way to the cluster
_listings_lock = threading.Lock()


class Scheduler:
    """The commands of one cluster."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._has_accounting = True
        self.asked_at = float("-inf")  #: when the answer was asked for that was given last
        with _listings_lock:
            self._listing = _listings.setdefault(transport.way, _Listing())

    def max_array_size(self) -> int:
        """How many elements a job array can have."""
        done = self._query(["scontrol", "show", "config"])
        found = re.search(r"^MaxArraySize\s*=\s*(\d+)", done, re.MULTILINE)
        return max(1, int(found[1])) if found else _DEFAULT_MAX_ARRAY

    def most_memory(self, partitions: Collection[str]) -> int | None:
        """Return the MiB of the largest node of these partitions, or of the cluster's default one
        if none are named; None where nobody knows.
        """
        try:
            told = self._query(["sinfo", "-h", "-e", "-o", "%P|%m"])
        except (SchedulerUnreachable, FarSideProblem, ConnectionLost):
            return None
        rows = [line.strip().partition("|") for line in told.splitlines()]
        return max(
            (
                int(memory)
                for name, _, memory in rows
                if memory.isdigit()
                and (name.rstrip("*") in partitions if partitions else name.endswith("*"))
            ),
            default=None,
        )

    def submit(self, arguments: Sequence[str], script: str) -> str:
        """Submit a job and give its number. Raises SubmissionRefused, QueueFull or
        SubmissionUnsure.
        """
        try:
            done = self._transport.run(arguments, stdin=encoded(script), timeout=_TIMEOUT)
        except CommandTimeout as error:
            raise SubmissionUnsure(str(error)) from error
        number = done.text.strip().split(";")[0]
        if done.code == 0 and number.isdigit():
            return number
        complaint = done.complaint or f"exit code {done.code}"
        if done.code == 0 or _UNSURE.search(complaint):
            raise SubmissionUnsure(complaint)
        if _FULL.search(complaint):
            raise QueueFull(complaint)
        raise SubmissionRefused(f"sbatch refused the job: {_said(complaint)}; {_remedy(complaint)}")

    def jobs(self, newer_than: float | None = None) -> list[JobRow]:
        """Return this account's jobs, finished ones that are still known included. Raises
        SchedulerUnreachable.

        What another executor was told after the moment `newer_than` (monotonic) will do, but never
        the same answer twice; without it, the scheduler is asked now.
        """
        oldest = time.monotonic() if newer_than is None else max(newer_than, self.asked_at)
        self.asked_at, rows = self._listing.get(oldest, self._ask)
        return rows

    def _ask(self) -> list[JobRow]:
        out = self._query(["squeue", "-h", "-r", "--me", "-t", "all", "-o", _FORMAT])
        return [row for line in out.splitlines() if (row := _row(line)) is not None]

    def ended(self, wanted: Mapping[str, Collection[int]]) -> list[JobRow]:
        """Ask what became of elements of arrays: accounting once for all, then the scheduler
        itself. What nobody knows is left out.
        """
        found = self._accounted(wanted) if self._has_accounting else []
        known = {(row.job, row.element) for row in found}
        for job, elements in wanted.items():
            if not known.issuperset((job, element) for element in elements):
                found += [row for row in self._shown(job) if (row.job, row.element) not in known]
        return [row for row in found if row.element in wanted.get(row.job, ())]

    def failed_nodes(self, nodes: str) -> set[str]:
        """Return those of some nodes, as SLURM writes them, that are not well; one that is alone
        need not be asked about. Nothing where nobody knows.
        """
        if not re.search(r"[\[,]", nodes):
            return {nodes}
        try:
            told = self._query(["sinfo", "-h", "-N", "-n", nodes, "-o", "%N|%T"])
        except (SchedulerUnreachable, FarSideProblem):
            return set()
        cells = (line.strip().partition("|") for line in told.splitlines())
        return {name for name, _, state in cells if _UNWELL.match(state)}

    def cancel(self, jobs: Collection[str], *, waiting: bool = False) -> bool:
        """Cancel jobs by numbers that `jobs` has just given, as a controller that has crashed gives
        numbers a second time; tell whether
        the scheduler took note. With `waiting`, jobs that have begun meanwhile are spared."""
        if not jobs:
            return True
        try:
            done = self._transport.run(
                ["scancel", *(["--state=PENDING"] if waiting else []), *sorted(jobs)],
                timeout=_TIMEOUT,
            )
        except CommandTimeout:
            return False
        return done.code == 0 or "invalid job id" in done.complaint.lower()

    def _accounted(self, jobs: Iterable[str]) -> list[JobRow]:
        fields = "JobID,State,ExitCode,NodeList,JobName"
        try:
            done = self._transport.run(
                [
                    "sacct",
                    "-X",
                    "-n",
                    "-P",
                    "-S",
                    "now-30days",
                    "-o",
                    fields,
                    "-j",
                    ",".join(sorted(jobs)),
                ],
                timeout=_TIMEOUT,
            )
        except (CommandTimeout, FarSideProblem):
            return []
        if done.code:
            self._has_accounting = "disabled" not in done.complaint
            return []
        rows = []
        for line in done.text.splitlines():
            cells = line.split("|")
            if len(cells) == 5:
                number, _, element = cells[0].partition("_")
                state, _, by = cells[1].partition(" ")
                rows.append(
                    JobRow(
                        number,
                        _number(element),
                        state.rstrip("+"),
                        cells[4],
                        reason=by,
                        node=cells[3],
                        exit_code=cells[2],
                    )
                )
        return rows

    def _shown(self, job: str) -> list[JobRow]:
        try:
            out = self._query(["scontrol", "-o", "show", "job", job])
        except SchedulerUnreachable:
            return []
        rows = []
        for line in out.splitlines():
            fields = dict(re.findall(r"(\w+)=(\S*)", line))
            if "JobState" in fields:
                number = fields.get("ArrayJobId") or fields.get("JobId") or ""
                rows.append(
                    JobRow(
                        number,
                        _number(fields.get("ArrayTaskId", "")),
                        fields["JobState"],
                        fields.get("JobName", ""),
                        reason=fields.get("Reason", ""),
                        node=fields.get("NodeList", ""),
                        exit_code=fields.get("ExitCode", ""),
                    )
                )
        return rows

    def _query(self, command: Sequence[str]) -> str:
        try:
            done = self._transport.run(command, timeout=_TIMEOUT)
        except CommandTimeout as error:
            raise SchedulerUnreachable(str(error)) from error
        if done.code:
            raise SchedulerUnreachable(
                _said(done.complaint) or f"{command[0]} ended with exit code {done.code}"
            )
        return done.text


def _row(line: str) -> JobRow | None:
    cells = line.split("|", 8)
    if len(cells) != 9:
        return None
    job, element, state, elapsed, left, cpus, node, name, reason = cells
    return JobRow(
        job,
        _number(element),
        state,
        name,
        reason="" if reason == "None" else reason,
        node=node,
        elapsed=seconds(elapsed) or 0.0,
        remaining=seconds(left),
        cpus=_number(cpus) or 1,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _said(complaint: str) -> str:
    """Return the last thing that was said, without the program's name before it."""
    last = re.split(
        r"\b(?:sbatch|squeue|scancel|scontrol): (?:error: )?|slurm_\w+ error: ", complaint
    )[-1]
    return last.removeprefix("Batch job submission failed: ").strip().rstrip(".")


def _remedy(complaint: str) -> str:
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, complaint, re.IGNORECASE):
            return remedy
    return "correct the options under sbatch, or ask your administrator"
