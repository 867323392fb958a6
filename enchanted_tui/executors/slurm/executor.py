"""SlurmExecutor: tasks run in SLURM jobs, many in each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.executors import inherited
from enchanted_tui.executors.base import Deliver, Executor, Running, TaskContext
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.launcher_option import launcher_option, launcher_problems
from enchanted_tui.executors.sample_traps import THREADS, longer_than_its_job
from enchanted_tui.executors.slurm.bundling import Bundling
from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.dry_run import previews
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.job_traps import launch_warnings
from enchanted_tui.executors.slurm.notice_checks import restart_warning, signal_warnings
from enchanted_tui.executors.slurm.polling import Intervals
from enchanted_tui.executors.slurm.running import SlurmRunning
from enchanted_tui.executors.slurm.script import (
    COMMAND,
    option_problems,
    read_template,
)
from enchanted_tui.executors.slurm.sizing import cpus_asked_for, room_problem
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings
from enchanted_tui.executors.slurm.transport import LocalTransport, Transport
from enchanted_tui.resources import Resources
from enchanted_tui.runners.sample_resources import static_resources

_HORIZON = 60.0  #: seconds of work that a job which stays is given at a time, at least


class SlurmExecutor(Executor):
    """Run tasks in SLURM jobs, many in each: through SSH, or on a login node by running `sbatch`
    right there.

    Jobs survive the supervisor: a resumed campaign finds them again, collects what they have
    finished meanwhile, and submits nothing twice. A job that is killed by its time limit, its node
    or its memory costs at most the samples it was working on, which are run again up to
    `max_retries` times.
    """

    adopts_jobs: ClassVar[bool] = True
    jobs_hold_cores: ClassVar[bool] = True
    gives_shares: ClassVar[bool] = True
    packs_files: ClassVar[bool] = True
    shares_workers: ClassVar[bool | str] = "idle_timeout"
    looks_up_local_storage: ClassVar[bool] = True
    may_keep_files: ClassVar[bool] = True
    far_by: ClassVar[str] = "ssh"
    #  # withdrawn: see max_jobs and processes_per_job
    n_workers: ClassVar[None] = None  # type: ignore[misc]

    sbatch: dict[str, str | bool] = option(
        {},
        doc=(
            "Options of `sbatch` by their long names: account, partition, time, mem, cpus_per_task,"
            " gres and whatever else the cluster has. A flag is `true`."
        ),
        example={
            "account": "project_465000000",
            "partition": "small",
            "time": "02:00:00",
            "mem": "4G",
        },
    )
    samples_per_job: int | str = option(
        "auto",
        doc=(
            "How many samples one job works through. `auto` goes by the run times measured so far"
            " and the walltime."
        ),
        ge=1,
    )
    processes_per_job: int | None = option(
        None,
        doc=(
            "How many samples a job runs at the same time; ask for as many CPUs under `sbatch`, by"
            " `cpus_per_task`. By default one; where runners have `resources`, as many as fit."
        ),
        ge=1,
    )
    launcher: str = launcher_option()
    idle_timeout: float | None = option(
        None,
        doc=(
            "How long a job that has finished its samples stays for more: later samples, steps and"
            " stages, and what runs again, then cost no new wait in the queue. Without it, a job"
            " ends with its samples."
        ),
        unit="s",
        ge=0,
        example=600,
    )
    max_jobs: int = option(
        20,
        doc=(
            "How many jobs may be in the queue at the same time, each element of a job array"
            " counted."
        ),
        ge=1,
    )
    array_throttle: int | None = option(
        None, doc="How many elements of one job array may run at the same time.", ge=1
    )
    job_script_prologue: list[str] = option(
        [],
        doc=(
            "Lines of the job script before the samples: modules to load, an environment to"
            " activate. One that fails ends the job, and the campaign stops with what it printed;"
            " write `|| true` behind one that may fail."
        ),
        example=["module load gcc", "source ~/venv/bin/activate"],
    )
    job_script_template: str | None = option(
        None,
        doc=(
            "A job script of your own, with its `#SBATCH` lines. `{{ command }}` in it is where the"
            " samples are run. Options under `sbatch` come before those of the script."
        ),
        path=True,
    )
    python: str = option(
        "python3",
        doc=(
            "Python of the jobs, 3.9 or newer, as the job script finds it: a name, or a path, in"
            " which `~/` and variables are those of the node. It needs no packages but those that"
            " your own runners import."
        ),
    )
    ssh: str | dict[str, Any] | None = option(
        None,
        doc=(
            "How to reach the cluster: a host of `~/.ssh/config`, or a mapping (see docs/ssh.md)."
            " Without it, `sbatch` is run on this machine."
        ),
        example={"host": "lumi.csc.fi", "user": "me"},
        nested=SshSettings,
    )
    remote_dir: str | None = option(
        None,
        doc=(
            "Directory of the cluster for the run directories, where it does not see `base_run_dir`"
            " under the same path. Inputs go up and results come down in bulk."
        ),
        example="/scratch/project_465000000/me",
    )
    results_interval: float = option(
        10.0, doc="How often results are collected, with one command for all jobs.", unit="s", gt=0
    )
    scheduler_interval: float = option(
        40.0,
        doc=(
            "How often the scheduler is asked, with one `squeue` for all jobs, after something has"
            " changed."
        ),
        unit="s",
        gt=0,
    )
    scheduler_interval_max: float = option(
        180.0, doc="The same after nothing has changed for long.", unit="s", gt=0
    )
    scheduler_interval_watched: float = option(
        10.0,
        doc=(
            "The same while somebody looks at the jobs in the app's Monitor; never more than the"
            " other two."
        ),
        unit="s",
        gt=0,
    )
    grace: float = option(
        60.0,
        doc=(
            "How long a job may be unknown to the scheduler, without a sign of life in its results,"
            " before it is taken for lost."
        ),
        unit="s",
        gt=0,
    )
    heartbeat: float = option(
        15.0,
        doc="How often a job that has nothing else to say shows that it lives.",
        unit="s",
        gt=0,
    )

    # -- the configuration -------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        for key, sentence in option_problems(self.sbatch):
            yield f"sbatch.{key}", sentence
        yield from launcher_problems(self.launcher)
        if isinstance(self.samples_per_job, str) and self.samples_per_job != "auto":
            yield (
                "samples_per_job",
                f"expected a whole number or 'auto', found {self.samples_per_job!r}",
            )
        for number, line in enumerate(self.job_script_prologue):
            if line.lstrip().startswith("#SBATCH"):
                yield (
                    f"job_script_prologue[{number}]",
                    "options of sbatch belong under sbatch: those in the prologue come too late",
                )
        if self.job_script_template is not None:
            yield from self._template_problems(self.job_script_template)
        if not self.python.strip() or "\n" in self.python:
            yield "python", "expected the path or the name of a Python interpreter"
        if self.scheduler_interval_max < self.scheduler_interval:
            yield (
                "scheduler_interval_max",
                f"must be at least scheduler_interval ({self.scheduler_interval:g} s)",
            )
        if isinstance(self.ssh, str):
            for _, sentence in SshSettings.of(self.ssh).problems():
                yield "ssh", sentence
        if self.remote_dir is not None and not re.match(r"/|~(/|$)", self.remote_dir):
            yield "remote_dir", "expected a path of the cluster that begins with / or ~"
        if self.remote_dir is not None and self.ssh is None:
            yield "remote_dir", "needs ssh: without it the jobs see the same files as this machine"

    def warnings(self) -> Iterator[tuple[str, str]]:
        if list(self.problems()):
            return
        options = self._job_options()
        yield from signal_warnings(self.sbatch, options.template)
        walltime = options.walltime
        if walltime is not None and self.timeout_sec is not None and self.timeout_sec > walltime:
            yield "timeout_sec", longer_than_its_job(walltime, "sbatch: time")

    def restart_warning(self, restart: Mapping[str, Any]) -> str | None:
        return restart_warning(self._job_options().walltime, restart)

    def room_problem(self, wanted: Resources) -> str | None:
        template = "" if self.job_script_template is not None else None
        return room_problem(self.sbatch, template, wanted)

    def launch_warnings(self, launcher: str) -> Iterator[tuple[str, str]]:
        return launch_warnings(self.sbatch, self.processes_per_job or 1, launcher)

    def threads_told(self) -> int | None:
        prologue = "\n".join(self.job_script_prologue)
        if THREADS in prologue or (self.ssh is None and THREADS in os.environ):
            return None
        template = "" if self.job_script_template is not None else None
        cpus = cpus_asked_for(self.sbatch, template)
        return None if cpus is None else cpus // (self.processes_per_job or 1)

    def _template_problems(self, path: str) -> Iterator[tuple[str, str]]:
        try:
            text = read_template(path)
        except OSError as error:
            yield "job_script_template", f"{path} cannot be read: {error.strerror or error}"
            return
        if "\0" in text:
            yield "job_script_template", f"{path} is no text; save it as UTF-8"
            return
        if not text.startswith("#!"):
            yield "job_script_template", f"{path} must begin with a line such as #!/bin/bash"
        if len(COMMAND.findall(text)) != 1:
            yield (
                "job_script_template",
                f"{path} must have {{{{ command }}}} once, where the samples are to be run",
            )

    def _job_options(self) -> JobOptions:
        template = (
            read_template(self.job_script_template)
            if self.job_script_template is not None
            else None
        )
        bundling = Bundling(
            per_job=self.samples_per_job if isinstance(self.samples_per_job, int) else None,
            processes=self.processes_per_job or 1,
            max_jobs=self.max_jobs,
            walltime=None,
            horizon=max(_HORIZON, 4 * self.results_interval) if self.idle_timeout else 0.0,
        )
        return JobOptions.of(
            sbatch=self.sbatch,
            prologue=self.job_script_prologue,
            template=template,
            python=self.python,
            throttle=self.array_throttle,
            bundling=bundling,
            timeout=self.timeout_sec,
            max_retries=self.max_retries,
            heartbeat=self.heartbeat,
            launcher=self.launcher,
            processes=self.processes_per_job,
            idle_timeout=self.idle_timeout,
            memory_may_grow=self.memory_retry is not None,
        )

    def dry_run(self, run_dir: str, wanted: Sequence[Mapping[str, Any]] = ()) -> str:
        """Return the command and the script that would submit a job array, one for each size of
        samples.
        """
        options = self._job_options()
        directories = Directories.of(
            os.path.join(run_dir, "data"), self.remote_dir, "CAMPAIGN", self._name
        )
        host = self.ssh["host"] if isinstance(self.ssh, dict) else self.ssh
        where = f" on {host}" if host else ""
        name = os.path.basename(run_dir)
        known = [static_resources(written) for written in wanted]
        told = previews(options, directories, name, [size for size in known if size is not None])
        if None in known:
            told += (
                "What depends on the sample is not known here: its launch line, and the size of its"
                " jobs where sbatch does not say it.\n"
            )
        return f"At most {self.max_jobs} jobs{where}, {told}{self._surroundings(options)}"

    def notices(self) -> list[str]:
        options = [name for name in inherited.withheld_from_jobs() if name.startswith("SBATCH_")]
        told = (
            f"Jobs are what the configuration asks for; {', '.join(options)} of the environment has"
            " no effect on them."
        )
        return [told] if options and not self.ssh else []

    def _surroundings(self, options: JobOptions) -> str:
        """Say what sbatch and the jobs see of the environment."""
        if self.ssh:
            return (
                "Variables named SBATCH_*, SLURM_* and so on that the account's start-up files set"
                " there are withheld from sbatch and the jobs, but for SLURM_CONF and its"
                f" like{'' if options.account else f' and {inherited.ACCOUNT}'}."
            )
        return inherited.told(options.account)

    # -- running -----------------------------------------------------------------------------------

    def open(
        self, context: TaskContext, deliver: Deliver, left_over_jobs: Sequence[Submission]
    ) -> Running:
        intervals = Intervals(
            self.results_interval,
            self.scheduler_interval,
            self.scheduler_interval_max,
            self.scheduler_interval_watched,
            self.grace,
        )
        directories = Directories.of(
            context.data_dir, self.remote_dir, context.campaign, self._name, spread=context.spread
        )
        running = SlurmRunning(
            self._name,
            self._job_options(),
            intervals,
            self.max_retries,
            context,
            directories,
            self._connect,
            deliver,
            left_over_jobs,
        )
        running.start()
        return running

    @property
    def _name(self) -> str:
        return self.configured_name or "slurm"

    def _connect(self) -> Transport:
        if self.ssh is None:
            return LocalTransport()
        from enchanted_tui.executors.slurm.ssh.ssh_transport import SshTransport

        return SshTransport(SshSettings.of(self.ssh), shared=True)

    def worker_count(self) -> int:
        """As many as may be in the queue: the jobs of a moment say nothing of what would run if
        there were work.
        """
        return self.max_jobs * (self.processes_per_job or 1)
