"""The part of the command line that writes reports. Imports nothing heavy before one is written."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from enchanted_tui.surrogate import fit_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that go with ``--report`` alone."""
    group = parser.add_argument_group("with --report")
    group.add_argument(
        "--paths", action="store_true", help="show absolute paths, which are left out otherwise"
    )


def run(options: argparse.Namespace) -> int:
    """Write a report and print where. Raises SurrogateError, ExportError, EnvironmentProblem, or
    OSError for a full or lost disk.
    """
    fit_command.leave_processors_to_others()
    from enchanted_tui.reporting.page_rendering import report_place, write_report
    from enchanted_tui.reporting.report_contents import ReportOptions

    root = Path(options.report)
    out = Path(options.out) if options.out else None
    place = report_place(root, out, Path(), overwrite=options.overwrite)
    wanted = fit_command.fit_options(options)
    write_report(
        root,
        place,
        ReportOptions(wanted.outputs, wanted.model, options.paths),
        fit_command.tell,
        fit_command.step_shown(),
    )
    print(json.dumps({"written": [str(place)]}) if options.json else f"wrote {place}")
    return 0
