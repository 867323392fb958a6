"""What the user wants jobs to be, and the script and the command that follow from it."""

from __future__ import annotations

import dataclasses
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.slurm.bundling import Bundling
from enchanted_tui.executors.slurm.script import (
    account_of,
    job_script,
    option_name,
    sbatch_arguments,
    walltime,
)
from enchanted_tui.executors.slurm.sizing import is_said, most_memory, room_problem, size_for_all
from enchanted_tui.resources import Resources


@dataclass(frozen=True)
class JobOptions:
    """What the user wants jobs to be."""

    sbatch: Mapping[str, Any]
    prologue: list[str]
    template: str | None
    python: str
    throttle: int | None
    bundling: Bundling
    timeout: float | None
    max_retries: int
    heartbeat: float
    launcher: str
    processes: int | None  #: samples of a job at the same time at most; None for what fits
    idle_timeout: float | None

    walltime: float | None
    #: what `stays` was before memory and GPUs were asked for that samples need and `sbatch` does
    #: not say, where samples of any size go into the same jobs
    before_sizing: str | None = None
    #: whether samples may be given more memory than they ask for, as far as nodes have it
    memory_may_grow: bool = False

    def for_calls_of(self, runners: Mapping[str, Mapping[str, Any]]) -> JobOptions:
        """Return the options of jobs that run these runners of a `TaskContext`, whose calls may
        have several samples.
        """
        most = max((spec.get("batch", 1) for spec in runners.values()), default=1)
        return dataclasses.replace(self, bundling=dataclasses.replace(self.bundling, calls=most))

    @classmethod
    def of(
        cls, *, sbatch: Mapping[str, Any], template: str | None, bundling: Bundling, **more: Any
    ) -> JobOptions:
        """Make options, with the walltime as far as it is known here."""
        limit = walltime(sbatch, template)
        return cls(
            sbatch=sbatch,
            template=template,
            bundling=dataclasses.replace(bundling, walltime=limit),
            walltime=limit,
            **more,
        )

    def job_name(self, campaign: str) -> str:
        """Return what the jobs' names begin with: the campaign's name, unless the user wants
        another.
        """
        wanted = next(
            (value for key, value in self.sbatch.items() if option_name(key) == "job-name"), None
        )
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", str(wanted or campaign))[:40] or "campaign"

    def script(self, worker: str, directory: str) -> str:
        return job_script(
            self._rest, self.prologue, self.template, [self.python, worker, directory]
        )

    def arguments(self, name: str, directory: str, count: int, exclude: set[str]) -> list[str]:
        return sbatch_arguments(
            self._rest,
            name=name,
            directory=directory,
            count=count,
            throttle=self.throttle,
            exclude=exclude,
            on_command_line=self.template is not None,
            account=self.account,
        )

    def for_samples(self, sizes: Iterable[Resources | None]) -> JobOptions:
        """Return the options of jobs for samples that need so much, or, where `sbatch` says how
        many CPUs jobs have, for samples of several sizes; None where they do not say.
        """
        known = [size for size in sizes if size is not None]
        if not known:
            return self
        size = size_for_all(self.sbatch, self.template, known, self.processes)
        return dataclasses.replace(
            self,
            sbatch={**self.sbatch, **size.more},
            bundling=dataclasses.replace(self.bundling, processes=size.at_once),
            before_sizing=self.stays if self.takes_any else None,
        )

    def room_problem(self, task: Task) -> str | None:
        """Say why a task fits into no job, as far as the options say how large jobs are, or
        None.
        """
        if task.resources is None:
            return None
        return room_problem(self.sbatch, self.template, task.resources)

    def most_memory(self, of_jobs: int | None, of_nodes: int | None) -> int | None:
        """Return the most memory of a sample, see `sizing.most_memory`."""
        return most_memory(self.sbatch, self.template, of_jobs, of_nodes)

    @property
    def partitions(self) -> list[str]:
        """The partitions that are named; none where it is the cluster's own choice."""
        named = [
            value for key, value in self.sbatch.items() if option_name(key) in ("partition", "p")
        ]
        return str(named[0]).split(",") if named else []

    @property
    def takes_any(self) -> bool:
        """Whether samples of any size go into the same jobs."""
        return is_said(self.sbatch, self.template)

    @property
    def account(self) -> str | None:
        """Who pays, as far as the configuration says it."""
        return account_of(self.sbatch, self.template)

    @property
    def stays(self) -> str | None:
        """Return what names the options of jobs that stay, as jobs with other ones are given no
        more; None where jobs do not stay.
        """
        if not self.idle_timeout:
            return None
        options = self._rest, self.prologue, self.template, self.python, self.processes
        kind = f"{zlib.crc32(repr(options).encode('utf-8', 'surrogateescape')):08x}"
        return kind if self.before_sizing in (None, kind) else f"{self.before_sizing}-{kind}"

    @property
    def _rest(self) -> dict[str, Any]:
        return {key: value for key, value in self.sbatch.items() if option_name(key) != "job-name"}


def are_alike(kind: str, other: str) -> bool:
    """Tell whether jobs of two kinds, by `JobOptions.stays`, differ by no more than memory and GPUs
    that followed from the samples.
    """
    return kind.partition("-")[0] == other.partition("-")[0]
