"""What a sample leaves running when it has ended, and what ends with it: daemons, launchers in the
background, steps without their srun.

Children that stay in the session of their worker are left alone: pools of processes and servers
that a runner keeps for its next sample.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import resource
import shutil
import time
from collections.abc import Callable

from enchanted_tui.executors.ends.ending import end
from enchanted_tui.executors.ends.hold import is_failure
from enchanted_tui.executors.ends.launchers import is_launcher
from enchanted_tui.executors.ends.processes import all_processes, look_at
from enchanted_tui.executors.ends.steps import end_forsaken_jobs, end_forsaken_steps

_GRACE = 0.2  #: seconds from SIGTERM to SIGKILL: their sample says that it is done
_SLACK = 2.0  #: seconds by which clocks may differ
#: What a record says of a sample that may have killed its launcher; outside of jobs, SLURM is asked
#: for no other.
_KILLED = re.compile(rb"SIGKILL|exit code (137|124)\b|[Tt]ime[d ]*[Oo]ut")


class Leftovers:
    """What the samples of one worker leave behind, as seen by that worker, whose parent is a reaper
    (`executors.ends.reaper`).
    """

    def __init__(self) -> None:
        self._worker, self._reaper = os.getpid(), os.getppid()
        self._nobody = b"%d " % self._worker
        self._children = -1
        with contextlib.suppress(OSError):  # not in every kernel
            self._children = os.open(
                f"/proc/{self._reaper}/task/{self._reaper}/children", os.O_RDONLY | os.O_CLOEXEC
            )
        self._collected = _collected()
        self._job = os.environ.get("SLURM_JOB_ID", "")
        self._began = time.time()

    def begin(self) -> None:
        """A sample begins."""
        if self._job:
            self._began = time.time()

    def end(self, line: bytes, say: Callable[[], None]) -> list[str]:
        """End what the sample has left, which ended with the record `line`; return, in words, what
        could not be ended.

        `say` is called first if that may take its time.
        """
        before, self._collected = self._collected, _collected()
        worked = self._collected != before
        found = self._adopted(worked) | self._apart()
        forsaken = worked and is_failure(line) and self._forsakes(line)
        if found or forsaken:
            say()
        left = end(found, grace=_GRACE) if found else []
        if forsaken:  # whoever loses patience with srun kills it, and its ranks stay
            left += (
                end_forsaken_steps(self._job, self._began - _SLACK)
                if self._job
                else end_forsaken_jobs({os.getsid(0)})
            )
        return left

    def _forsakes(self, line: bytes) -> bool:
        """Tell whether a failed sample may have left steps or jobs whose srun is dead, so that
        SLURM is worth asking.
        """
        return bool(self._job) or (_KILLED.search(line) is not None and self._slurm())

    @staticmethod
    @functools.cache
    def _slurm() -> bool:
        return shutil.which("squeue") is not None

    def _adopted(self, worked: bool) -> set[int]:
        """Return the processes whose parents have gone; `worked`: whether this process has had any
        children of late.
        """
        if self._children >= 0:
            content = os.pread(self._children, 1 << 16, 0)
            return (
                set()
                if content == self._nobody
                else set(map(int, content.split())) - {self._worker}
            )
        if not worked:
            return set()
        return {
            process.pid for process in all_processes().values() if process.parent == self._reaper
        } - {self._worker}

    def _apart(self) -> set[int]:
        """Return the children of this very process that have left its session, or whose work is
        elsewhere.
        """
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return set()
        children = (look_at(pid) for pid in self._own())
        session = os.getsid(0)
        return {
            child.pid
            for child in children
            if child is not None and (child.session != session or is_launcher(child))
        }

    def _own(self) -> list[int]:
        try:
            found: list[int] = []
            for thread in os.listdir("/proc/self/task"):
                with (
                    contextlib.suppress(FileNotFoundError),
                    open(f"/proc/self/task/{thread}/children", "rb") as file,
                ):
                    found += map(int, file.read().split())
            return found
        except OSError:
            return [
                process.pid
                for process in all_processes().values()
                if process.parent == self._worker
            ]


def _collected() -> int:
    """Return a number that grows with the children that have been waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
