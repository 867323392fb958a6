"""Plots with a cursor: what the dataset of the open campaign shows, and what ran where and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.plotting.figure_files import PlotData
from enchanted_tui.plotting.plot_wanted import KINDS, PlotWanted
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import GOING_ON
from enchanted_tui.ui.charts.plot_drawing import PlotDrawer, Surface
from enchanted_tui.ui.charts.plot_line import plot_parts
from enchanted_tui.ui.rereading import Rereading
from enchanted_tui.ui.screens.kept_over import KeptOver
from enchanted_tui.ui.screens.kept_plots import PLOTS, plot_choices
from enchanted_tui.ui.screens.plot_picturing import PlotPicturing
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.line import Buttons, Line
from enchanted_tui.ui.widgets.picture_plot import PicturePlot
from enchanted_tui.ui.widgets.view_tabs import ViewTabs
from enchanted_tui.views.dataset_statistics import Results, read_news
from enchanted_tui.views.task_index import decode

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices
    from enchanted_tui.views.task_times import Times
    from enchanted_tui.views.viewing import View, Viewer

_VIEWS = tuple((name, KINDS[name].title) for name in PLOTS)
_PAUSE = 2.0  #: seconds between two readings of what grows ...
_PAUSE_PER_ROW = 5e-5  #: ... and more of much
_GROWING = 5.0  #: seconds after which the bars of tasks at work are longer
_HEAVY = 5_000  #: rows from which a plot is drawn in a thread
_MOST_LISTED = 200  #: tasks from which one is chosen


class PlotsScreen(KeptOver, PlotPicturing):
    """One plot at a time; columns that are chosen stay from one to the next."""

    HELP = """Plots of the dataset and of the tasks; they grow while the campaign runs.

Arrows move the cursor from point to point, a click puts it there; the line below says what it is
on, and Enter opens the task. Arrows with Shift change the columns, as [ and ] do along the bottom,
{ and } on the left. In Correlation, Enter shows the pair as points. The record says on which host a
task ran, so in Timeline a host has as many rows as it ran tasks at once."""
    DEFAULT_CSS = """
    PlotsScreen #choices, PlotsScreen #under { background: $background; padding: 0 1; }
    PlotsScreen #under { color: $text-muted; }
    """
    AUTO_FOCUS = "#plot"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *(f"plots.{name}" for name, _ in _VIEWS),
        "plots.axes",
        "plots.colour",
        "plots.log",
        "plots.grain",
        "plots.next_x",
        "plots.previous_x",
        "plots.next_y",
        "plots.previous_y",
        "plots.open",
        "plots.write",
        "plots.picture",
        "plots.copy",
        "plots.back",
        *GOING_ON,
    )

    KIND = "plots"

    def __init__(
        self, wanted: PlotWanted, condition: str = "", kept: Mapping[str, Any] | None = None
    ) -> None:
        """`condition`: which rows of the dataset are shown; empty for all. `kept` is what `choices`
        gave when they were shown before.
        """
        super().__init__()
        self._kept = kept or {}
        self.wanted, self.condition = wanted, condition
        self.whole = self.results = Results()
        self.times: Times | None = None
        self._drawer = PlotDrawer()
        self._reading = Rereading(self, self._read, self._counts, self._rest)
        #: or has done so, so that they are read too
        self._shows_tasks = wanted.how.of_tasks

    def compose_body(self) -> ComposeResult:
        yield ViewTabs("plots", _VIEWS, id="tabs")
        yield Buttons(id="choices")
        yield PicturePlot(id="plot")
        yield Line(id="under")

    def choices(self) -> Choices:
        return {
            "plot": plot_choices(self.wanted),
            "condition": self.condition,
            "first": self.first,
            "cursor": self.plot.kept_member,
        }

    def on_mount(self) -> None:
        first, cursor = self._kept.get("first"), self._kept.get("cursor")
        self.first = first if isinstance(first, int) and first > 0 else 0
        self.plot.await_member(cursor if isinstance(cursor, int) else None)
        if self.target is not None and "objectives" in self.wanted.how.goes_by:
            self.app.perform(self._take_configured_aim(self.target))
        self._refresh_view()

    @property
    def viewer(self) -> Viewer | None:
        """The read model of its own run, which may have been closed."""
        return self.run_shown

    @property
    def data(self) -> PlotData:
        """What is drawn."""
        units = self.viewer.units if self.viewer is not None else {}
        return PlotData(self.results, self.times, units, self.condition)

    # -- reading -----------------------------------------------------------------------------------

    def receive(self, view: View | None) -> None:
        if not self.is_stale:
            super().receive(view)

    def show(self, view: View) -> None:
        self._reading.look(view)

    def _rest(self) -> float:
        return _PAUSE + _PAUSE_PER_ROW * len(self.whole)

    def _counts(self, view: View) -> object:
        """Return what changes when there is something new to be shown."""
        taken = view.snapshot
        counts = (taken.tasks_done, taken.failed, taken.depth, view.reading)
        at_work = bool(self._shows_tasks and view.running)
        return (*counts, len(view.running), at_work and view.read_at // _GROWING)

    async def _read(self, viewer: Viewer) -> None:
        results = self.whole
        news, parameters = await self.read_of_run(viewer, read_news, viewer, results)
        results.take(news)
        results.parameters = parameters or results.parameters
        if news.anew:
            self._drawer.forget()
            self.plot.drop()
        await self._keep_rows(viewer)
        if self._shows_tasks:
            await self._read_times(viewer)
        self._refresh_view()

    async def _keep_rows(self, viewer: Viewer) -> None:
        """Bring the rows that are shown up to date."""
        whole, count = self.whole, len(self.whole)
        if not self.condition or not whole.columns:
            return
        from enchanted_tui.views.row_condition import ConditionError, RowCondition
        from enchanted_tui.views.row_selection import RowSelection

        try:
            condition = RowCondition(self.condition, whole.columns)
            columns = condition.gather(whole.columns)
            kept = await self.read_of_run(viewer, condition.judge, columns, count)
        except ConditionError:
            self.results = Results()  # a column that it names is not there yet
            return
        self.results = RowSelection(whole, kept, self.results)

    async def _read_times(self, viewer: Viewer) -> None:
        from enchanted_tui.views.task_times import with_running

        found = await self.read_of_run(viewer, viewer.rows.times)
        view = self.view
        self.times = found if view is None else with_running(found, view.running, view.read_at)
        if self.wanted.how.of_tasks:
            self._refresh_view()

    # -- views -------------------------------------------------------------------------------------

    @property
    def drawn_wanted(self) -> PlotWanted:
        return self.wanted.settled(self.results)

    def _go(self, kind: str) -> None:
        self.wanted, self.first = replace(self.wanted, kind=kind), 0
        if self.wanted.how.of_tasks and not self._shows_tasks and self.viewer is not None:
            self._shows_tasks = True
            self.app.perform(self._read_times(self.viewer))
        self.plot.forget_cursor()
        self._refresh_view()

    def _refresh_view(self) -> None:
        keys = {
            str(active.binding.id): self.app.get_key_display(active.binding)
            for active in self.active_bindings.values()
        }
        count, of = len(self.results), len(self.whole)
        rows = f"row{'' if of == 1 else 's'}"
        several = (
            f"{count:,} {rows}" if self.results is self.whole else f"{count:,} of {of:,} {rows}"
        )
        note = f"  {several}" if of else ""
        self.query_one(ViewTabs).show(self.wanted.kind, keys, note)
        self._draw()

    def _draw(self) -> None:
        data, wanted, drawer = self.data, self.drawn_wanted, self._drawer
        colours = None if self.app.no_color else dict(self.app.theme_variables)
        chosen = self.plot.cursor_member if wanted.kind == "parallel" else None
        surface = Surface(colours, self.first, chosen)
        heavy = max(len(data.results), 0 if data.times is None else len(data.times)) > _HEAVY
        self.plot.show_drawn(
            lambda width, height: drawer.draw(data, wanted, (width, height), surface),
            heavy=heavy,
        )
        self.draw_as_picture()

    def on_cursor_plot_moved(self) -> None:
        """Say what the cursor is on, and what the plot is of."""
        plot, wanted = self.plot, self.drawn_wanted
        parts = plot_parts(
            wanted, plot.drawn, self.first, self.app.theme_variables, self.size.width
        )
        self.query_one("#choices", Buttons).set(parts)
        self._say_under_plot()
        if wanted.kind == "parallel" and plot.cursor_member != self._highlighted:
            self._highlighted = plot.cursor_member
            self._draw()

    def _say_under_plot(self) -> None:
        drawn, spot = self.plot.drawn, self.plot.spot
        said = drawn.says(spot) if drawn is not None and spot is not None else ""
        if not said and drawn is not None and len(drawn.spots):
            said = "Arrows or a click: what is where; Enter opens it"
        self.query_one("#under", Line).show(self.said_of_picture or said)

    _highlighted: int | None = None

    def action_plots_scatter(self) -> None:
        self._go("scatter")

    def action_plots_density(self) -> None:
        self._go("density")

    def action_plots_mean(self) -> None:
        self._go("mean")

    def action_plots_errors(self) -> None:
        self._go("errors")

    def action_plots_correlation(self) -> None:
        self._go("correlation")

    def action_plots_parallel(self) -> None:
        self._go("parallel")

    def action_plots_front(self) -> None:
        self._go("front")
        if not self.wanted.objectives.objectives and self.target is not None:
            self.app.perform(self._take_configured_aim(self.target))

    async def _take_configured_aim(self, root: Path) -> None:
        """Compare by the objectives of the configuration, unless a person has chosen others; its
        limits hold for these too.
        """
        from enchanted_tui.operations.front_aim import configured_aim  # reads configurations

        found = await in_thread(configured_aim, root)
        if not self.has_left:
            own = self.wanted.objectives.objectives or found.objectives
            self.wanted = replace(self.wanted, objectives=replace(found, objectives=own))
            self._refresh_view()

    def action_plots_timeline(self) -> None:
        self._go("timeline")

    def action_plots_use(self) -> None:
        self._go("use")

    def action_plots_back(self) -> None:
        self.leave()

    # -- what the cursor is on ---------------------------------------------------------------------

    def on_cursor_plot_chosen(self) -> None:
        self.action_plots_open()

    def action_plots_open(self) -> None:
        plot, wanted = self.plot, self.drawn_wanted
        if plot.drawn is None or plot.spot is None:
            self.notify("Put the cursor on something first: with the arrows, or a click.")
            return
        members = plot.drawn.spots.members(plot.spot).tolist()
        if wanted.kind == "correlation":
            row, column = divmod(members[0], len(wanted.columns))
            self.wanted = replace(self.wanted, x=wanted.columns[column], y=wanted.columns[row])
            self._go("scatter")
        elif wanted.kind == "use":
            self.notify("Tasks are opened from the timeline (t).")
        else:
            self.app.perform(self._open_one(list(dict.fromkeys(members))))

    async def _open_one(self, members: list[int]) -> None:
        """Open the one task, or let a person choose."""
        tasks = [self._task_of(member) for member in members[:_MOST_LISTED]]
        place: int | None = 0
        if len(tasks) > 1:
            title = f"{len(members):,} here; open which?"
            lines = [self._line_of(member) for member in members[:_MOST_LISTED]]
            place = await self.app.ask(self, Chooser(title, lines))
        if place is not None:
            from enchanted_tui.ui.screens.task import TaskScreen

            self.app.open_over(self, TaskScreen(tasks[place], tasks))

    def _task_of(self, member: int) -> TaskId:
        return decode(member) if self.wanted.how.of_tasks else self.results.tasks[member]

    def _line_of(self, member: int) -> str:
        """Name one of several tasks by what tells it from the others."""
        wanted, name = self.drawn_wanted, self._task_of(member).name
        if wanted.how.of_tasks:
            from enchanted_tui.ui.charts.time_pictures import task_words

            return task_words(self.times, member) if self.times is not None else name
        from enchanted_tui.ui import formats

        names = wanted.columns if "columns" in wanted.how.goes_by else (wanted.x, wanted.y)
        if "objectives" in wanted.how.goes_by:
            names = tuple(wanted.objectives.objectives)
        values = {one: self.results.columns[one].raw[member] for one in names}
        return f"{name}  {formats.values(values)}"
