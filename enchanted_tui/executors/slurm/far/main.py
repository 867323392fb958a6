"""Where a job begins: ``python worker.pyz DIRECTORY [ELEMENT]`` works through one share.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import sys
from typing import Any

from enchanted_tui.executors.job import cpus_of_job
from enchanted_tui.executors.slurm.far.further_shares import FurtherShares
from enchanted_tui.executors.slurm.far.share import (
    ResultsFile,
    output_file,
    read_share,
    revocations,
)
from enchanted_tui.executors.slurm.far.share_run import EXIT_DISK, ShareRun
from enchanted_tui.resources import THREAD_VARIABLES

_MOST_PRINTED = 2_000  #: bytes


def main(arguments: list[str]) -> int:
    """Run the share of one array element and give the job's exit code."""
    directory = arguments[0]
    element = int(
        arguments[1] if len(arguments) > 1 else os.environ.get("SLURM_ARRAY_TASK_ID", "0")
    )
    if any(os.path.exists(path) for path in revocations(directory, element)):
        print("this share has been given to another job")  # noqa: T201 - into the job's own output
        return 0
    try:
        header, messages = read_share(directory, element)
    except FileNotFoundError:
        print("this share has been done and put away")  # noqa: T201
        return 0
    printed = _printed(directory, element)
    results = ResultsFile(directory, element)
    earlier = results.earlier_life()
    if earlier.said_good_bye:
        print("this job has said good-bye, and its tasks are others'")  # noqa: T201
        return 0
    run = ShareRun(
        directory,
        element,
        header,
        FurtherShares(directory, element, results, earlier),
        results,
        _prepare,
    )
    try:
        results.note(
            "hello",
            node=os.environ.get("SLURMD_NODENAME", ""),
            host=socket.gethostname(),
            pid=os.getpid(),
            job=os.environ.get("SLURM_JOB_ID", ""),
            array=os.environ.get("SLURM_ARRAY_JOB_ID", ""),
            cpus=cpus_of_job() or 1,
            cores=header["context"]["cores"],
            ends=run.clock.ends,
            nodes=run.nodes(),
            remark=header.get("remark", ""),
            printed=printed,
        )
        run.flush()
        why = run.work(messages)
        results.note("bye", why=why, left=len(run.left))
        run.flush()
    except OSError as error:
        print(f"the results cannot be written: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_DISK
    finally:
        _remove_private(run.header["context"]["local_storage"])
    return 0


def _printed(directory: str, element: int) -> str:
    """Return the end of what the job's script has printed before it came to us."""
    try:
        with open(output_file(directory, element), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_PRINTED))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _prepare(header: dict[str, Any]) -> None:
    """Make this process what a local worker's would be: working directory, threads, node-local
    storage.
    """
    context = header["context"]
    os.makedirs(context["data_dir"], exist_ok=True)
    with contextlib.suppress(OSError):
        os.chdir(context["working_dir"])
    cpus = os.environ.get("SLURM_CPUS_ON_NODE", "")
    processes = header["processes"] or 1
    share = max(1, int(cpus) // processes) if cpus.isdigit() else 1
    context["cores"] = (cpus_of_job() or 1) / processes
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, str(share))
    wanted = header.get("local_storage")
    if wanted:
        context["local_storage"] = _private_directory(wanted, context["campaign"])
        if context["local_storage"] is None:
            header["remark"] = (
                f"local_storage: {wanted!r} is no directory on this node; tasks run in place"
            )


def _private_directory(wanted: str, campaign: str) -> str | None:
    """Make a directory of this job's own in what `wanted` names on this node: a directory, or an
    environment variable that holds one.
    """
    place = os.path.expandvars(os.path.expanduser(wanted))
    if not os.path.isdir(place):
        place = os.environ.get(wanted, "")
    if not os.path.isdir(place):
        return None
    job = f"{os.environ.get('SLURMD_NODENAME', '')}-{os.environ.get('SLURM_JOB_ID', os.getpid())}"
    path = os.path.join(place, "enchanted-" + re.sub("[^A-Za-z0-9_.-]", "_", f"{campaign}-{job}"))
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def _remove_private(path: str | None) -> None:
    if path:
        shutil.rmtree(path, ignore_errors=True)
