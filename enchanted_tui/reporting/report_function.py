"""Reports from Python: ``enchanted_tui.write_report(run_dir)``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from enchanted_tui.reporting.page_rendering import report_place
from enchanted_tui.reporting.page_rendering import write_report as write
from enchanted_tui.reporting.report_contents import ReportOptions
from enchanted_tui.surrogate.fit_arguments import refuse, wrong_arguments


def write_report(
    run_dir: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    outputs: Sequence[str] = (),
    model: str | None = None,
    keep_paths: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write the report of a campaign, running or finished, as one page of HTML that needs nothing
    else, and return its path; by default ``NAME-report.html`` in the current directory.

    `outputs` and `model` are those of the surrogates that it shows, as for `fit`. Absolute paths
    are left out unless `keep_paths`. `overwrite`: whether it takes the place of a file.

    Raises EnvironmentProblem if no campaign is there or matplotlib is not, SurrogateError if what
    is asked for is not there, ExportError if the file must not be written, OSError if it cannot.
    """
    refuse(wrong_arguments(outputs, model=model))
    root = Path(run_dir)
    place = report_place(root, None if out is None else Path(out), Path(), overwrite=overwrite)
    write(root, place, ReportOptions(tuple(outputs), model, keep_paths))
    return place
