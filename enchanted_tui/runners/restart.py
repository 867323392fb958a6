"""The option `restart`: a sample that needs more time than its job has goes on from its
checkpoints.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.config.options import Nested, option

#: In the environment of a sample that can be continued: how often it has been, and how often its
#: infrastructure has failed.
RESTART_VARIABLE, ATTEMPT_VARIABLE = "ENCHANTED_RESTART", "ENCHANTED_ATTEMPT"
_SIGNALS = ("USR1", "USR2", "HUP", "INT", "QUIT", "ALRM", "TERM", "XCPU")


class Continues(Exception):
    """Raised by a runner with `restart` to say that its sample is not done and is to be
    continued.
    """


class Restart(Nested):
    """How a sample is continued that was interrupted: by the end of its job, or since it asked."""

    keep: list[str] = option(
        doc=(
            "Checkpoints: names or patterns of files or directories of the run directory. As long"
            " as one of them changes, an interruption is no failed attempt."
        ),
        example=["restart.*"],
    )
    signal: str | None = option(
        None,
        doc=(
            "Signal that has the code write a checkpoint and end, such as USR1. It is sent to the"
            " programs of the sample that catch it; without it, the code is interrupted where it"
            " is."
        ),
        example="USR1",
    )
    before: float = option(
        300.0,
        doc="How long before the end of its job a sample gets the signal; nothing begins from"
        " then.",
        unit="s",
        ge=0,
    )
    exit_codes: list[int] = option(
        [], doc="Exit codes by which the code asks to be continued.", example=[85]
    )
    most: int = option(20, doc="How often a sample is continued; then it has failed.", ge=1)

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.keep:
            yield "keep", "name the checkpoints that the code writes, such as [restart.*]"
        for number, pattern in enumerate(self.keep):
            if not pattern or os.path.isabs(pattern) or ".." in pattern.split("/"):
                yield (
                    f"keep[{number}]",
                    f"{pattern!r} is no pattern of files in the run directory, such as restart.*",
                )
        if self.signal is not None and signal_number(self.signal) is None:
            yield "signal", f"{self.signal!r} is none of {', '.join(_SIGNALS)}"


def signal_number(name: str) -> int | None:
    """Return the number of a signal that a code may be told by; None for any other."""
    short = name.upper().removeprefix("SIG")
    return int(getattr(signal, f"SIG{short}")) if short in _SIGNALS else None


def restart_of(runner: type, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the option `restart` of a runner's class with its defaults filled in, as plain data;
    None where it is not given, or where the class means something else by it.
    """
    declared = runner.options().get("restart") if hasattr(runner, "options") else None
    given = options.get("restart")
    if getattr(declared, "nested", None) is not Restart or not isinstance(given, dict):
        return None
    filled = Restart(**given)
    found = {name: getattr(filled, name) for name in Restart.options()}
    number = None if filled.signal is None else signal_number(filled.signal)
    return {**found, "signal": number}
