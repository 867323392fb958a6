"""Steps and jobs of SLURM that a task has started: their ranks are children of daemons, on any
node.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from enchanted_tui.executors.ends.launchers import Launcher
from enchanted_tui.executors.ends.processes import MARK_VARIABLE, look_at

_ANSWER = 10.0  #: seconds in which a command of SLURM has to answer
_NODE_IS_DEAD = 900.0  #: seconds after which SLURM has noticed that a node is dead
_PAUSE = 5.0  #: seconds between two looks whether nodes answer
_GONE = 20.0  #: seconds after being cancelled in which steps and jobs have to be gone
_LIVE = ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "SIGNALING")
#: Kills the processes that bear a mark on each node, and whatever they have started meanwhile.
_SWEEP = (
    "for i in 1 2 3 4 5; do found=$(grep -lzs -e {pattern} /proc/[0-9]*/environ | tr -cd '0-9\\n');"
    ' [ -n "$found" ] || exit 0; kill -KILL $found 2>/dev/null; sleep 0.2; done; exit 1'
)

#: Steps that have a number; others are the job's script, or the shell of whoever has asked for it.
_OF_SRUN = re.compile(r"\.\d+(\+\d+)?\Z")

Environment = Mapping[str, str]


class Step(NamedTuple):
    """A step of a job as SLURM tells it."""

    id: str
    nodes: str
    host: str  #: on which its srun runs
    pid: int  #: of that srun
    began: float  #: seconds since the epoch


class Unknown(Exception):
    """SLURM does not answer."""


def end_steps_and_jobs(launchers: Iterable[Launcher]) -> list[str]:
    """End the steps and jobs that launchers, which have ended, have left. Return, in words, those
    that could not be ended.
    """
    left: list[str] = []
    ours = [
        launcher for launcher in launchers if launcher.process.name in ("srun", "salloc", "sbatch")
    ]
    for job in sorted(
        {launcher.job for launcher in ours if launcher.process.name == "srun" and launcher.job}
    ):
        of_job = [launcher for launcher in ours if launcher.job == job]
        pids = {launcher.process.pid for launcher in of_job}
        left += _end_steps(job, lambda step, pids=pids: step.pid in pids, of_job[0].environment)  # type: ignore[misc]
    apart = [launcher for launcher in ours if launcher.process.name != "srun" or not launcher.job]
    if apart:
        left += _end_jobs({launcher.process.session for launcher in apart}, apart[0].environment)
    return left


def end_forsaken_steps(job: str, since: float, environment: Environment = os.environ) -> list[str]:
    """End the steps of a job that began after `since` (seconds since the epoch) on this host's
    behalf and whose srun was killed.
    """

    def forsaken(step: Step) -> bool:
        process = look_at(step.pid)
        return step.began >= since and (process is None or process.name != "srun")

    return _end_steps(job, forsaken, environment)


def end_forsaken_jobs(sessions: set[int], environment: Environment = os.environ) -> list[str]:
    """End the jobs that srun or salloc in these sessions had asked for, if these were killed. Jobs
    of sbatch live on: it only submits.
    """
    return _end_jobs(sessions, environment, batch=False)


def is_over(job: str, environment: Environment = os.environ) -> bool:
    """Tell whether a job is known to be at its end, or past it."""
    try:
        state, _ = _state_of(job, environment)
    except Unknown as problem:
        return "Invalid job id" in str(problem)
    return state not in ("RUNNING", "SUSPENDED", "STOPPED", "CONFIGURING", "RESIZING", "SIGNALING")


def _state_of(job: str, environment: Environment) -> tuple[str, str]:
    """Return the state of a job and the number of its nodes; empty if it is not listed. The last
    element of an array has its number.
    """
    rows = [
        line.split("|")
        for line in ask(
            ["squeue", "-h", "-r", "-j", job, "-o", "%A|%T|%D"], environment
        ).splitlines()
    ]
    return next(((row[1], row[2]) for row in rows if len(row) == 3 and row[0] == job), ("", ""))


def sweep(job: str, mark: str, environment: Environment = os.environ) -> list[str]:
    """Kill what bears a mark on all nodes of a job that runs. Return, in words, what may be
    left.
    """
    pattern = shlex.quote(f"^{MARK_VARIABLE}={re.escape(mark)}")
    try:
        state, nodes = _state_of(job, environment)
    except Unknown:  # it has ended, or nobody knows; in both cases there is nothing to start there
        return []
    if state != "RUNNING":
        return []
    try:
        command = _on_nodes(job, int(nodes))
        ask([*command, "sh", "-c", _SWEEP.format(pattern=pattern)], environment, 3 * _ANSWER)
    except Unknown as problem:
        return [f"processes on the nodes of job {job} ({problem})"]
    return []


def wait_for_nodes(job: str, nodes: Sequence[str], environment: Environment = os.environ) -> None:
    """Return once nodes of this job answer.

    What has failed there may have failed because its node has died, which SLURM notices only after
    minutes. Then it ends the job, and this process with it; where it does not, this returns after a
    quarter of an hour.
    """
    command = [*_on_nodes(job, len(nodes)), f"--nodelist={','.join(nodes)}", "true"]
    deadline = time.monotonic() + _NODE_IS_DEAD
    while time.monotonic() < deadline:
        try:
            ask(command, environment)
            return
        except Unknown:
            time.sleep(_PAUSE)


def _on_nodes(job: str, number: int) -> list[str]:
    """Return the beginning of a command that runs something once on each of so many nodes of a
    job, beside whatever runs there.
    """
    return [
        *("srun", f"--jobid={job}", "--overlap", "--mem=0", "--mpi=none", "--input=none"),
        *("-N", str(number), "-n", str(number)),
    ]


def _end_steps(job: str, wanted: Callable[[Step], bool], environment: Environment) -> list[str]:
    """Cancel the steps of a job that are `wanted`, and wait until they have gone."""
    here = _short(socket.gethostname())

    def living() -> dict[str, str]:
        return {
            step.id: f"step {step.id} on {step.nodes}"
            for step in _steps(job, environment)
            if step.host == here and wanted(step)
        }

    return _cancel(living, f"steps of job {job}", environment)


def _cancel(living: Callable[[], dict[str, str]], kind: str, environment: Environment) -> list[str]:
    """Cancel what is `living` (by id, described), each once, and wait until nothing is.

    Return descriptions of what stays; of `kind`, if SLURM does not say.
    """
    deadline, pause, cancelled = time.monotonic() + _GONE, 0.05, set[str]()
    while True:
        try:
            there = living()
            if fresh := [name for name in there if name not in cancelled]:
                with contextlib.suppress(Unknown):  # what has just ended; the next look tells
                    ask(["scancel", *fresh], environment)
                cancelled.update(fresh)
        except Unknown as problem:
            return [f"{kind} ({problem})"]
        if not there:
            return []
        if time.monotonic() > deadline:
            return list(there.values())
        time.sleep(pause)
        pause = min(0.5, 2 * pause)


def _steps(job: str, environment: Environment) -> list[Step]:
    """Return the steps of a job. The last element of a job array has the array's number: of all
    that are listed, ours count.
    """
    try:
        out = ask(["scontrol", "-o", "show", "step", job], environment)
    except Unknown as problem:
        # it has ended, or has no steps
        if "Invalid job id" in str(problem) or "not found" in str(problem):
            return []
        raise
    found = []
    element = f"{environment.get('SLURM_ARRAY_JOB_ID')}_{environment.get('SLURM_ARRAY_TASK_ID')}."
    for line in out.splitlines():
        fields = dict(re.findall(r"([\w:]+)=(\S*)", line))
        host, _, pid = fields.get("SrunHost:Pid", "").rpartition(":")
        if not pid.isdigit() or not int(pid) or not _OF_SRUN.search(fields.get("StepId", "")):
            continue
        if "SLURM_ARRAY_TASK_ID" not in environment or fields["StepId"].startswith(element):
            found.append(
                Step(
                    fields["StepId"],
                    fields.get("NodeList", ""),
                    _short(host),
                    int(pid),
                    _moment(fields.get("StartTime", "")),
                )
            )
    return found


def _end_jobs(sessions: set[int], environment: Environment, *, batch: bool = True) -> list[str]:
    """Cancel the jobs of this user that processes of these sessions of this host have asked for,
    and wait until they have gone.

    `batch`: those of sbatch too.
    """

    def living() -> dict[str, str]:
        return {job: f"job {job}" for job in _jobs_of(sessions, environment, batch)}

    return _cancel(living, "jobs that it had started", environment)


def _jobs_of(sessions: set[int], environment: Environment, batch: bool) -> list[str]:
    here = {_short(socket.gethostname()), "localhost"}
    out = ask(
        ["squeue", "--me", "-h", "-O", "JobID:30,AllocNodes:80,AllocSID:30,State:30,BatchFlag:10"],
        environment,
    )
    rows = [line.split() for line in out.splitlines()]
    return [
        row[0]
        for row in rows
        if len(row) == 5
        and _short(row[1]) in here
        and row[2].isdigit()
        and int(row[2]) in sessions
        and row[3] in _LIVE
        and (batch or row[4] == "0")
    ]


def ask(command: Sequence[str], environment: Environment, patience: float = _ANSWER) -> str:
    """Run one of SLURM's commands and return what it prints."""
    try:
        done = subprocess.run(
            list(command),
            env=dict(environment),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=patience,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unknown(
            f"{command[0]} does not answer"
            if isinstance(error, subprocess.TimeoutExpired)
            else str(error)
        ) from error
    if done.returncode:
        # scontrol says on either that there is no such step
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Unknown(said[-1] if said else f"{command[0]} ended with exit code {done.returncode}")
    return done.stdout


def _short(host: str) -> str:
    return host.partition(".")[0]


def _moment(text: str) -> float:
    with contextlib.suppress(ValueError, OverflowError):
        return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    return 0.0
