"""The section supervisor of a configuration: where the campaign goes, when it stops, what is done
afterwards, and where tasks find storage of their own node."""

from __future__ import annotations

import os
import sys
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.components import Checker
from enchanted_tui.config.conversion import Literally, expand
from enchanted_tui.config.models import SupervisorOptions
from enchanted_tui.config.notify_options import program_warning
from enchanted_tui.config.problems import Path, describe
from enchanted_tui.config.report import Report

DEFAULT_BASE_RUN_DIR = "./base_run_dir"


def check_supervisor(
    checker: Checker, interactive: bool, elsewhere: bool
) -> SupervisorOptions | None:
    report = checker.report
    section = report.document.root.get("supervisor")
    if section is None:
        report.error(("supervisor",), "is required: a mapping with base_run_dir and run_order")
        return None
    if not isinstance(section, dict):
        report.error(
            ("supervisor",),
            f"expected a mapping with base_run_dir and run_order, found {describe(section)}",
        )
        return None
    _check_base_run_dir(report, section, interactive)
    found = checker.reader.read(
        SupervisorOptions,
        ("supervisor",),
        section,
        report,
        besides=("run_order", "post_processing"),
    )
    if found is None:
        return None
    options: SupervisorOptions = found[2]
    if options.save_files == "none" and section.get("save_files") != "none":
        message = (
            "is taken for 'none': the files of the run directories are deleted once they are not"
            " needed; write 'all' to keep them"
        )
        report.warning(("supervisor", "save_files"), message)
    _check_notify(report, options, checker.base_dir)
    _post_processing(checker, options)
    options.local_storage = _local_storage(report, options.local_storage, elsewhere)
    return options


def _check_notify(report: Report, options: SupervisorOptions, base_dir: FilePath) -> None:
    """Warn of what nobody would be told, for want of a program or of a limit."""
    path: Path = ("supervisor", "notify")
    written: object = options.notify
    if isinstance(written, dict):
        named = written.get("events") or ()
        if "budget" in named and options.max_core_hours is None:
            report.warning(
                (*path, "events", named.index("budget")),
                "never happens without a limit; set supervisor.max_core_hours, or leave it out",
            )
        path, written = (*path, "command"), written.get("command")
    problem = program_warning(written, base_dir)
    if problem:
        report.warning(path, f"{problem}; nobody is told of anything until then")


def _post_processing(checker: Checker, options: SupervisorOptions) -> None:
    """Run the script that files for the older program's next version name under `post_processing`
    as `on_complete`, and say so.
    """
    root = checker.report.document.root
    section = root["supervisor"] if "post_processing" in root["supervisor"] else root
    path = ("supervisor", "post_processing") if section is not root else ("post_processing",)
    written = section.get("post_processing")
    script = written.get("script_path") if isinstance(written, dict) else None
    if written is None:
        return
    if not isinstance(script, str) or options.on_complete is not None:
        reason = "on_complete is given" if isinstance(script, str) else "it has no script_path"
        checker.report.warning(
            path, f"ignored, because {reason}; use supervisor.on_complete", at_key=True
        )
        return
    place = os.path.join(checker.base_dir, expand(script))
    place = place if os.path.exists(place) else os.path.abspath(expand(script))
    options.on_complete = [sys.executable, place]
    checker.report.warning(
        path, f"is run as supervisor.on_complete: [python, {script}]; write it there", at_key=True
    )


def _check_base_run_dir(report: Report, section: dict[Any, Any], interactive: bool) -> None:
    path = ("supervisor", "base_run_dir")
    value = section.get("base_run_dir")
    if value is None:
        if interactive:
            report.warning(path, f"is not given; the campaign goes to {DEFAULT_BASE_RUN_DIR}")
        else:
            report.error(
                path,
                "is required where there is no terminal: the directory of the campaign's files",
            )
    elif isinstance(value, str) and not value.strip():
        report.error(path, "expected a directory, found an empty text")
    elif isinstance(value, str) and "\0" in value:
        report.error(path, "no directory can have a NUL character in its name; remove it")
    elif isinstance(value, Literally):
        pass
    elif isinstance(value, str) and "$" in expand(value):
        report.error(
            path, f"an environment variable in {value!r} is not set; set it, or write the path out"
        )
    elif isinstance(value, str) and expand(value).startswith("~"):
        report.error(
            path,
            f"there is no user whose home {value!r} begins with; write the path out, or ./{value}"
            " for a directory of that name",
        )


def _local_storage(report: Report, written: str | None, elsewhere: bool) -> str | None:
    """Return the directory that `local_storage` names: itself, or the value of that environment
    variable; None if there is none.

    Nothing is said about that where all tasks run `elsewhere`, on nodes that look it up themselves.
    """
    if written is None:
        return None
    path = ("supervisor", "local_storage")
    expanded = expand(written)
    if os.path.isdir(expanded):
        return os.path.abspath(expanded)
    held = os.environ.get(written)
    if elsewhere and (held is None or not os.path.isdir(held)):
        return None
    if held is None:
        report.warning(
            path,
            f"ignored: {written!r} is neither an existing directory nor an environment variable"
            " that is set",
        )
        return None
    if not os.path.isdir(held):
        report.warning(
            path,
            f"ignored: the environment variable {written} names {held!r}, which is no existing"
            " directory",
        )
        return None
    return os.path.abspath(held)
