"""Output of programs that have nothing to say: it goes where the worker's own goes, so that no file
is made, looked at and removed for each sample.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from enchanted_tui.runners.command.files import mentions
from enchanted_tui.runners.worker_streams import STDERR, STDOUT, offered
from enchanted_tui.whole_files import append_file

_SHORT = 1.0  #: seconds; of a longer run somebody may want to see the output meanwhile


class QuietStreams:
    """Which streams of a runner's programs have said nothing of late, in this process."""

    def __init__(self) -> None:
        self._quiet: set[str] = set()

    def begin(
        self, stdout: str | None, stderr: str | None, prepared: Mapping[str, Any]
    ) -> dict[str, int]:
        """Return, for those of a sample's streams that need no file, the descriptor that takes
        them. One that the command or a template mentions is a file, and so is one of another name.
        """
        return {
            usual: offered[usual][0]
            for usual, name in ((STDOUT, stdout), (STDERR, stderr))
            if name == usual
            and usual in self._quiet
            and not os.lseek(offered[usual][0], 0, os.SEEK_END)
            and not mentions((prepared["argv"], prepared.get("files")), usual)
        }

    def end(
        self, run_dir: str, taken: Mapping[str, int], silent: Iterable[str], seconds: float
    ) -> list[str]:
        """Put what has been said into files of the run directory; return the names of those that
        are not there. `silent`: those that were removed; `seconds`: how long the sample took.
        """
        names = list(silent)
        for name, descriptor in taken.items():
            if os.lseek(descriptor, 0, os.SEEK_END):
                append_file(offered[name][1], f"{run_dir}/{name}")
                os.ftruncate(descriptor, 0)
            else:
                names.append(name)
        self._quiet = offered.keys() & set(names) if seconds < _SHORT else set()
        return names
