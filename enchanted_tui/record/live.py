"""``state/live.json``: what only the running supervisor knows - who works on what, and why nothing
happens.

Nothing depends on it: it is written for viewers at most once a second and means nothing once the
lock is gone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NotRequired, TypedDict, cast

from enchanted_tui.record.file_use import Files
from enchanted_tui.whole_files import read_regular


class Worker(TypedDict):
    """One worker."""

    name: Annotated[str, "as shown"]
    host: Annotated[str, "on which it is"]
    pid: Annotated[int, "of its process"]
    task: Annotated[str | None, "name of the task it runs"]
    since: Annotated[float | None, "when that task started, seconds since the epoch"]
    where: NotRequired[
        Annotated[str, "the CPUs and GPUs of which nodes that task holds; empty if none is counted"]
    ]


class LiveNode(TypedDict):
    """One node, as far as tasks are given shares of it."""

    name: Annotated[str, "as the scheduler or the machine has it"]
    cpus: Annotated[str, "ids of its CPUs that tasks may be given, as ranges"]
    gpus: Annotated[str, "ids of its GPUs, likewise"]
    mem: Annotated[int, "MiB of its memory, 0 where it is not known"]
    busy_cpus: Annotated[int, "how many of the CPUs tasks hold"]
    busy_gpus: Annotated[int, "how many of the GPUs tasks hold, or share"]
    tasks: Annotated[int, "that hold something of it"]


class Job(TypedDict):
    """One job of a scheduler."""

    name: Annotated[str, "as shown"]
    job: Annotated[str, "the scheduler's number, array index included"]
    state: Annotated[str, "in the scheduler's words; `IDLE` if it stays and has nothing to do"]
    reason: Annotated[str, "why it waits, or why it ended"]
    node: Annotated[str, "on which it runs"]
    held: Annotated[int, "tasks that it was given"]
    done: Annotated[int, "of those, how many have a result"]
    since: Annotated[float | None, "when it began, seconds since the epoch"]
    ends: Annotated[float | None, "when its walltime is over, seconds since the epoch"]


class Straggling(TypedDict):
    """Tasks that run long when most of their batch, or stage, is done."""

    tasks: Annotated[int, "how many"]
    usual: Annotated[float, "what others of their stage take, seconds"]
    limit: NotRequired[Annotated[float, "seconds after which they are ended"]]
    executor: NotRequired[Annotated[str, "whose `straggler` would end them, where none is set"]]


class Live(TypedDict, total=False):
    """What the running supervisor alone knows. Other versions may say more or less."""

    time: Annotated[float, "when it was written, seconds since the epoch"]
    state: Annotated[str, "`running`, `paused` or `stopping`"]
    depth: Annotated[int | None, "of the stage in progress, the first of them where several are"]
    depths: Annotated[list[int], "of all stages in progress"]
    in_flight: Annotated[int, "tasks handed out to executors"]
    workers: Annotated[list[Worker], "at most a thousand"]
    n_workers: Annotated[int, "how many there are"]
    nodes: Annotated[list[LiveNode], "at most a thousand; none where no runner has `resources`"]
    cores: Annotated[int, "CPUs of all these nodes together"]
    busy_cores: Annotated[int, "how many of them tasks hold"]
    jobs: Annotated[list[Job], "at most a thousand"]
    core_hours: Annotated[float, "that jobs have been given in this session"]
    held_core_hours: Annotated[float, "that jobs and tasks have held in all sessions"]
    idle_share: Annotated[
        float, "the part of the core time of jobs in which no task ran; missing where not known"
    ]
    links: Annotated[list[str], "addresses of web pages about the workers"]
    waiting_for: Annotated[str, "why nothing seems to happen; empty if something does"]
    straggling: Annotated[Straggling, "samples that run far longer than others, at the end"]
    canary: Annotated[str, "that the first samples of a stage run before the rest; else missing"]
    files: Annotated[Files, "files that the samples make, and room for them"]
    trouble: Annotated[str, "what keeps it from going on, where the file system does"]
    behind: Annotated[int, "seconds by which files lag, where that is worth telling"]
    doing: Annotated[str, "what is done once nothing runs any more"]


def read_live(path: Path) -> Live | None:
    """Return the file's content, or None if there is none."""
    try:
        content = json.loads(read_regular(path))
    except (OSError, ValueError):
        return None
    return cast(Live, content)
