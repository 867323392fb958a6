"""Write a plot that a screen shows as a figure to publish."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.errors import UserError
from enchanted_tui.plotting.figure_files import PlotData
from enchanted_tui.plotting.plot_wanted import PlotWanted
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.error_sentence import sentence

if TYPE_CHECKING:
    from enchanted_tui.ui.widgets.figure_dialog import FigureAsked


class FigureWriting(CampaignScreen):
    """A screen whose plots are written as figures."""

    def write_figure(self, data: PlotData, wanted: PlotWanted) -> None:
        """Ask how a plot is to be written, and write it."""
        if self.target is None:
            self.notify("There is nothing to write yet.")
            return
        self.app.perform(self._ask_and_write(self.target, data, wanted))

    async def _ask_and_write(self, root: Path, data: PlotData, wanted: PlotWanted) -> None:
        # a dialog that few need
        from enchanted_tui.ui.widgets.figure_dialog import FigureDialog

        proposed = self.app.home / f"{root.name}_{wanted.kind}.pdf"
        filled: Mapping[str, str] = {}
        wrong = ""
        while True:
            dialog = FigureDialog(proposed, data, wanted, filled, wrong)
            asked = await self.app.ask(self, dialog, late=bool(filled))
            if asked is None:
                return
            filled, wrong = asked.filled, ""
            try:
                if await self._write(root, data, wanted, asked):
                    return
            except (UserError, OSError) as error:
                wrong = sentence(error)[0]

    async def _write(
        self, root: Path, data: PlotData, wanted: PlotWanted, asked: FigureAsked
    ) -> bool:
        """Write a figure, unless a person wants to keep what is there; return whether it was."""
        from enchanted_tui.plotting.figure_files import write_figure  # what draws
        from enchanted_tui.ui.widgets.replacing import may_write

        path = self.app.home / asked.path
        beside = data.beside(path) if asked.script else []
        if not await may_write(self, [path, *beside]):
            return False
        script_of = root if asked.script else None
        await in_thread(write_figure, path, data, wanted, asked.look, script_of)
        names = [str(path), *(place.name for place in beside)]
        self.notify(f"Wrote {' and '.join(names)}", markup=False)
        return True
