"""The end of the command's process: quick, and nothing of it is lost."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

_CODE = """
    import atexit, sys, threading, time
    from concurrent.futures import ThreadPoolExecutor
    from enchanted_tui.leaving import leave

    def late(word):
        time.sleep(0.2)
        print(word)

    atexit.register(print, "handler")
    pool = ThreadPoolExecutor(1)
    pool.submit(late, "pool")
    pool.submit(threading.Thread(target=late, args=("thread",)).start).result()
    print("printed")
    try:
        leave(3)
    except SystemExit:
        print("as Python ends")
        raise
"""


@pytest.mark.parametrize(
    ("before", "said"),
    [("", []), ("import sys; sys.setprofile(lambda *event: None)", ["as Python ends"])],
    ids=["alone", "profiled"],
)
def test_everything_else_comes_first(before: str, said: list[str]) -> None:
    """Protects output, threads and exit handlers from an end that is quicker than Python's; and a
    profiler, which writes at the end.
    """
    code = f"{before}\n{textwrap.dedent(_CODE)}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.split("\n") == ["pool", "printed", *said, "thread", "handler", ""]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_output_that_cannot_be_written_is_told() -> None:
    """Protects scripts that look at the exit code where a file system is full."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "enchanted_tui", "--schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (3, "the disk is full; make room\n")
