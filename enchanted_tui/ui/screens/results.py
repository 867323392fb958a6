"""The Results screen: the dataset of the open campaign, as a table, in charts and in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.campaign_screen import GOING_ON
from enchanted_tui.ui.charts import chart_choice as charts
from enchanted_tui.ui.charts.choice_line import CHARTS, choice_parts
from enchanted_tui.ui.kept_choices import kept_fields, kept_text
from enchanted_tui.ui.rereading import Rereading
from enchanted_tui.ui.screens.rows_writing import RowsWriting
from enchanted_tui.ui.sparing import Sparing
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.computed_view import ComputedView
from enchanted_tui.ui.widgets.condition_line import ConditionLine
from enchanted_tui.ui.widgets.coverage_view import CoverageView
from enchanted_tui.ui.widgets.dataset_table import DatasetTable, SummaryTable
from enchanted_tui.ui.widgets.front_table import FrontTable
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.ui.widgets.plot import Plot
from enchanted_tui.ui.widgets.sensitivity_view import SensitivityView
from enchanted_tui.ui.widgets.surrogate_view import SurrogateView
from enchanted_tui.ui.widgets.view_tabs import ViewTabs
from enchanted_tui.views.dataset_statistics import Results, read_news

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices
    from enchanted_tui.views.viewing import View, Viewer

_VIEWS = (
    ("table", "Table"),
    ("histogram", "Histogram"),
    ("scatter", "Scatter"),
    ("best", "Best"),
    ("front", "Front"),
    ("coverage", "Coverage"),
    ("summary", "Summary"),
    ("surrogate", "Surrogate"),
    ("sensitivity", "Sensitivity"),
)
_BODIES = {name: f"#{name}" for name, _ in _VIEWS if name not in CHARTS}
_PAUSE = 2.0  # seconds between two readings of a dataset that grows ...
_PAUSE_PER_ROW = 5e-5  # ... and more of a large one, of which each reading copies the columns
_NOTHING = "No campaign is open; choose one on the screen Runs (1)."


class ResultsScreen(RowsWriting):
    """One view at a time; what is chosen for the charts stays from one to the next."""

    HELP = """The dataset of the open campaign; it grows while the campaign runs.

Where keeps the rows of a condition such as gamma > 1 and success, in every view; Columns finds,
hides and shows columns. Enter opens a sample from every view.

In the charts, left and right change the column along the bottom, up and down the one on the left.
Failed samples are crosses, successful ones dots; a number as colour is five steps, each with as
many samples: the more ink, the larger. In Front, a chooses the objectives. Surrogate and
Sensitivity are worked out on request, while the app goes on."""
    DEFAULT_CSS = """
    ResultsScreen #choices, ResultsScreen #where { background: $background; padding: 0 1; }
    ResultsScreen #table, ResultsScreen #summary, ResultsScreen #plot, ResultsScreen #coverage,
    ResultsScreen #front, ResultsScreen ComputedView { display: none; height: 1fr; }
    ResultsScreen .-shown { display: block !important; }
    """
    KEPT = "results"
    AUTO_FOCUS = "#table"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *(f"results.{name}" for name, _ in _VIEWS),
        "results.compute",
        "results.where",
        "results.axes",
        "results.colour",
        "results.log",
        "results.goal",
        "results.sort",
        "results.columns",
        "results.all_rows",
        "results.open",
        "results.export",
        "results.plots",
        "results.copy",
        "results.back",
        *GOING_ON,
    )

    def __init__(self) -> None:
        super().__init__()
        self.whole = self.results = Results()
        self.choice = charts.ChartChoice()  #: what the person has chosen, and ...
        #: ... the same with columns that `results` has, brought up to date by `_refresh_view`
        self._drawn = self.choice
        self._shown = "table"
        self._known_keys: dict[str, str] = {}
        self._empty = ""  #: what the table says where there is no row
        self._sparing = Sparing()
        self._reading = Rereading(self, self._read, _counts, self._rest)

    def compose_body(self) -> ComposeResult:
        yield ViewTabs("results", _VIEWS, id="tabs")
        yield Buttons(id="where")
        yield Buttons(id="choices")
        yield DatasetTable(id="table")
        yield Plot(id="plot")
        yield FrontTable(id="front")
        yield CoverageView(id="coverage")
        yield SummaryTable(id="summary")
        yield SurrogateView(id="surrogate")
        yield SensitivityView(id="sensitivity")
        yield ConditionLine(id="condition-line")
        yield AskLine()

    def on_mount(self) -> None:
        self._go("table")

    @property
    def plot(self) -> Plot:
        return self.query_one(Plot)

    @property
    def _computed(self) -> ComputedView | None:
        """What is shown, if it is worked out on request."""
        found = self.query_one(_BODIES.get(self._shown, "#plot"))
        return found if isinstance(found, ComputedView) else None

    # -- reading -----------------------------------------------------------------------------------

    def show(self, view: View) -> None:
        self._reading.look(view)

    def show_nothing(self) -> None:
        self._reading.forget()
        for view in self.query(ComputedView):
            view.forget()
        self.whole = Results()
        self.drop_filtered()
        self._empty = _NOTHING if self.app.root is None else "Reading the dataset."
        self._show_table()
        self._refresh_view()

    def forget_choices(self) -> None:
        super().forget_choices()
        self.choice = charts.ChartChoice()
        self.table.sort_anew()
        self.show_columns()
        self.table.awaited.key = None

    def choices(self) -> Choices:
        return {**super().choices(), "view": self._shown, "chart": asdict(self.choice)}

    def restore(self, choices: Mapping[str, Any]) -> None:
        super().restore(choices)
        self.choice = kept_fields(self.choice, choices.get("chart"))
        if view := kept_text(choices, "view", [name for name, _ in _VIEWS]):
            self._go(view)

    def _rest(self) -> float:
        return _PAUSE + _PAUSE_PER_ROW * len(self.whole)

    async def _read(self, viewer: Viewer) -> None:
        results = self.whole
        news, parameters = await self.read_of_run(viewer, read_news, viewer, results)
        results.take(news)
        results.parameters = parameters or results.parameters
        self._sparing.look(len(results) * len(results.columns))
        if news.anew:
            # though another view is shown: its rows are not those of the dataset any more
            self.drop_filtered()
            self.table.show(results)
        self._empty = "No sample of this stage has finished yet."
        await self.filter_rows()
        self._refresh_view()

    # -- views -------------------------------------------------------------------------------------

    def _go(self, name: str) -> None:
        self._shown = name
        body = _BODIES.get(name, "#plot")
        for selector in (*_BODIES.values(), "#plot"):
            self.query_one(selector).set_class(selector == body, "-shown")
        if not self.condition_line.display:
            self.focus_view()
        self._refresh_view()

    def focus_view(self) -> None:
        self.query_one(_BODIES.get(self._shown, "#plot")).focus()

    def _refresh_view(self) -> None:
        self._drawn = self.choice.settled(self.results)
        self._show_tabs()
        self._show_choices()
        self.show_condition()
        if self._shown == "table":
            self._show_table()
        elif self._shown == "summary":
            self.app.perform(self.query_one(SummaryTable).show(self.results))
        elif self._shown == "front":
            self.app.perform(self.show_front(self._keys().get("results.axes", "")))
        elif self._shown == "coverage":
            self.query_one(CoverageView).show(self.results)
        elif (computed := self._computed) is not None:
            key = self._keys().get("results.compute", "")
            computed.show(self.app.root, len(self.whole), self.whole.fingerprint, key)
        else:
            self._draw()
            if self._drawn.colour == charts.BY_FRONT:  # which grows, and is drawn again
                self.app.perform(self.show_front(self._keys().get("results.axes", "")))

    def _show_table(self) -> None:
        none_kept = len(self.whole) and not len(self.results)
        self.table.set_empty("No row keeps the condition." if none_kept else self._empty)
        self.table.show(self.results)

    def _draw(self) -> None:
        results, choice, name = self.results, self._drawn, self._shown
        self.plot.show(lambda width, height: charts.picture(results, choice, name, width, height))

    def _keys(self) -> dict[str, str]:
        """Return the keys of the actions, as they are shown: also while a condition is written,
        for whatever stands there would move otherwise.
        """
        if not self.condition_line.typed.has_focus:
            self._known_keys = {
                str(active.binding.id): self.app.get_key_display(active.binding)
                for active in self.active_bindings.values()
            }
        return self._known_keys

    def _show_tabs(self) -> None:
        note = f"  {self.count_words}" if len(self.whole) else ""
        self.query_one(ViewTabs).show(self._shown, self._keys(), note)

    def on_plot_resized(self) -> None:
        self._show_choices()  # which sign a point has depends on the room

    def _show_choices(self) -> None:
        choice, parts = self._drawn, []
        if self._shown in CHARTS and choice.x and choice.y:
            parts = choice_parts(
                self.results,
                choice,
                self._shown,
                self.plot.size,
                self.size.width,
                self.app.theme_variables,
            )
        elif self._shown == "front":
            parts = self.front_parts()
        elif self._shown == "table" and len(self.results):
            parts = [(self.table.order_text, "", "results_sort"), self.columns_part()]
        self.query_one("#choices", Buttons).set(parts)

    def action_results_table(self) -> None:
        self._go("table")

    def action_results_histogram(self) -> None:
        self._go("histogram")

    def action_results_scatter(self) -> None:
        self._go("scatter")

    def action_results_best(self) -> None:
        self._go("best")

    def action_results_front(self) -> None:
        self._go("front")

    def on_front_table_found(self) -> None:
        self._drawn = self.choice.settled(self.results)
        if self._shown in CHARTS:
            self._draw()
        self._show_choices()

    def action_results_coverage(self) -> None:
        self._go("coverage")

    def action_results_summary(self) -> None:
        self._go("summary")

    def action_results_surrogate(self) -> None:
        self._go("surrogate")

    def action_results_sensitivity(self) -> None:
        self._go("sensitivity")

    def action_results_compute(self) -> None:
        if self._computed is None:
            self._go("surrogate")
        self.query_one(_BODIES[self._shown], ComputedView).work_out()

    def action_results_back(self) -> None:
        if self.condition_line.display:
            self.on_condition_line_left()
        elif self._shown == "table":
            self.app.show_mode("monitor")
        else:
            self._go("table")

    # -- charts ------------------------------------------------------------------------------------

    def action_results_axes(self) -> None:
        self.app.perform(self._choose_axes())

    async def _choose_axes(self) -> None:
        if self._shown == "front":
            await self.choose_objectives(self._keys().get("results.axes", ""))
            return
        if self._shown not in CHARTS:
            self._go("scatter")
        if self._shown != "best" and not await self._choose("x"):
            return
        if self._shown != "histogram":
            await self._choose("y")

    def action_results_colour(self) -> None:
        self.action_choose("colour")

    def action_choose(self, what: str) -> None:
        """Choose one of x, y and colour."""
        self.app.perform(self._choose(what))

    async def _choose(self, what: str) -> bool:
        """Let a person choose, and show it; return whether they did."""
        titles = {"x": "Along the bottom", "y": "On the left", "colour": "Colour and mark by"}
        names = charts.colourings(self.results) if what == "colour" else self.results.numeric
        if not names:
            self.notify("There is no column of numbers yet.")
            return False
        current = getattr(self._drawn, what)
        chosen = await self.app.ask(
            self, Chooser(titles[what], names, names.index(current) if current in names else 0)
        )
        if chosen is not None:
            setattr(self.choice, what, names[chosen])
            if what == "colour" and self._shown != "scatter":
                self._go("scatter")
            self._refresh_view()
        return chosen is not None

    def on_plot_step(self, message: Plot.Step) -> None:
        names = self.results.numeric
        only = {"histogram": "x", "best": "y"}.get(self._shown)
        axis = only or ("x", "y")[message.axis]
        if names:
            index = names.index(getattr(self._drawn, axis)) + message.step
            setattr(self.choice, axis, names[index % len(names)])
            self._refresh_view()

    def action_results_log(self) -> None:
        if self._shown == "histogram":
            self.choice.log_x = not self.choice.log_x
        elif self._shown == "best":
            self.choice.log_y = not self.choice.log_y
        else:
            self._go("scatter")
            self.choice.next_log()
        self._refresh_view()

    def action_results_goal(self) -> None:
        self.choice.largest = not self.choice.largest
        self._go("best")

    # -- writing and copying -----------------------------------------------------------------------

    def on_ask_line_closed(self) -> None:
        self.focus_view()

    def action_results_copy(self) -> None:
        if self._shown in CHARTS:
            self.app.copy(self.plot.text, "the chart as text")
        elif self._shown in ("table", "front"):
            table = self.query_one(_BODIES[self._shown], DatasetTable)
            if table.cursor is not None:
                self.app.copy(table.row_text(table.cursor_row), "the row")
        elif (computed := self._computed) is not None:
            self.app.copy(computed.text, "the report")


def _counts(view: View) -> object:
    return (view.snapshot.tasks_done, view.snapshot.failed, view.snapshot.depth, view.reading)
