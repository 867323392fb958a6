"""Whether SLURM is taking the nodes of this job away for another one.

Where jobs are granted some time before they have to go, SLURM asks their steps to end at once, and
the job's script, which is what we run in, only when that time is over: ranks die, and nobody says
why.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping

from enchanted_tui.executors.ends.hold import IN_A_JOB
from enchanted_tui.executors.ends.steps import Unknown, ask

_MODE = re.compile(r"^PreemptMode\s*=\s*(\S+)", re.MULTILINE)
_BEGUN = re.compile(r" PreemptTime=\d")


class Preemption:
    """Asks SLURM, and only where it preempts jobs at all."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._is_possible: bool | None = None
        self._asked_at = float("-inf")
        self.begun = False  #: as far as is known

    def has_begun(self) -> bool:
        """Tell whether this job is being preempted, by an answer that is younger than any failure
        which has been held back for as long as failures in a job are.
        """
        job = self._environment.get("SLURM_JOB_ID", "")
        if not job or self.begun or self._is_possible is False:
            return self.begun
        now = time.monotonic()
        if now - self._asked_at >= IN_A_JOB:
            self._asked_at = now
            self.begun = self._ask(job)
        return self.begun

    def _ask(self, job: str) -> bool:
        try:
            if self._is_possible is None:
                mode = _MODE.search(ask(["scontrol", "show", "config"], self._environment))
                self._is_possible = mode is None or mode[1] != "OFF"
            told = ask(["scontrol", "-o", "show", "job", job], self._environment)
        except Unknown:
            return False
        lines = [line for line in told.splitlines() if line.startswith(f"JobId={job} ")]
        return any(_BEGUN.search(line) for line in lines)
