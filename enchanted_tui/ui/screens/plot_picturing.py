"""Show a plot as a real picture, drawn as the figure that would be written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from enchanted_tui.plotting.figure_files import figure_parts
from enchanted_tui.plotting.figure_look import MISSING, FigureLook, is_installed
from enchanted_tui.ui.background import run_newest
from enchanted_tui.ui.pictures.drawn_picture import (
    MOST_PIXELS,
    MOST_PIXELS_SPARED,
    DrawnPicture,
    draw_picture,
)
from enchanted_tui.ui.screens.plot_choosing import PlotChoosing
from enchanted_tui.ui.widgets.picture_plot import PicturePlot

if TYPE_CHECKING:
    from enchanted_tui.ui.pictures.terminal_ability import Ability

_SETTLED = 0.3  #: seconds after which a window has its new size


class PlotPicturing(PlotChoosing):
    """A screen that shows a plot as characters or as a picture."""

    condition: str  #: which rows are shown
    _ability: Ability | None = None  #: of the terminal, while a picture is wanted
    _why_not = ""  #: there is none though one is wanted

    @property
    def plot(self) -> PicturePlot:
        return self.query_one(PicturePlot)

    @property
    def said_of_picture(self) -> str:
        """What the line below the plot says while a picture is wanted."""
        if self._ability is None:
            return ""
        if self._why_not and not self.plot.is_covered:
            return f"No picture: {self._why_not}"
        return "As a picture; i, an arrow or a click: characters again, with a cursor"

    def action_plots_picture(self) -> None:
        if self._ability is not None:
            self._show_characters()
        elif not is_installed():
            self.notify(MISSING, severity="warning", timeout=10, markup=False)
        else:
            self.app.perform(self._ask_and_show())

    async def _ask_and_show(self) -> None:
        found = await self.app.picture_ability()
        if isinstance(found, str):
            self.notify(found, severity="warning", timeout=10, markup=False)
            self._show_characters()
        elif self.is_attached:
            self._ability, self._why_not = found, ""
            self._refresh_view()

    def draw_as_picture(self) -> None:
        """Draw what is shown now as a picture too, if one is wanted."""
        if self._ability is not None:
            self.plot.show_picture(
                (self.drawn_wanted, self.condition, self._ability), self._prepare
            )

    def _prepare(self) -> Callable[[int, int], DrawnPicture]:
        assert self._ability is not None
        parts = figure_parts(self.data, self.drawn_wanted, FigureLook())
        most = MOST_PIXELS_SPARED if self.app.spares_line else MOST_PIXELS
        return partial(draw_picture, parts, self._ability, most)

    def _show_characters(self) -> None:
        self._ability, self._why_not = None, ""
        self.plot.show_characters()
        self._refresh_view()

    def on_picture_plot_touched(self) -> None:
        self._show_characters()

    def on_picture_plot_unpictured(self, message: PicturePlot.Unpictured) -> None:
        self._why_not = message.why
        self._say_under_plot()

    def on_plot_resized(self) -> None:
        """Ask the terminal again: with another font, characters have another size."""
        if self._ability is not None:
            run_newest(self, "resized", self._ask_again)

    async def _ask_again(self) -> None:
        await asyncio.sleep(_SETTLED)
        if self._ability is not None:
            await self._ask_and_show()

    def _say_under_plot(self) -> None:
        """Say in the line below the plot what there is to be said now."""
        raise NotImplementedError
