"""What was started on another host through ssh: the server does not end it when the connection closes.

Everything below a connection has SSH_CONNECTION in its environment, which holds the client's port; so it can be found by logging in
the same way once more.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Sequence

from enchanted_tui.executors.ends.launchers import Launcher

_ANSWER = 15.0  #: seconds
_WITH_VALUE = "BbcDEeFIiJLlmOopQRSWw"  #: options of ssh that take a value
#: Ends what belongs to the connection from port {there} to port {here}: asked first, killed half a second later.
_END = (
    "for s in TERM KILL KILL KILL; do found=$(grep -lzsE -e {pattern} /proc/[0-9]*/environ | tr -cd '0-9\\n'); "
    '[ -n "$found" ] || exit 0; kill -$s $found 2>/dev/null; sleep 0.5; done; exit 1'
)


def end_beyond(launchers: Iterable[Launcher]) -> list[str]:
    """End what lives behind connections of ssh that have been closed. Return, in words, what could not be ended."""
    return [problem for launcher in launchers if launcher.process.name == "ssh" and (problem := _end_behind(launcher))]


def _end_behind(launcher: Launcher) -> str:
    destination = log_in_of(launcher.argv)
    if destination is None:
        return ""
    problem = f"what it had started by {shlex.join(destination[:1] + destination[-1:])}"
    if launcher.ports is None:  # of a shared connection, or behind a proxy
        return problem
    here, there = launcher.ports
    script = _END.format(pattern=shlex.quote(f"^SSH_CONNECTION=[^ ]+ {here} [^ ]+ {there}$"))
    command = [*destination[:-1], "-oBatchMode=yes", "-oConnectTimeout=5", "-oControlPath=none", "-n", destination[-1], script]
    try:
        done = subprocess.run(
            command,
            env=launcher.environment,
            cwd=launcher.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER,
        )
    except (OSError, subprocess.TimeoutExpired):
        return problem
    return problem if done.returncode else ""


def log_in_of(argv: Sequence[str]) -> list[str] | None:
    """Return the command line of an ssh up to and including its destination; None if it runs nothing there."""
    taken = list(argv[:1])
    rest = iter(argv[1:])
    for argument in rest:
        if not argument.startswith("-") or argument == "-":
            return [*taken, argument]
        for position, letter in enumerate(argument[1:], 1):
            if letter in "NW":  # for its tunnels alone
                return None
            if letter in _WITH_VALUE:
                taken.append(argument)
                if position == len(argument) - 1:
                    taken.append(next(rest, ""))
                break
        else:
            if not set(argument[1:]) & set("tfn"):
                taken.append(argument)
    return None
