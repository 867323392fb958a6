"""A code that writes checkpoints, and what it says itself of its runs: the truth about what was
continued from where.

As a program: ``long_code.py LOG STEPS SECONDS [deaf] [stop=N]`` takes so many steps, each of so
many seconds and with a checkpoint. Told by SIGUSR1, it ends after its step with exit code 85; it
does so after N further steps of its own accord with ``stop=N``; ``deaf`` it does not know the
signal.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

CHECKPOINT, ASKS = "restart.dat", 85


@dataclass
class Run:
    """One run of the code in one run directory."""

    sample: str
    pid: str
    first: float
    last: float
    start: int  #: step from which it went on
    wrote: int  #: step of its last checkpoint
    restart: str  #: what the environment said
    end: str = ""  #: what it said last: done, stops, or nothing where it was killed


def runs(log: Path) -> dict[str, list[Run]]:
    """Return the runs of each sample in their order."""
    found: dict[str, dict[str, Run]] = defaultdict(dict)
    for line in log.read_text().splitlines() if log.exists() else ():
        at, sample, pid, what, step, restart = line.split()
        if what == "from":
            found[sample][pid] = Run(
                sample, pid, float(at), float(at), int(step), int(step), restart
            )
            continue
        run = found[sample][pid]
        run.last = float(at)
        if what == "wrote":
            run.wrote = int(step)
        else:
            run.end = what
    return {sample: list(of.values()) for sample, of in found.items()}


def check(log: Path, steps: int, samples: int) -> dict[str, list[Run]]:
    """Check that each sample was done once, that none ran twice at the same time, and that none
    went on from a checkpoint older than the last one written. Return the runs.
    """
    found = runs(log)
    assert len(found) == samples
    for sample, lives in found.items():
        assert [run.end for run in lives].count("done") == 1, (sample, lives)
        assert lives[-1].end == "done" and lives[-1].wrote == steps, (sample, lives)
        for before, after in pairwise(lives):
            assert before.last <= after.first, (sample, before, after)
            assert after.start >= before.wrote, (sample, before, after)
        assert [int(run.restart) for run in lives] == sorted({int(run.restart) for run in lives})
    return found


def runner(log: Path, steps: int, seconds: float, *words: str, **restart: Any) -> dict[str, Any]:
    """Return a CommandRunner of the code; `restart` adds to its option of that name."""
    return {
        "type": "CommandRunner",
        "command": [
            sys.executable,
            __file__,
            str(log),
            str(steps),
            str(seconds),
            *words,
        ],
        "restart": {"keep": ["restart.*"], **restart},
        "outputs": {"result": {"file": "stdout.txt", "regex": r"result = (\S+)"}},
    }


def main(log: str, steps: int, seconds: float, words: list[str]) -> int:
    """Be the code."""
    told: list[int] = []
    if "deaf" not in words:
        signal.signal(signal.SIGUSR1, lambda number, frame: told.append(number))
    own = next((int(word[5:]) for word in words if word.startswith("stop=")), steps)
    step = begin = int(Path(CHECKPOINT).read_text()) if os.path.exists(CHECKPOINT) else 0

    def say(what: str) -> None:
        line = (
            f"{time.time():.4f} {os.path.basename(os.getcwd())} {os.uname().nodename}:{os.getpid()}"
            f" {what} {step} {os.environ.get('ENCHANTED_RESTART')}\n"
        )
        with open(log, "a") as file:
            file.write(line)

    say("from")
    print("from", step)
    if own == 0:
        return ASKS
    while step < steps:
        time.sleep(seconds)
        step += 1
        Path("restart.new").write_text(str(step))
        os.rename("restart.new", CHECKPOINT)
        say("wrote")
        if step < steps and (told or step - begin == own):
            say("stops")
            return ASKS
    say("done")
    print("result =", 1.5 * step)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
