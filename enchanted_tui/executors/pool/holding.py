"""What a sample finds of the share that it holds: environment, CPUs, and a directory for temporary
files.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Optional

from enchanted_tui.executors.pool.rank_launcher import RankLauncher
from enchanted_tui.resources import (
    DEVICE_VARIABLES,
    LAUNCH,
    THREAD_VARIABLES,
    NodeShare,
    Resources,
    Share,
)

_CUDA, _ROCM = "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"
#: What AMD's libraries would apply besides, one upon the other.
_BESIDES_ROCM = (_CUDA, "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL")


def share_message(
    share: Share, launcher: RankLauncher, *, binds: bool, has_gpus: bool
) -> dict[str, Any]:
    """Return a share as a worker is told of it.

    `binds`: whether the ids of its CPUs are those of the machine; `has_gpus`: whether there are
    any.
    """
    return {
        "slot": share.slot,
        "resources": share.resources.message(),
        "nodes": [asdict(node) for node in share.nodes],
        "launcher": [launcher.words, launcher.family, dict(launcher.job)],
        "binds": binds,
        "pin": binds and launcher.pins,
        "has_gpus": has_gpus,
        "cpus": share.resources.cpus,
        "where": share.where(),
    }


def share_of(message: Mapping[str, Any]) -> Share:
    """Return the share that such a message tells of."""
    nodes = tuple(
        NodeShare(
            node["name"], node["ranks"], tuple(node["cpus"]), tuple(node["gpus"]), node["mem"]
        )
        for node in message["nodes"]
    )
    return Share(message["slot"], Resources.of(message["resources"]), nodes)


@contextlib.contextmanager
def holding(task: Mapping[str, Any], scratch: str) -> Iterator[None]:
    """While a task runs, let it find what it holds. `scratch`: a directory of this pool on this
    node.
    """
    told = task.get("share")
    if told is None:
        yield
        return
    share, launcher = share_of(told), RankLauncher(*told["launcher"])
    directory = os.path.join(scratch, f"slot-{share.slot}")
    os.makedirs(directory, mode=0o700, exist_ok=True)
    before, temporary = dict(os.environ), tempfile.tempdir
    affinity = _pinned(share.nodes[0].cpus) if told["pin"] else None
    try:
        _set(launcher.environment(share))
        _set(_variables(task, share, directory, has_gpus=told["has_gpus"]))
        tempfile.tempdir = None  # it remembers the directory that it has found first
        label = f"{task['name']}.{task.get('attempt', 0)}"
        os.environ[LAUNCH] = " ".join(launcher.line(share, scratch, label, binds=told["binds"]))
        yield
    finally:
        _restore(before)
        tempfile.tempdir = temporary
        if affinity is not None:
            os.sched_setaffinity(0, affinity)
        shutil.rmtree(directory, ignore_errors=True)


def _variables(
    task: Mapping[str, Any], share: Share, directory: str, *, has_gpus: bool
) -> dict[str, Optional[str]]:
    wanted, first = share.resources, share.nodes[0]
    found: dict[str, Optional[str]] = {name: str(wanted.cpus_per_rank) for name in THREAD_VARIABLES}
    found.update(
        ENCHANTED_SLOT=str(share.slot),
        ENCHANTED_NODES=",".join(node.name for node in share.nodes),
        ENCHANTED_RANKS=str(wanted.ranks),
        ENCHANTED_CPUS=",".join(map(str, first.cpus)),
        ENCHANTED_MEM=str(first.mem),
        ENCHANTED_GPUS=",".join(map(str, first.gpus)),
        ENCHANTED_ATTEMPT=str(task.get("attempt", 0)),
        ENCHANTED_RESTART=str(task.get("restart", 0)),
    )
    if len(share.nodes) == 1:  # on another node there is no such directory
        found["TMPDIR"] = directory
    if has_gpus:
        found.update(_devices(first.gpus))
    return found


def _devices(gpus: tuple[int, ...]) -> dict[str, Optional[str]]:
    """Return the variables that show these devices and hide all others."""
    shown = ",".join(map(str, gpus))
    if os.path.exists("/dev/kfd"):
        return {_ROCM: shown, **dict.fromkeys(_BESIDES_ROCM)}
    # SLURM sets them all where it does not know whose devices these are
    others = {name: shown for name in DEVICE_VARIABLES if name in os.environ}
    return {_CUDA: shown, **others}


def _set(changes: Mapping[str, Optional[str]]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _restore(before: Mapping[str, str]) -> None:
    """Put back what was changed here, whatever the sample has changed besides: that is put back by
    others.
    """
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def _pinned(cpus: tuple[int, ...]) -> Optional[set[int]]:
    """Bind this process, and so what it starts, to these CPUs; return those that it had."""
    had = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):  # a container may not allow it; counting still holds
        os.sched_setaffinity(0, cpus)
        return had
    return None
