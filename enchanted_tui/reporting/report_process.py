"""The process in which the app has a report written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from enchanted_tui.surrogate.work_process import WorkProcess, serve


class ReportProcess(WorkProcess):
    """Gives ``{"written": PATH}``; a file that is there is replaced."""

    def __init__(self, root: Path, place: Path) -> None:
        super().__init__(__name__, str(root.resolve()), str(place.absolute()))


def main() -> None:
    """Do what the arguments say."""
    serve(_report)


def _report(arguments: list[str], step: Callable[[str], None]) -> dict[str, Any]:
    # heavy, and no matter of the process that asks
    from enchanted_tui.reporting.page_rendering import report_place, write_report
    from enchanted_tui.reporting.report_contents import ReportOptions

    root = Path(arguments[0])
    place = report_place(root, Path(arguments[1]), root, overwrite=True)
    write_report(root, place, ReportOptions(), step=step)
    return {"written": str(place)}
