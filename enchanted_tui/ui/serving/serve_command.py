"""``enchanted-tui --serve``: the app in a browser."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import importlib.util
import ipaddress
import os
import re
import secrets
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.interpreter import python_command
from enchanted_tui.ui.pictures.terminal_ability import IN_BROWSER
from enchanted_tui.ui.serving.serve_arguments import PORT

if TYPE_CHECKING:
    from enchanted_tui.ui.serving.web_server import Served

#: by which whoever starts the server, such as a portal, can choose the key of the address
TOKEN_VARIABLE = "ENCHANTED_TUI_TOKEN"  # noqa: S105
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~@-]+)+")
_PATIENCE = 3.0  #: seconds that open tabs are given to leave in order
#: what says to programs in which terminal they are, which is not the one of the tab
_OF_THE_TERMINAL = ("COLUMNS", "LINES", "TMUX", "TMUX_PANE", "STY", "TERM_PROGRAM", "WINDOWID")


def serve(options: argparse.Namespace, target: Path | None) -> int:
    """Serve until a signal ends it; return the exit status.

    Raises RefusedError for options that mean nothing, EnvironmentProblem where it cannot be done.
    """
    if options.steer and options.read_only:
        raise RefusedError("--steer and --read-only contradict each other; leave one of them out.")
    port, prefix = _port(options.port), _checked_prefix(options.prefix)
    token = _token(os.environ)
    statics = _statics()
    sockets = _listen(options.bind or "127.0.0.1", port)
    from enchanted_tui.ui.serving.web_server import Served

    served = Served(
        token,
        python_command(
            "from enchanted_tui.cli import entry; entry()", *_arguments(options, target)
        ),
        _environment(os.environ),
        statics,
        title="enchanted-tui" if target is None else f"enchanted-tui {target.name}",
        prefix=prefix,
    )
    return asyncio.run(_answer(served, sockets, steers=options.steer))


def _port(given: str | None) -> int:
    if given is None:
        return PORT
    if not given.isdecimal() or int(given) > 65535:
        raise RefusedError(
            f"--port: expected a number from 0 (any that is free) to 65535, found {given!r};"
            f" without it, it is {PORT}."
        )
    return int(given)


def _checked_prefix(given: str | None) -> str:
    prefix = (given or "").rstrip("/")
    if given is not None and not _PREFIX.fullmatch(prefix):
        raise RefusedError(
            f"--prefix: expected a path such as /node/n12/{PORT}, found {given!r}; leave it out"
            " where the proxy takes it away itself."
        )
    return prefix


def _token(environment: Mapping[str, str]) -> str:
    """Return the key of the address: a new one, or that of the environment."""
    given = environment.get(TOKEN_VARIABLE)
    if given is None:
        return secrets.token_urlsafe(32)
    if not _TOKEN.fullmatch(given):
        raise RefusedError(
            f"{TOKEN_VARIABLE}: expected 16 to 200 letters, digits, - and _; unset it to have a"
            " new one made at each start."
        )
    return given


def _statics() -> Path:
    """Return the directory of the files that a browser needs."""
    found = importlib.util.find_spec("textual_serve")
    if found is None or not found.submodule_search_locations:
        raise EnvironmentProblem(
            "--serve needs the package textual-serve, which is not installed here; install it with:"
            " pip install 'enchanted-tui[serve]'"
        )
    return Path(found.submodule_search_locations[0]) / "static"


def _listen(address: str, port: int) -> list[socket.socket]:
    from tornado.netutil import bind_sockets

    try:
        return bind_sockets(port, address)
    except socket.gaierror:
        problem = f"--bind: there is no address {address!r}; 127.0.0.1 is this machine alone."
    except PermissionError:
        problem = f"Port {port} is for the administrator; choose one above 1023 with --port."
    except OSError as error:
        problem = (
            f"Port {port} of {address} is in use, perhaps by another enchanted-tui --serve; choose"
            " another one with --port, or --port 0 for any that is free."
            if error.errno == errno.EADDRINUSE
            else f"--bind: {address} is none of this machine's addresses; 127.0.0.1 is this machine"
            " alone."
        )
    raise EnvironmentProblem(problem)


def _arguments(options: argparse.Namespace, target: Path | None) -> list[str]:
    """Return the arguments of the app in a tab."""
    wanted = {
        "--read-only": not options.steer,
        "--low-bandwidth": options.low_bandwidth,
        "--ascii": options.ascii,
    }
    return [
        *(name for name, is_wanted in wanted.items() if is_wanted),
        *([] if target is None else [str(target)]),
    ]


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the app: that of this process, in the terminal of a browser, and
    without the key, which nothing that runs in a campaign has to know.
    """
    left_out = {*_OF_THE_TERMINAL, TOKEN_VARIABLE}
    kept = {name: value for name, value in environment.items() if name not in left_out}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor", IN_BROWSER: "1"}


async def _answer(served: Served, sockets: list[socket.socket], *, steers: bool) -> int:
    from tornado.httpserver import HTTPServer

    from enchanted_tui.ui.serving.web_server import ServedTabs, application

    tabs, ended, loop = ServedTabs(served), asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    server = HTTPServer(application(tabs))
    server.add_sockets(sockets)
    host, port = sockets[0].getsockname()[:2]
    print(_announcement(host, port, served, steers=steers), flush=True)  # noqa: T201
    await ended.wait()
    server.stop()
    if tabs:
        print(  # noqa: T201
            "Closing; campaigns that run in a tab go on in the background.", flush=True
        )
    await tabs.close_all(_PATIENCE)
    return 0


def _announcement(host: str, port: int, served: Served, *, steers: bool) -> str:
    """Say where the app is, who can reach it, and what it lets them do."""
    name = f"[{host}]" if ":" in host else host
    path = f"{served.prefix}/{served.token}/"
    may = (
        "It starts, steers, edits and deletes what you can."
        if steers
        else "It only looks (--steer lets it do more)."
    )
    lines = [
        f"The app is at  http://{name}:{port}{path}",
        f"  {may} The address is the key: whoever has it sees what you see.",
    ]
    if _is_loopback(host):
        here = socket.gethostname()
        lines.append(
            f"  From another machine, first:  ssh -N -L {port}:127.0.0.1:{port} {here}"
            f"  then http://127.0.0.1:{port}{path}"
        )
    else:
        lines.append(
            "  Other machines can reach this port, and what goes over the network is not encrypted:"
            " use it behind a proxy that is."
        )
    return "\n".join([*lines, "  Ctrl+C ends it; campaigns go on."])


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
