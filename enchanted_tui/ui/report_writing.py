"""Writing the report of a campaign from the app, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.widgets.replacing import may_write

if TYPE_CHECKING:
    from enchanted_tui.ui.app_screen import AppScreen

_SHOWN = 20.0  #: seconds for which it is said where the page is


async def write_report_of(screen: AppScreen, root: Path) -> None:
    """Write the page into the working directory, and say where it is; one that is there is replaced
    only if the person agrees.
    """
    from enchanted_tui.reporting.report_process import ReportProcess

    place = screen.app.home / f"{root.name}-report.html"
    if not await may_write(screen, [place]):
        return
    screen.app.notify(
        f"Working out the report of {root.name}; the app goes on meanwhile.", markup=False
    )
    process = ReportProcess(root, place)
    try:
        await in_thread(process.result)
    finally:
        process.close()
    screen.app.notify(f"Wrote {place}", markup=False, timeout=_SHOWN)
