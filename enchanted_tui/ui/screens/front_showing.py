"""What the Results screen does of its Pareto front: which objectives it has, and how they are
chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.charts import chart_choice as charts
from enchanted_tui.ui.widgets.front_table import FrontTable
from enchanted_tui.ui.widgets.objective_chooser import ObjectiveChooser
from enchanted_tui.views.dataset_statistics import Results
from enchanted_tui.views.front import FrontAim

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices


class FrontShowing(CampaignScreen):
    """A screen that shows a dataset and its front."""

    results: Results
    choice: charts.ChartChoice
    _aim: FrontAim | None = None  #: what a person has chosen, or else the configuration says

    #: the objectives that were chosen when this run was shown before; None if none were
    _objectives: dict[str, str] | None = None

    @property
    def aim(self) -> FrontAim:
        """By what samples are compared."""
        return self._aim or FrontAim()

    @property
    def front(self) -> FrontTable:
        return self.query_one("#front", FrontTable)

    def forget_choices(self) -> None:
        super().forget_choices()
        self._aim = self._objectives = None

    def choices(self) -> Choices:
        aim = self._aim
        chosen = dict(aim.objectives) if aim is not None else self._objectives
        return {**super().choices(), "objectives": chosen}

    def restore(self, choices: Mapping[str, Any]) -> None:
        super().restore(choices)
        kept = choices.get("objectives")
        if isinstance(kept, Mapping):
            self._objectives = {str(name): str(kept[name]) for name in kept}

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
            if self._aim is None and self._objectives is not None:
                self._aim = replace(found, objectives=self._objectives)
            else:
                self._take_aim(self._aim or found)
        await self.front.show_front(self.results, self.aim, key)

    def _take_aim(self, aim: FrontAim) -> None:
        """Compare samples by other objectives; the first two are what Scatter shows then."""
        self._aim = aim
        if len(aim.objectives) > 1:
            self.choice.x, self.choice.y = list(aim.objectives)[:2]
            self.choice.colour = charts.BY_FRONT

    async def choose_objectives(self, key: str) -> None:
        """Let a person go through the columns until Escape; each choice is shown at once."""
        names = objective_names(self.results)
        if not names:
            self.notify("There is no column of numbers yet.")
            return

        def take(objectives: Mapping[str, str]) -> None:
            self._take_aim(replace(self.aim, objectives=objectives))
            self.app.perform(self.show_front(key))

        await self.app.ask(self, ObjectiveChooser(names, self.aim.objectives, take))


def objective_names(results: Results) -> list[str]:
    """Return the columns that can be objectives, outputs first."""
    return [*dict.fromkeys([*results.outputs, *results.numeric])]


def _configured(root: Path) -> FrontAim:
    # what reads configurations is not imported before somebody looks at a front
    from enchanted_tui.operations.front_aim import configured_aim

    return configured_aim(root)
