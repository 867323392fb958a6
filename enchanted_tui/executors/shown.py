"""What an executor tells people of its workers, nodes and jobs.

Modules of plugins import it on workers: Python 3.9 or newer, so no slots of dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkerInfo:
    """One worker as shown to people."""

    name: str
    host: str
    pid: int
    task: str | None  #: name of the task it runs
    since: float | None  #: when that task started, seconds since the epoch
    #: what that task holds, as `resources.Share.where` writes it; empty where none is counted
    where: str = ""


@dataclass(frozen=True)
class NodeInfo:
    """One node as shown to people: the part of it of which samples are given shares."""

    name: str
    cpus: str  #: ids as ranges: ``0-127``
    gpus: str = ""  #: the same
    mem: int = 0  #: MiB; 0 where it is not known


@dataclass(frozen=True)
class JobInfo:
    """One job of a scheduler as shown to people."""

    name: str
    job: str  #: the scheduler's number, array index included
    state: str  #: in the scheduler's words; IDLE if it stays and has nothing to do
    reason: str  #: why it waits, or why it ended
    node: str
    held: int  #: number of tasks that it was given
    done: int  #: of those, how many have a result
    since: float | None  #: when it began, seconds since the epoch
    #: when its walltime is over, seconds since the epoch; moments, so that a report need not change
    #: with the clock
    ends: float | None
