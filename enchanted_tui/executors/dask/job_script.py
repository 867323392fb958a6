"""The script of the SLURM jobs that would hold Dask workers, made in a process apart: dask-jobqueue
changes signal handlers.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from enchanted_tui.executors.prologue import with_guarded_prologue
from enchanted_tui.interpreter import python_command

_CODE = "from enchanted_tui.executors.dask.job_script import main; main()"
_OF_THE_CLUSTER = (
    "n_workers",
    "shared_temp_directory",
    "silence_logs",
    "name",
    "scheduler_options",
    "scheduler_cls",
    "security",
)


def job_script(config: Mapping[str, Any]) -> str:
    """Return the script, or a sentence that says why there is none. `config`: what SLURMCluster is
    given.
    """
    done = subprocess.run(
        python_command(_CODE),
        input=json.dumps(config),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return f"No job script can be made: {lines[-1] if lines else 'it failed'}\n"
    return done.stdout


def job_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what SLURMCluster is given with a guarded prologue, and workers that import nothing
    from the directory that jobs start in.
    """
    import dask.config

    name = config.get("config_name") or "slurm"
    python = (
        config.get("python")
        or dask.config.get(f"jobqueue.{name}.python", None)
        or shlex.quote(sys.executable)
    )
    return {**with_guarded_prologue(config), "python": f"{python} -P"}


def main() -> None:
    """Write the script for the configuration on standard input."""
    import dask.config

    # nothing is written to the home directory
    dask.config.ensure_file = lambda *given, **named: None
    from dask_jobqueue.slurm import SLURMJob

    config = {
        key: value for key, value in json.load(sys.stdin).items() if key not in _OF_THE_CLUSTER
    }
    config.pop("log_directory", None)  # which would be made
    config = job_options(config)
    job: Any = SLURMJob
    sys.stdout.write(
        job("<address of the scheduler>", name="<name of the worker>", **config).job_script()
    )
