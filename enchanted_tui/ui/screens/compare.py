"""Runs side by side: counts and cost, learning curves, distributions, configurations."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enchanted_tui.comparison.compare_process import samples_of
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.charts.overlaid import COLOURS, overlaid_histogram, overlaid_scatter, sign_of
from enchanted_tui.ui.compared_runs import ComparedRuns, RunsBeside
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.curves_view import CurvesView
from enchanted_tui.ui.widgets.line import Buttons, Line
from enchanted_tui.ui.widgets.plot import Plot
from enchanted_tui.ui.widgets.table import Cell, Column, VirtualTable
from enchanted_tui.ui.widgets.view_tabs import ViewTabs

if TYPE_CHECKING:
    from collections.abc import Sequence

_VIEWS = (
    ("table", "Table"),
    ("curves", "Learning curves"),
    ("histogram", "Histogram"),
    ("scatter", "Scatter"),
    ("configuration", "Configuration"),
)
_BODIES = {
    "table": "#facts",
    "curves": "#curves",
    "histogram": "#plot",
    "scatter": "#plot",
    "configuration": "#differences",
}
_PAUSE = 2.0  #: seconds between two readings while one of the runs goes on
_AT_REST = 10.0  #: the same while none does
_PAUSE_PER_ROW = 1e-4  #: ... and more of large ones, of which each reading copies the columns


class CompareScreen(Opened, AppScreen):
    """One view at a time; a run has the same colour and sign in all of them."""

    HELP = """Runs side by side, running or finished; what they do not share is left out and said.

In the charts, left and right change the column along the bottom, up and down the one on the left,
and a click on a column, or a, lists them; axes are the same for all. Learning curves are worked out
on request, while the app goes on: all models are tested on the same samples. Where configurations
differ, a sign stands before what is not as in the first run."""
    DEFAULT_CSS = """
    CompareScreen #legend { background: $background; padding: 0 1; }
    CompareScreen #notes { height: auto; max-height: 4; padding: 0 1; color: $text-muted; }
    CompareScreen #facts, CompareScreen #differences { display: none; height: 1fr; }
    CompareScreen #plot, CompareScreen CurvesView { display: none; height: 1fr; }
    CompareScreen .-shown { display: block !important; }
    """
    AUTO_FOCUS = "#facts"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *(f"compare.{name}" for name, _ in _VIEWS),
        "compare.compute",
        "compare.axes",
        "compare.log",
        "compare.copy",
        "compare.back",
    )

    def __init__(self, roots: Sequence[Path]) -> None:
        super().__init__()
        self.roots = tuple(roots)
        self.found: RunsBeside | None = None
        self._runs = ComparedRuns(self.roots)
        self._shown = "table"
        self._x = self._y = ""  #: columns; those of before where a dataset has lost them
        self._log = [False, False]
        self._reading = False
        self._next = 0.0

    def compose_body(self) -> ComposeResult:
        yield ViewTabs("compare", _VIEWS, id="tabs")
        yield Buttons(id="legend")
        yield VirtualTable(
            (), self._fact_cells, fit=False, pinned=1, empty="reading the runs ...", id="facts"
        )
        yield Plot(id="plot")
        yield CurvesView(self.roots, id="curves")
        yield VirtualTable(
            (),
            self._key_cells,
            fit=False,
            pinned=1,
            empty="The configurations are the same.",
            id="differences",
        )
        yield Line(id="notes")

    def on_mount(self) -> None:
        self._go("table")
        self.set_interval(0.5, self._look_if_due)
        self._look_if_due()

    def on_unmount(self) -> None:
        self._runs.close()

    # -- reading -----------------------------------------------------------------------------------

    def _look_if_due(self) -> None:
        if self.is_current and not self._reading and time.monotonic() >= self._next:
            self._reading = True
            self.app.perform(self._look())

    async def _look(self) -> None:
        try:
            self._next = float("inf")  # unless it can be read
            found = await in_thread(self._runs.read)
            if self.has_left:
                return
            rows = sum(run.samples for run in found.runs)
            at_work = any(run.phase.at_work for run in found.runs)
            pause = (_PAUSE if at_work else _AT_REST) + _PAUSE_PER_ROW * rows
            self._next = time.monotonic() + pause
            self._take(found)
        finally:
            self._reading = False

    def _take(self, found: RunsBeside) -> None:
        first, self.found = self.found is None, found
        if first:
            names = [run.name for run in found.runs]
            columns = [Column("what", "", 22, grow=1)]
            columns += [Column(name, name, 26, grow=1) for name in names]
            for table in (self._facts, self._differences):
                table.set_columns(columns)
        self._facts.set_rows(range(len(found.facts)))
        self._facts.refresh_rows()
        self._differences.set_rows(range(len(found.differences)))
        self._differences.refresh_rows()
        notes = "\n".join(f"note: {note}" for note in found.notes)
        line = self.query_one("#notes", Line)
        if line.text != notes:
            line.show(notes)
            line.refresh(layout=True)
        self._refresh_view()

    @property
    def _facts(self) -> VirtualTable:
        return self.query_one("#facts", VirtualTable)

    @property
    def _differences(self) -> VirtualTable:
        return self.query_one("#differences", VirtualTable)

    def _fact_cells(self, row: int) -> list[Cell]:
        if self.found is None or row >= len(self.found.facts):
            return []
        title, *cells = self.found.facts[row]
        return [(title, "dim"), *cells]

    def _key_cells(self, row: int) -> list[Cell]:
        """Return a key and its values; one that is not as in the first run has a colour and a
        sign.
        """
        if self.found is None or row >= len(self.found.differences):
            return []
        one = self.found.differences[row]
        cells: list[Cell] = [one.key]
        for value in one.values:
            text = "-" if value is None else " ".join(value.split())
            if value == one.values[0]:
                cells.append(f"  {text}")
            else:
                cells.append((f"{glyph('right')} {text}", "error" if value is None else "warning"))
        return cells

    # -- views -------------------------------------------------------------------------------------

    def _go(self, name: str) -> None:
        self._shown = name
        for selector in set(_BODIES.values()):
            self.query_one(selector).set_class(selector == _BODIES[name], "-shown")
        self.query_one(_BODIES[name]).focus()
        self._refresh_view()

    def _refresh_view(self) -> None:
        keys = {
            str(active.binding.id): self.app.get_key_display(active.binding)
            for active in self.active_bindings.values()
        }
        self.query_one(ViewTabs).show(self._shown, keys, "")
        self.status_line.title = f"compare {len(self.roots)} runs"
        self.status_line.check()
        found = self.found
        if found is None:
            return
        self._settle(found)
        self._show_legend(found)
        if self._shown == "curves":
            view = self.query_one(CurvesView)
            view.show(self.roots[0], *samples_of(found.runs), keys.get("compare.compute", ""))
        elif _BODIES[self._shown] == "#plot":
            self._draw(found)

    def _settle(self, found: RunsBeside) -> None:
        """Choose columns for the axes where none are chosen."""
        names = found.names
        if self._x not in names:
            self._x = next(iter(names), "")
        if self._y not in names:
            others = [*found.outputs, *(name for name in names if name != self._x), *names]
            self._y = next(iter(others), "")

    def _draw(self, found: RunsBeside) -> None:
        plot, x, y, log = self.query_one("#plot", Plot), self._x, self._y, tuple(self._log)
        if not x:
            plot.show(lambda width, height: found.nothing((width, height)))
        elif self._shown == "histogram":
            values = [run[x] for run in found.numbers]
            plot.show(
                lambda width, height: overlaid_histogram((width, height), values, x, log=log[0])
            )
        else:
            across, up = ([run[name] for run in found.numbers] for name in (x, y))
            plot.show(
                lambda width, height: overlaid_scatter(
                    (width, height), across, up, (x, y), (log[0], log[1])
                )
            )

    def _show_legend(self, found: RunsBeside) -> None:
        colours = self.app.theme_variables
        parts = [
            (f"{sign_of(number)} {run.name}  ", colours.get(COLOURS[number], ""), "")
            for number, run in enumerate(found.runs)
        ]
        self.query_one("#legend", Buttons).set([*self._axis_parts(), *parts])

    def _axis_parts(self) -> list[tuple[str, str, str]]:
        """Return which columns are drawn; a click on one chooses another."""
        if _BODIES[self._shown] != "#plot" or not self._x:
            return []
        logs = [" (log)" if is_log else "" for is_log in self._log]
        parts = [(f"x {self._x}{logs[0]}  ", "", "choose('x')")]
        if self._shown == "scatter":
            parts.append((f"y {self._y}{logs[1]}  ", "", "choose('y')"))
        return parts

    def on_plot_step(self, message: Plot.Step) -> None:
        if self.found is None or not self.found.names:
            return
        names = self.found.names
        if message.axis == 0 or self._shown == "histogram":
            self._x = names[(names.index(self._x) + message.step) % len(names)]
        else:
            self._y = names[(names.index(self._y) + message.step) % len(names)]
        self._refresh_view()

    # -- actions -----------------------------------------------------------------------------------

    def action_compare_table(self) -> None:
        self._go("table")

    def action_compare_curves(self) -> None:
        self._go("curves")

    def action_compare_histogram(self) -> None:
        self._go("histogram")

    def action_compare_scatter(self) -> None:
        self._go("scatter")

    def action_compare_configuration(self) -> None:
        self._go("configuration")

    def action_compare_compute(self) -> None:
        self._go("curves")
        if self.found is not None:
            self.query_one(CurvesView).work_out()

    def action_compare_axes(self) -> None:
        self.app.perform(self._choose_axes())

    async def _choose_axes(self) -> None:
        if _BODIES[self._shown] != "#plot":
            self._go("scatter")
        if await self._choose("x") and self._shown == "scatter":
            await self._choose("y")

    def action_choose(self, axis: str) -> None:
        """Choose the column of an axis, x or y."""
        self.app.perform(self._choose(axis))

    async def _choose(self, axis: str) -> bool:
        """Let a person choose, and show it; return whether they did."""
        names = list(self.found.names) if self.found is not None else []
        if not names:
            self.notify("There is no column of numbers that all runs have.")
            return False
        current = self._x if axis == "x" else self._y
        title = "Along the bottom" if axis == "x" else "On the left"
        chosen = await self.app.ask(self, Chooser(title, names, names.index(current)))
        if chosen is not None:
            if axis == "x":
                self._x = names[chosen]
            else:
                self._y = names[chosen]
            self._refresh_view()
        return chosen is not None

    def action_compare_log(self) -> None:
        if self._shown == "histogram":
            self._log[0] = not self._log[0]
        else:
            number = (self._log[1] + 2 * self._log[0] + 1) % 4
            self._log = [bool(number & 2), bool(number & 1)]
            self._go("scatter")
        self._refresh_view()

    def action_compare_copy(self) -> None:
        body = self.query_one(_BODIES[self._shown])
        if isinstance(body, VirtualTable):
            rows = map(body.row_text, range(body.row_count))
            self.app.copy("\n".join(rows), "the table")
        elif isinstance(body, Plot | CurvesView):
            self.app.copy(body.text, "what is shown")

    def action_compare_back(self) -> None:
        if self._shown == "table":
            self.dismiss()
        else:
            self._go("table")
