"""What the Results screen does of its Pareto front: which objectives it has, and how they are
chosen.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.charts import chart_choice as charts
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.front_table import FrontTable
from enchanted_tui.views.dataset_statistics import Results
from enchanted_tui.views.front import FrontAim, next_direction

_TITLE = "Objectives; Enter: minimize, maximize, neither"


class FrontShowing(CampaignScreen):
    """A screen that shows a dataset and its front."""

    results: Results
    choice: charts.ChartChoice
    _aim: FrontAim | None = None  #: what a person has chosen, or else the configuration says

    @property
    def front(self) -> FrontTable:
        return self.query_one("#front", FrontTable)

    def forget_choices(self) -> None:
        super().forget_choices()
        self._aim = None

    def front_parts(self) -> list[tuple[str, str, str]]:
        """Return the parts of the line above the front; a click chooses objectives."""
        aim = self.front.aim
        if not aim.objectives:
            return [("choose objectives", "", "results_axes")]
        count, of = int(self.results.front.sum()), len(self.results)
        return [(f"{aim}  ", "", "results_axes"), (f"{count:,} of {of:,} rows", "dim", "")]

    async def show_front(self, key: str) -> None:
        """Show the front of the rows there are now."""
        root = self.app.root
        if self._aim is None and root is not None:
            found = await in_thread(_configured, root)
            if self.app.root != root:
                return  # another run has been opened meanwhile
            self._take_aim(self._aim or found)
        await self.front.show_front(self.results, self._aim or FrontAim(), key)

    def _take_aim(self, aim: FrontAim) -> None:
        """Compare samples by other objectives; the first two are what Scatter shows then."""
        self._aim = aim
        if len(aim.objectives) > 1:
            self.choice.x, self.choice.y = list(aim.objectives)[:2]
            self.choice.colour = charts.BY_FRONT

    async def choose_objectives(self, key: str) -> None:
        """Let a person go through the columns until Escape; each choice is shown at once."""
        names = [*self.results.outputs]
        names += [name for name in self.results.numeric if name not in names]
        if not names:
            self.notify("There is no column of numbers yet.")
            return
        place: int | None = 0
        while place is not None:
            aim = self._aim or FrontAim()
            lines = [f"{aim.objectives.get(name, '-'):<9} {name}" for name in names]
            place = await self.app.ask(self, Chooser(_TITLE, lines, place))
            if place is not None:
                found = next_direction(aim.objectives, names[place])
                self._take_aim(replace(aim, objectives=found))
                await self.show_front(key)


def _configured(root: Path) -> FrontAim:
    # what reads configurations is not imported before somebody looks at a front
    from enchanted_tui.operations.front_aim import configured_aim

    return configured_aim(root)
