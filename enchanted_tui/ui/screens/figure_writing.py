"""Write a plot that a screen shows as a figure to publish."""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.plotting.figure_files import PlotData
from enchanted_tui.plotting.plot_wanted import PlotWanted
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import CampaignScreen


class FigureWriting(CampaignScreen):
    """A screen whose plots are written as figures."""

    def write_figure(self, data: PlotData, wanted: PlotWanted) -> None:
        """Ask how a plot is to be written, and write it."""
        if self.target is None:
            self.notify("There is nothing to write yet.")
            return
        self.app.perform(self._ask_and_write(self.target, data, wanted))

    async def _ask_and_write(self, root: Path, data: PlotData, wanted: PlotWanted) -> None:
        # a dialog that few need, and what draws
        from enchanted_tui.plotting.figure_files import write_figure
        from enchanted_tui.ui.widgets.figure_dialog import FigureDialog
        from enchanted_tui.ui.widgets.replacing import may_replace

        proposed = self.app.home / f"{root.name}_{wanted.kind}.pdf"
        asked = await self.app.ask(self, FigureDialog(proposed, data, wanted))
        if asked is None:
            return
        path = self.app.home / asked.path
        if await in_thread(path.exists) and not await may_replace(self, path):
            return
        beside = data.beside(path) if asked.script else []
        for place in beside:
            if await in_thread(place.exists) and not await may_replace(self, place):
                return
        script_of = root if asked.script else None
        await in_thread(write_figure, path, data, wanted, asked.look, script_of)
        names = [str(path), *(place.name for place in beside)]
        self.notify(f"Wrote {' and '.join(names)}", markup=False)
