"""Uses memory and processor time: a program, and a function of a PythonRunner.

As a program it is given a case: megabytes, seconds, and `itself` or `grandchild`, for which another
process does it; or `until` so many megabytes are asked for, before which it takes more and more.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time


def use(megabytes: float, seconds: float, how: str = "itself") -> dict[str, float]:
    """Hold so many megabytes and compute for so long."""
    if how == "grandchild":
        subprocess.run(
            [sys.executable, "-S", __file__, str(megabytes), str(seconds), "itself"], check=True
        )
        return {"held": 0}
    held = b"x" * int(megabytes * 1e6)
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return {"held": len(held)}


def needs(megabytes: float, seconds: float = 0.0) -> dict[str, float]:
    """Hold so many megabytes, and have the kernel refuse more than were asked for."""
    time.sleep(seconds)
    limit = int(os.environ["ENCHANTED_MEM"]) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    return {"held": len(b"x" * int(megabytes * 1e6))}


def grow_until(megabytes: float) -> dict[str, float]:
    """Take more and more unless so many megabytes have been asked for."""
    held = []
    while int(os.environ["ENCHANTED_MEM"]) < megabytes:
        held.append(b"x" * 20_000_000)
    return {"held": sum(map(len, held))}


def use_case(case: str) -> dict[str, float]:
    """Do what the words of a case say."""
    megabytes, seconds, how = case.split()
    return use(float(megabytes), float(seconds), how)


if __name__ == "__main__":
    words = " ".join(sys.argv[1:])
    grow_until(float(words.split()[1])) if words.startswith("until") else use_case(words)
