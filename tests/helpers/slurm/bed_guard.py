"""End a test bed when the process that uses it has ended, however it did.

``bed_guard.py MARK SLURM_CONF ROOT SHORT`` waits for the end of its input.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from helpers.slurm.bed_processes import processes_of_bed, send

_LONGEST = 20.0


def end_bed(mark: str, slurm_conf: str, root: str, short: str) -> None:
    """Kill everything that a bed has started and remove its files."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        rest = processes_of_bed(mark, slurm_conf, root)
        if not rest:
            break
        for pid in rest:
            send(pid)
        time.sleep(0.05)
    for directory in (root, short):
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_bed(*sys.argv[1:5])
