"""Where this worker's own output goes, for runners whose programs may write there too.

Runs on workers: standard library only, Python 3.9 or newer. Apart from what uses it, so that a
worker imports no more than its runner needs.
"""

from __future__ import annotations

from collections.abc import Mapping

STDOUT, STDERR = "stdout.txt", "stderr.txt"

#: by the usual name of the file: descriptor and path of the one that takes this worker's own output
offered: dict[str, tuple[int, str]] = {}


def offer(captured: Mapping[int, str]) -> None:
    """Say that descriptors 1 and 2 of this process are files, by their paths, which are emptied
    when a sample has ended.
    """
    offered.update({STDOUT: (1, captured[1]), STDERR: (2, captured[2])})
