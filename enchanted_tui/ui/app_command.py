"""The part of the command line that concerns the app and campaigns that outlive the terminal.
Imports nothing heavy by itself.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from enchanted_tui.commands import command_line
from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.ui.serving import serve_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the app."""
    group = parser.add_argument_group("the app")
    group.add_argument(
        "--read-only",
        action="store_true",
        help="only look: refuse whatever changes a run directory or a file",
    )
    group.add_argument(
        "--low-bandwidth",
        action="store_true",
        help="few repaints and no animation, as on SSH lines by default",
    )
    group.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    serve_arguments.add_arguments(parser)


def open_app(options: argparse.Namespace) -> int:
    """Open the app on what the options name; return the exit status."""
    from enchanted_tui.ui import minder

    if not minder.has_terminal():
        raise RefusedError(
            "The app needs a terminal for input and output; add --no-ui to run a campaign"
            " without it."
        )
    target = _target(options)
    from enchanted_tui.ui.app_process import AppOptions
    from enchanted_tui.ui.app_process import open_app as open_it

    return open_it(AppOptions(target, options.read_only, options.low_bandwidth, options.ascii))


def serve(options: argparse.Namespace) -> int:
    """Show the app in a browser, on what the options name; return the exit status."""
    from enchanted_tui.ui.serving import serve_command

    return serve_command.serve(options, _target(options))


def _target(options: argparse.Namespace) -> Path | None:
    """Return what the app is to be opened on."""
    target = options.target or options.config_file
    if target is None:
        return None
    if not Path(target).exists():
        raise EnvironmentProblem(
            f"There is no {target}; name a configuration file or a run directory."
        )
    return Path(os.path.abspath(target))


def arguments_of_run(options: argparse.Namespace) -> list[str]:
    """Return the arguments with which the command is run again, in the background."""
    arguments = (
        ["--retry-failed", options.retry_failed]
        if options.retry_failed
        else [options.config_file or options.target]
    )
    for name in ("run_mode", "base_run_dir", "log_level", "only"):
        if getattr(options, name) is not None:
            arguments += ["--" + name.replace("_", "-"), getattr(options, name)]
    for override in options.overrides:
        arguments += ["--set", override]
    return [*arguments, "--overwrite"] if options.overwrite else arguments


def detach(arguments: Sequence[str], root: Path) -> tuple[int, str]:
    """Start a campaign in a session of its own; return the exit code so far and what there is to
    say.
    """
    from enchanted_tui.operations.detached import start_detached
    from enchanted_tui.ui.xdg_directories import state_dir

    log = state_dir() / "detached" / f"{root.name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    started = start_detached(arguments, root, log)
    if started.exit_code is not None:
        return started.exit_code, started.output
    return (
        0,
        (
            f"The campaign runs in the background (pid {started.pid}); what it says goes to {log}\n"
            f"  to see it:   {command_line(root)}\n  to stop it: "
            f" {command_line('--control', 'drain', root)}"
        ),
    )


def remember(root: Path) -> None:
    """Let the app list a run, wherever it lies."""
    from enchanted_tui.ui import remembered

    remembered.update(seen=root)
