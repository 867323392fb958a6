"""Of which events of a campaign somebody is told, and how: the supervisor's option `notify`."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from enchanted_tui.config.options import Nested, option
from enchanted_tui.suggestions import did_you_mean

BELL = "bell"  #: the one that is left to whoever has a terminal

#: The events, with what each means.
EVENTS = {
    "end": "a session has ended",
    "pause": "a rule of the campaign's own has paused it",
    "failures": "more have failed than failure_rate allows",
    "stall": "nothing has had a result for long",
    "straggler": "the last samples run far longer than the others, or have been ended for that",
    "budget": "the campaign needs more than max_core_hours",
    "disk": "the files to come do not fit",
}


class Notify(Nested):
    """Of what somebody is told while the campaign runs."""

    command: str | list[str] = option(
        doc=(
            "The command with its arguments, run without a shell; what has happened is in its"
            " environment, see `notify`, and in ENCHANTED_EVENT."
        ),
        example=["mail", "-s", "campaign", "me@example.org"],
    )
    events: list[str] = option(
        list(EVENTS),
        doc=(
            "Of which events: end, pause, failures, stall, straggler, budget and disk; by default"
            " of all."
        ),
        example=["end", "pause", "stall"],
    )
    every: float = option(
        600.0,
        doc=(
            "Seconds for which no event is told again that has just been told; the end always is."
        ),
        unit="s",
        ge=0,
    )
    failure_rate: float = option(
        0.5,
        doc="The share of the latest tasks, of 100 or more, that has failed for `failures`.",
        gt=0,
        le=1,
    )
    stall: float = option(
        3600.0,
        doc="Seconds without a result, though tasks have been handed out, for `stall`.",
        unit="s",
        gt=0,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if problem := command_problem(self.command):
            yield "command", problem
        if self.command in (BELL, [BELL]):
            yield "command", "bell rings at the end alone; write notify: bell, or a command"
        for index, name in enumerate(self.events):
            if name not in EVENTS:
                yield (
                    f"events[{index}]",
                    f"there is no event {name!r}{did_you_mean(name, EVENTS)}; there are"
                    f" {', '.join(EVENTS)}",
                )


def command_problem(written: str | list[str] | None) -> str:
    """Return what is wrong with a command that is run without a shell; empty if nothing is."""
    try:
        words = shlex.split(written) if isinstance(written, str) else written
    except ValueError as error:
        return f"is no command ({str(error).lower()}); close its quotation marks"
    if words is not None and any("\0" in word for word in words):
        return "has a null character, which no command can have; remove it"
    if words is not None and not any(words[:1]):
        return "names no command; write one, or leave the option out"
    return ""


def program_warning(written: object, base_dir: Path) -> str:
    """Return what is to be said of a command whose program cannot be run here; empty if it can.
    It starts in `base_dir`.
    """
    words = shlex.split(written) if isinstance(written, str) else written
    if not isinstance(words, list) or words == [BELL] or not words:
        return ""
    program = str(words[0])
    if "/" not in program:
        if shutil.which(program) is not None:
            return ""
        return f"no program {program!r} in PATH on this machine; correct the name, or give its path"
    place = base_dir / program
    if not place.is_file():
        return f"there is no file {place}; correct the path, or make it"
    if not os.access(place, os.X_OK):
        return f"{place} is not executable; chmod +x it, or put what runs it before it"
    return ""


def notify_of(written: str | list[str] | dict[str, Any] | None) -> Notify | None:
    """Return what the option `notify` asks for; None where nothing is to be run. A command alone is
    told of the end, as it has ever been.
    """
    if isinstance(written, dict):
        return Notify(**written)
    if written is None or written in (BELL, [BELL]):
        return None
    return Notify(command=written, events=["end"])
