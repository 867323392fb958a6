"""Lines of a job script before the samples: each has to succeed, or the samples would run in
surroundings that nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

EXIT_PROLOGUE = 78  #: exit code of a job that one of these lines has ended
_FAILED = re.compile(r"^job_script_prologue: (.*) ended with exit code (\d+)$", re.MULTILINE)

#: Only what fails in the script itself counts: start-up files and environments that are sourced
#: have
#: lines of their own that may. Other shells than bash have no such trap, so they go on as ever.
_GUARD = (
    """[ -z "$BASH_VERSION" ] || trap 'failed=$? at=$LINENO; [ ${#BASH_SOURCE[@]} -gt 1 ] || { """
    """text=$(sed -n "${at}p" "$0" 2>/dev/null); """
    """echo "job_script_prologue: ${text:-$BASH_COMMAND} ended with exit code $failed" >&2; """
    f"""exit {EXIT_PROLOGUE}; }}' ERR"""
)
_END = """[ -z "$BASH_VERSION" ] || trap - ERR"""


def guarded(lines: Sequence[str]) -> list[str]:
    """Return the lines with what ends the job, and says why, as soon as one of them fails."""
    return [_GUARD, *lines, _END] if lines else []


def with_guarded_prologue(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of `dask_jobqueue.SLURMCluster` whose prologue is guarded, if they have
    one.
    """
    lines = config.get("job_script_prologue")
    return {**config, "job_script_prologue": guarded(lines)} if lines else dict(config)


def failed_line(printed: str) -> tuple[str, int] | None:
    """Return the line that failed and its exit code, by what the job printed; None if none has
    failed.
    """
    found = _FAILED.search(printed)
    return None if found is None else (found[1].strip(), int(found[2]))
