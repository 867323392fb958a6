"""What `--dry-run` shows of jobs before there are any."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from enchanted_tui.durations import duration
from enchanted_tui.executors.pool.book import Book, Node
from enchanted_tui.executors.pool.rank_launcher import (
    AUTO,
    NONE,
    SRUN,
    RankLauncher,
    family_of,
    is_mpirun,
)
from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.script import shown
from enchanted_tui.executors.slurm.worker_archive import archive
from enchanted_tui.resources import Resources


def previews(
    options: JobOptions, directories: Directories, campaign: str, wanted: Sequence[Resources]
) -> str:
    """Return command and script of the job arrays of a campaign called so, for samples of these
    sizes; where there are none, they are as before there were sizes.
    """
    sizes = list(dict.fromkeys(wanted))
    if not sizes or options.takes_any:
        text = _preview(options.for_samples(sizes), directories, campaign)
        return text + "".join(_launch(options, size) for size in sizes)
    return "".join(
        (f"for samples of {size.shown()}: " if len(sizes) > 1 else "")
        + _preview(options.for_samples([size]), directories, campaign)
        + _launch(options, size)
        for size in sizes
    )


def _preview(options: JobOptions, directories: Directories, campaign: str) -> str:
    directory = f"{directories.jobs}/TOKEN"
    bundling = options.bundling
    each = (
        "as many samples as the run times suggest"
        if bundling.per_job is None
        else f"{bundling.per_job} samples"
    )
    stays = (
        f", and each stays for more until it has had none for {duration(options.idle_timeout)}"
        if options.idle_timeout
        else ""
    )
    command = options.arguments(
        f"{options.job_name(campaign)}-TOKEN", directory, bundling.max_jobs, set()
    )
    script = options.script(f"{directories.jobs}/{archive()[0]}", directory)
    return (
        f"each for {each}, {bundling.processes} at a time{stays}; an array of them is submitted"
        f" by\n  {shlex.join(command)}\nwith the script\n"
        + "".join(f"  | {line}\n" for line in shown(script).splitlines())
    )


def _launch(options: JobOptions, wanted: Resources) -> str:
    """Return what comes before the command of a sample, as far as it can be known here."""
    nodes = [
        Node(f"NODE{number}", tuple(range(wanted.cpus_on_node)), tuple(range(64)), wanted.mem)
        for number in range(1, wanted.nodes + 1)
    ]
    share = Book(nodes).take(wanted)
    words = options.launcher
    if words == AUTO:
        words = NONE if wanted.is_single else SRUN
    launcher = RankLauncher(
        words, family_of(words.split()[0]) if is_mpirun(words.split()[0]) else ""
    )
    line = "" if share is None else shlex.join(launcher.line(share, "", "SAMPLE", binds=False))
    return (
        f"Samples of {wanted.shown()} are started by\n  {line} COMMAND\n"
        if line
        else f"Samples of {wanted.shown()} are started by themselves, bound to their CPUs.\n"
    )
