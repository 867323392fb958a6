"""The command line: parses, then does one thing. Everything heavy is imported where it is needed.

Standard output carries what was asked for, standard error everything else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui import shell_completion, start_up, usage
from enchanted_tui.command_parser import command_parser
from enchanted_tui.comparison import compare_command
from enchanted_tui.errors import EnvironmentProblem, ExitCode, RefusedError
from enchanted_tui.export import export_command
from enchanted_tui.leaving import leave
from enchanted_tui.reporting import report_command
from enchanted_tui.surrogate import fit_command
from enchanted_tui.ui import app_command, plot_command

if TYPE_CHECKING:
    from enchanted_tui.config.models import CampaignConfig
    from enchanted_tui.journal_lines import TaskId
    from enchanted_tui.record.outcome import Outcome


def entry() -> None:
    """Console script."""
    start_up.prepare()
    leave(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (without the program's name) and give the exit code."""
    try:
        options = command_parser().parse(argv)
    except SystemExit as stop:  # argparse has printed the help or the version
        return int(stop.code or 0)
    except RefusedError as error:
        return _complain(error, ExitCode.USAGE)
    try:
        return int(_act(options))
    except BrokenPipeError:
        _silence_stdout()
        return int(ExitCode.COMPLETED)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    # the last resort: every error ends as a sentence or a reported defect
    except Exception as error:  # noqa: BLE001
        if isinstance(error.__cause__, KeyboardInterrupt):  # a class that was being made wraps it
            return int(ExitCode.INTERRUPTED)
        return _failed(error)


def _act(options: argparse.Namespace) -> int:
    asked = next(
        (
            name
            for name in _ACTIONS
            if getattr(options, name, None) is not None and getattr(options, name) is not False
        ),
        None,
    )
    asked = asked or ("run" if options.no_ui or options.detach else "app")
    usage.check(options, asked)
    if (
        asked in ("run", "check", "dry_run")
        and options.target is None
        and options.config_file is None
    ):
        raise RefusedError(
            "name a configuration or a run directory; enchanted-tui --help shows how."
        )
    return app_command.open_app(options) if asked == "app" else _ACTIONS[asked](options)


# -- running ---------------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    from enchanted_tui import headless
    from enchanted_tui.operations import actions

    config = _config(options)
    if options.detach:
        return _detach(options, config)
    app_command.remember(config.base_run_dir)
    observer = headless.print_event if options.json else None
    supervisor = actions.start(
        config, overwrite=options.overwrite, confirm=_confirm(), observer=observer
    )
    outcome = headless.run(supervisor)
    return _report(outcome)


def _detach(options: argparse.Namespace, config: CampaignConfig) -> int:
    """Start the campaign in a session of its own, and say what has become of it."""
    app_command.remember(config.base_run_dir)
    code, said = app_command.detach(app_command.arguments_of_run(options), config.base_run_dir)
    print(said, file=sys.stderr if code else sys.stdout)
    return code


def _retry_failed(options: argparse.Namespace) -> int:
    from enchanted_tui import headless
    from enchanted_tui.operations import actions

    options.target = _existing(options.retry_failed)
    config = _config(options)
    only = None if options.only is None else _chosen_tasks(options.only)
    if only is not None:
        actions.check_failed(Path(options.target), only)
    if options.detach:
        return _detach(options, config)
    observer = headless.print_event if options.json else None
    supervisor = actions.retry_failed(config, only=only, observer=observer)
    return _report(headless.run(supervisor))


def _chosen_tasks(text: str) -> set[TaskId]:
    """Read the names of tasks with commas between."""
    from enchanted_tui.journal_lines import TaskId

    tasks = set()
    for name in filter(None, map(str.strip, text.split(","))):
        task = TaskId.named(name)
        if task is None:
            raise RefusedError(
                f"--only takes names of tasks such as d0_b2_s14_r0, with commas between; {name!r}"
                " is none."
            )
        tasks.add(task)
    if not tasks:
        raise RefusedError("--only names no task; leave it out to run all failed tasks again.")
    return tasks


def _report(outcome: Outcome) -> int:
    if outcome.message:
        print(outcome.message, file=sys.stderr)
    return int(outcome.code)


def _confirm() -> Callable[[str], bool] | None:
    """Return a way to ask, if there is somebody to answer."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None

    from enchanted_tui.headless import ask

    return ask


# -- looking ---------------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    if options.json:
        return _check_as_json(options)
    config = _config(options)
    steps = sum(len(stage.steps) for stage in config.stages)
    print(
        f"{config.path or 'the configuration'} is valid: {_count(len(config.stages), 'stage')},"
        f" {_count(steps, 'step')}."
    )
    return ExitCode.COMPLETED


def _check_as_json(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from enchanted_tui.config.problems import ConfigError

    try:
        problems, valid = _config(options).warnings, True
    except ConfigError as error:
        problems, valid = error.problems, False
    print(
        json.dumps(
            {"valid": valid, "problems": [asdict(problem) for problem in problems]}, default=str
        )
    )
    return ExitCode.COMPLETED if valid else ExitCode.USAGE


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _dry_run(options: argparse.Namespace) -> int:
    from enchanted_tui.operations.rendered_inputs import dry_run

    told, text = dry_run(_config(options), inputs=options.inputs)
    print(json.dumps(told) if options.json else text)
    return ExitCode.COMPLETED


def _status(options: argparse.Namespace) -> int:
    from enchanted_tui import headless
    from enchanted_tui.operations import actions

    found = actions.status(Path(options.status))
    print(json.dumps(found.as_json()) if options.json else "\n".join(headless.status_lines(found)))
    return ExitCode.COMPLETED


def _control(options: argparse.Namespace) -> int:
    from enchanted_tui.operations import actions
    from enchanted_tui.supervisor import control

    action, run_dir = options.control
    action = action.lower()
    if action not in control.ACTIONS:
        raise RefusedError(f"--control takes {', '.join(control.ACTIONS)}, not {action!r}.")
    print(actions.steer(Path(run_dir), action))
    return ExitCode.COMPLETED


def _add_points(options: argparse.Namespace) -> int:
    from enchanted_tui.operations import point_adding

    path, run_dir = options.add_points
    columns = export_command.chosen_columns(options)
    root = Path(_existing(run_dir))
    points = point_adding.points_to_add(root, Path(path), options.stage or 0, columns)
    for warning in points.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    said = point_adding.add(points)
    told = {"added": 0 if points.there else points.count, "stage": points.request.depth}
    print(json.dumps(told | {"request": points.request.id}) if options.json else said)
    return ExitCode.COMPLETED


def _rebuild(options: argparse.Namespace) -> int:
    from enchanted_tui.operations import actions

    options.target = _existing(options.rebuild)
    return _written(options, actions.rebuild(Path(options.rebuild), _config(options)))


def _files(options: argparse.Namespace) -> int:
    from enchanted_tui import file_commands

    return file_commands.run(options)


def _written(options: argparse.Namespace, names: list[str]) -> int:
    print(json.dumps({"written": names}) if options.json else "\n".join(names))
    return ExitCode.COMPLETED


def _schema(options: argparse.Namespace) -> int:
    from enchanted_tui.config.schema import campaign_schema

    print(json.dumps(campaign_schema(), indent=2))
    return ExitCode.COMPLETED


def _print_completion(options: argparse.Namespace) -> int:
    print(shell_completion.completion_script(command_parser(), options.print_completion))
    return ExitCode.COMPLETED


def _template(options: argparse.Namespace) -> int:
    from enchanted_tui.config.templates import template_list, templates
    from enchanted_tui.suggestions import did_you_mean

    if not options.template:
        print(template_list())
        return ExitCode.COMPLETED
    found = {each.name.lower(): each for each in templates()}
    if options.template.lower() not in found:
        hint = did_you_mean(options.template, [each.name for each in found.values()]) or ";"
        raise RefusedError(
            f"there is no template {options.template!r}{hint} enchanted-tui --template lists all."
        )
    print(found[options.template.lower()].as_text(), end="")
    return ExitCode.COMPLETED


def _export(options: argparse.Namespace) -> int:
    _existing(options.export)
    return _written(options, [str(path) for path in export_command.run(options)])


def _fit(options: argparse.Namespace) -> int:
    _existing(options.sensitivity if options.fit is None else options.fit)
    return (fit_command.sensitivity if options.fit is None else fit_command.fit)(options)


#: What can be asked for, by the option that asks.
_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "check": _check,
    "dry_run": _dry_run,
    "schema": _schema,
    "template": _template,
    "status": _status,
    "control": _control,
    "add_points": _add_points,
    "rebuild": _rebuild,
    "export": _export,
    "fit": _fit,
    "sensitivity": _fit,
    "compare": compare_command.run,
    "report": report_command.run,
    "plot": plot_command.run,
    "files": _files,
    "pack": _files,
    "unpack": _files,
    "tag": _files,
    "note": _files,
    "print_completion": _print_completion,
    "retry_failed": _retry_failed,
    "serve": app_command.serve,
}


# -- what all share --------------------------------------------------------------------------------


def _existing(run_dir: str) -> str:
    """Return the name of a run directory, which must exist; never that of a configuration."""
    if not Path(run_dir).is_dir():
        raise EnvironmentProblem(
            f"{run_dir} is not a directory; name the run directory of a campaign."
        )
    return run_dir


def _config(options: argparse.Namespace) -> CampaignConfig:
    """Load the configuration that the options name; its warnings go to standard error."""
    from enchanted_tui.operations import actions

    if options.target and options.config_file:
        raise RefusedError("give the configuration once: as CONFIG or with --config_file.")
    target = Path(options.config_file or options.target)
    if target.is_dir() and options.base_run_dir:
        raise RefusedError(
            f"{target} is a run directory already; --base-run-dir goes with a configuration."
        )
    overrides = [*options.overrides, *_log_level(options.log_level)]
    config = actions.configuration(
        target, run_mode=options.run_mode, base_run_dir=options.base_run_dir, overrides=overrides
    )
    for warning in config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return config


def _log_level(given: str | None) -> list[str]:
    """Return the override that an option of its own stands for, if it was given."""
    from enchanted_tui.config.validation import LOG_LEVELS
    from enchanted_tui.suggestions import did_you_mean

    if given is not None and given.upper() not in LOG_LEVELS and not given.isdecimal():
        raise RefusedError(
            "--log-level: expected DEBUG, INFO, WARNING, ERROR or CRITICAL, found"
            f" {given!r}{did_you_mean(given, LOG_LEVELS)}"
        )
    return [] if given is None else [f"logging={given}"]


def _failed(error: Exception) -> int:
    """Say what went wrong: one sentence for what the user can mend, a traceback for a defect."""
    from enchanted_tui.operations.explaining import explanation

    found = explanation(error)
    if not found.is_defect:
        return _complain(found.text, found.exit_code)
    if isinstance(error, UnicodeEncodeError) and sys.getfilesystemencoding() != "utf-8":
        return _complain(start_up.unwritable(error), ExitCode.ENVIRONMENT)
    import traceback

    traceback.print_exception(error)
    print(
        "This is a defect of enchanted-tui; what has finished is recorded and can be resumed.",
        file=sys.stderr,
    )
    return int(ExitCode.DEFECT)


def _complain(message: object, code: ExitCode) -> int:
    print(message, file=sys.stderr)
    return int(code)


def _silence_stdout() -> None:
    """Keep the interpreter from complaining about a closed pipe at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
