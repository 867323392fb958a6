"""Whether samples will hear of the end of their job, as far as the options say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.durations import duration
from enchanted_tui.executors.slurm.script import COMMAND, option_name

_LINE = re.compile(rf"^(.*){COMMAND.pattern}", re.MULTILINE)


def restart_warning(walltime: float | None, restart: Mapping[str, Any]) -> str | None:
    """Return a clause where samples with this option `restart` are told too late, or never get
    anywhere; `walltime`: of a job, in seconds.
    """
    if restart["signal"] is None:
        return None
    if walltime is None:
        return (
            "the time of a job is not known from sbatch: time, so samples are told before its end"
            " only if SLURM says in the job when that is (from version 22.05 on)"
        )
    if walltime < 2 * restart["before"]:
        return (
            f"a job has {duration(walltime)}, which is less than twice restart: before"
            f" ({duration(restart['before'])}), so most of it is not used; lower before, or ask"
            " for more time"
        )
    return None


def signal_warnings(sbatch: Mapping[str, Any], template: str | None) -> Iterator[tuple[str, str]]:
    """Yield (option, sentence) where a signal that SLURM is to send kills the script of a job."""
    for key, value in sbatch.items():
        if option_name(key) != "signal" or template is None:
            continue
        line = _LINE.search(template)
        to_script = "B" in str(value).partition(":")[0].upper() and ":" in str(value)
        if to_script and line is not None and not line[1].strip().endswith("exec"):
            yield (
                f"sbatch.{key}",
                "the signal goes to the shell of job_script_template, which dies by it, and the job"
                " with it; write exec {{ command }} there as the last line",
            )
