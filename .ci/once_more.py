"""Run a test command; what fails is run once more, each test alone, if that is three tests at most.

Some tests drive terminals, schedulers and kills beside others on two cores. One that fails in that
company and passes alone is named as flaky, for somebody to mend. More than three failures are no
accident.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_MOST = 3
#: where pytest keeps the names of tests that have failed
_FAILED = Path(".pytest_cache/v/cache/lastfailed")
_TESTS_FAILED = 1  #: exit status of pytest


def main(python: str, command: str) -> int:
    """Run `command` in the shell, and with `python` what failed; return the exit status."""
    _FAILED.unlink(missing_ok=True)
    status = subprocess.run(command, shell=True, check=False).returncode
    if status != _TESTS_FAILED or not _FAILED.exists():
        return status
    failed = list(json.loads(_FAILED.read_text()))
    if len(failed) > _MOST:
        print(f"{len(failed)} tests have failed; up to {_MOST} would be run again.", flush=True)
        return status
    again = [test for test in failed if not _passes(python, test)]
    for test in failed:
        print("failed twice:" if test in again else "flaky, passed alone:", test, flush=True)
    return status if again else 0


def _passes(python: str, test: str) -> bool:
    return subprocess.run([python, "-m", "pytest", test], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
