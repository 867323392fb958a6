"""End processes and everything that they have started, wherever it lives: on this machine, in steps
of SLURM, behind ssh.

First all are asked to end (SIGTERM), for only so do launchers end their ranks on other nodes; what
does not is killed; then SLURM is asked whether steps are left.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterable, Mapping

from enchanted_tui.executors.ends.launchers import Launcher, is_launcher, look_closely
from enchanted_tui.executors.ends.processes import (
    Process,
    all_processes,
    ancestors,
    descendants,
    lives,
    marked,
    send,
)
from enchanted_tui.executors.ends.remote import end_beyond
from enchanted_tui.executors.ends.steps import end_steps_and_jobs

GRACE = 2.0  #: seconds from SIGTERM to SIGKILL
LAUNCHER_GRACE = 10.0  #: the same for launchers, which wait for their ranks
_KILLED = 5.0  #: seconds in which what was killed has to be gone
_TICK, _LONGEST_TICK, _LOOK = 0.01, 0.1, 0.25  #: seconds


def end(
    roots: Iterable[int],
    mark: str = "",
    *,
    frozen: Collection[int] = (),
    spare: Collection[int] = (),
    grace: float = GRACE,
) -> list[str]:
    """End processes, what descends from them, and what bears a mark that begins with `mark`.

    Those of `roots` that are `frozen` are stopped at once, so that they start nothing more and do
    not see what becomes of the others, and are killed last. `spare`: processes to leave alone, with
    what descends from them.

    Return, in words, what could not be ended; an empty list means that nothing is left.
    """
    return _Ending(set(roots), mark, set(frozen), set(spare), grace).run()


def end_marked(mark: str) -> list[str]:
    """End this user's processes that bear a mark which begins with `mark`, with what descends from
    them; return what is left.
    """
    return end((), mark)


class _Ending:
    """One end, in progress."""

    def __init__(
        self, roots: set[int], mark: str, frozen: set[int], spare: set[int], grace: float
    ) -> None:
        self._roots, self._mark, self._frozen, self._grace = roots, mark, frozen, grace
        self._untouchable = ancestors() | spare
        self._spare = spare
        #: whom, and when, by number and start time
        self._asked: dict[tuple[int, int], tuple[Process, float]] = {}
        self._launchers: list[Launcher] = []
        self._stopped: list[Process] = []

    def run(self) -> list[str]:
        for pid in self._frozen:
            send(pid, signal.SIGSTOP)
        left = [f"{process.name} (process {process.pid})" for process in self._end_processes()]
        left += end_steps_and_jobs(self._launchers)
        left += end_beyond(self._launchers)
        for process in self._stopped:
            _kill(process)
        return left + [
            f"{process.name} (process {process.pid})" for process in self._wait_for(self._stopped)
        ]

    def _end_processes(self) -> list[Process]:
        """End all but the frozen ones; return those that do not die."""
        self._look()
        looked, pause = time.monotonic(), _TICK
        while True:
            alive = {process: asked for process, asked in self._asked.values() if lives(process)}
            now = time.monotonic()
            if not alive or now - looked > _LOOK:
                looked = now
                if not self._look() and not alive:
                    return []
            overdue = [
                process for process, asked in alive.items() if now > asked + self._patience(process)
            ]
            for process in overdue:
                send(process.pid, signal.SIGSTOP)  # what is about to die must not start more
            if overdue:
                self._look()
                for process in overdue:
                    _kill(process)
                if all(
                    now > asked + self._patience(process) + _KILLED
                    for process, asked in alive.items()
                ):
                    return list(alive)
            time.sleep(pause)
            pause = min(_LONGEST_TICK, 1.5 * pause)

    def _patience(self, process: Process) -> float:
        return max(LAUNCHER_GRACE, self._grace) if is_launcher(process) else self._grace

    def _look(self) -> bool:
        """Look who there is, and ask those to end that are new; tell whether there were any."""
        there = all_processes()
        spared = self._untouchable | descendants(self._spare, there)
        found = descendants(self._roots, there) | (self._roots & there.keys())
        if self._mark:
            found |= marked(self._mark, there.keys() - found - spared)
            found |= descendants(found, there)
        if not self._stopped:
            self._stopped = [there[pid] for pid in self._frozen if pid in there]
        fresh = [there[pid] for pid in found - spared - self._frozen]
        fresh = [
            process
            for process in fresh
            if process.state not in "ZX" and (process.pid, process.started) not in self._asked
        ]
        self._launchers += [look_closely(process) for process in fresh if is_launcher(process)]
        now = time.monotonic()
        for process in fresh:
            asked = self._cleans_up_since(process, there)
            self._asked[process.pid, process.started] = process, asked or now
            if asked is None:
                send(process.pid, signal.SIGTERM)
                send(process.pid, signal.SIGCONT)
        return bool(fresh)

    def _cleans_up_since(self, process: Process, there: Mapping[int, Process]) -> float | None:
        """Return when the parent of a process was asked to end, if it has started this one since:
        what saves a checkpoint has the rest of the time that the parent has. Otherwise None.
        """
        parent = there.get(process.parent)
        known = self._asked.get((parent.pid, parent.started)) if parent is not None else None
        if known is None:
            return None
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - process.started / os.sysconf("SC_CLK_TCK")
        return known[1] if time.monotonic() - age > known[1] + _TICK else None

    @staticmethod
    def _wait_for(killed: list[Process]) -> list[Process]:
        deadline, pause = time.monotonic() + _KILLED, 0.001
        while True:
            alive = [process for process in killed if lives(process)]
            if not alive or time.monotonic() > deadline:
                return alive
            time.sleep(pause)
            pause = min(_LONGEST_TICK, 2 * pause)


def _kill(process: Process) -> None:
    if lives(process):
        send(process.pid, signal.SIGKILL)
