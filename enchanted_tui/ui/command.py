"""The part of the command line that concerns the app and campaigns that outlive the terminal. Imports nothing heavy by itself."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from enchanted_tui.supervisor.outcome import EnvironmentProblem, RefusedError

#: Options that say how a campaign is run, which in the app a dialog asks.
_OF_RUNS = ("run_mode", "base_run_dir", "overrides", "overwrite", "json", "log_level", "only")
#: Of these and of what names a campaign, what goes with the options that ask for something else.
_TAKEN = {
    "schema": ("json",),
    "status": ("json",),
    "control": (),
    "rebuild": ("overrides", "log_level", "json"),
    "export": ("json",),
    "retry_failed": ("overrides", "log_level", "json", "only", "detach"),
}
_OF_THE_APP = ("read_only", "low_bandwidth", "ascii")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the app."""
    group = parser.add_argument_group("the app")
    group.add_argument("--read-only", action="store_true", help="only look: refuse whatever changes a run directory or a file")
    group.add_argument("--low-bandwidth", action="store_true", help="few repaints and no animation, as on SSH lines by default")
    group.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")


def check(options: argparse.Namespace, *, app: bool) -> None:
    """Refuse, instead of ignoring them, options that do not go with what is asked; `app` says whether the app is to be opened."""
    if app:
        _refuse(options, _OF_RUNS, "with --no-ui or --detach; in the app, a dialog asks how to start a campaign")
    else:
        _refuse(options, _OF_THE_APP, "with the app, which --no-ui, --detach and the options that only ask for an answer leave out")
    for action, taken in _TAKEN.items():
        if getattr(options, action):
            others = [name for name in ("target", "config_file", "detach", *_OF_RUNS) if name not in taken]
            _refuse(options, others, f"with a campaign to run, not with {_written(action)}")
    if not options.retry_failed:
        _refuse(options, ("only",), "with --retry-failed")
    if options.detach and options.json:
        _refuse(options, ("json",), "with --no-ui: a campaign in the background has nobody to tell its events")


def _refuse(options: argparse.Namespace, names: Sequence[str], where: str) -> None:
    given = [_written(name) for name in names if getattr(options, name)]
    if given:
        raise RefusedError(f"{', '.join(given)} {'goes' if len(given) == 1 else 'go'} {where}.")


def _written(name: str) -> str:
    return {"overrides": "--set", "target": "CONFIG", "config_file": "--config_file"}.get(name, "--" + name.replace("_", "-"))


def open_app(options: argparse.Namespace) -> int:
    """Open the app on what the options name; give the exit status."""
    from enchanted_tui.ui import minder

    check(options, app=True)
    if not minder.has_terminal():
        raise RefusedError("The app needs a terminal for input and output; add --no-ui to run a campaign without it.")
    target = options.target or options.config_file
    if target is not None and not Path(target).exists():
        raise EnvironmentProblem(f"There is no {target}; name a configuration file or a run directory.")
    from enchanted_tui.ui.main import AppOptions
    from enchanted_tui.ui.main import open_app as open_it

    absolute = None if target is None else Path(os.path.abspath(target))
    return open_it(AppOptions(absolute, options.read_only, options.low_bandwidth, options.ascii))


def arguments_of_run(options: argparse.Namespace) -> list[str]:
    """Give the arguments with which the command is run again, in the background."""
    arguments = ["--retry-failed", options.retry_failed] if options.retry_failed else [options.config_file or options.target]
    for name in ("run_mode", "base_run_dir", "log_level", "only"):
        if getattr(options, name):
            arguments += ["--" + name.replace("_", "-"), getattr(options, name)]
    for override in options.overrides:
        arguments += ["--set", override]
    return [*arguments, "--overwrite"] if options.overwrite else arguments


def detach(arguments: Sequence[str], root: Path) -> tuple[int, str]:
    """Start a campaign in a session of its own; give the exit code so far and what there is to say."""
    from enchanted_tui.supervisor.detached import start_detached
    from enchanted_tui.ui.settings import state_dir

    log = state_dir() / "detached" / f"{root.name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    started = start_detached(arguments, root, log)
    if started.exit_code is not None:
        return started.exit_code, started.output
    return 0, (
        f"The campaign runs in the background (pid {started.pid}); what it says goes to {log}\n"
        f"  to see it:   enchanted-tui {root}\n  to stop it:  enchanted-tui --control drain {root}"
    )


def remember(root: Path) -> None:
    """Let the app list a run, wherever it lies."""
    from enchanted_tui.ui import session

    session.update(seen=root)
