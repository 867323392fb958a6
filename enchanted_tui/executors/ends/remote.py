"""What was started on another host through ssh: the server does not end it when the connection
closes.

Everything below a connection has SSH_CONNECTION in its environment, which holds the client's port;
so it can be found by logging in the same way once more.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Sequence

from enchanted_tui.executors.ends.launchers import Launcher

_ANSWER = 15.0  #: seconds
_WITH_VALUE = "BbcDEeFIiJLlmOopQRSWw"  #: options of ssh that take a value
#: Ends what belongs to the connection from port {there} to port {here}: asked first, killed half a
#: second later.
_END = (
    "for s in TERM KILL KILL KILL; do found=$(grep -lzsE -e {pattern} /proc/[0-9]*/environ | tr -cd"
    " '0-9\\n'); [ -n \"$found\" ] || exit 0; kill -$s $found 2>/dev/null; sleep 0.5; done; exit 1"
)


def end_beyond(launchers: Iterable[Launcher]) -> list[str]:
    """End what lives behind connections of ssh that have been closed. Return, in words, what could
    not be ended.
    """
    clients = [launcher for launcher in launchers if launcher.process.name == "ssh"]
    # of shared connections
    masters = [
        client for client in clients if client.argv[:1] and client.argv[0].startswith("ssh: ")
    ]
    shared = next((client.ports for client in masters), None)
    found = ((client, log_in_of(client.argv)) for client in clients if client not in masters)
    return [
        problem
        for client, log_in in found
        if log_in and (problem := _end_behind(client, log_in, client.ports or shared))
    ]


def _end_behind(client: Launcher, log_in: list[str], ports: tuple[int, int] | None) -> str:
    """End what a client had started; `ports` are those of its connection, or of the one that it
    shared.
    """
    problem = f"what it had started by {shlex.join(log_in[:1] + log_in[-1:])}"
    if ports is None:  # of a connection that others share, or behind a proxy
        return problem
    script = _END.format(pattern=shlex.quote(f"^SSH_CONNECTION=[^ ]+ {ports[0]} [^ ]+ {ports[1]}$"))
    command = [
        *log_in[:-1],
        "-oBatchMode=yes",
        "-oConnectTimeout=5",
        "-oControlPath=none",
        "-n",
        log_in[-1],
        script,
    ]
    try:
        done = subprocess.run(
            command,
            env=client.environment,
            cwd=client.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER,
        )
    except (OSError, subprocess.TimeoutExpired):
        return problem
    return problem if done.returncode else ""


def log_in_of(argv: Sequence[str]) -> list[str] | None:
    """Return the command line of an ssh up to and including its destination; None if it runs
    nothing there.
    """
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
