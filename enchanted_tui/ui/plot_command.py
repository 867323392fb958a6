"""The part of the command line that plots. Imports nothing heavy before that."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enchanted_tui.plotting.figure_files import PlotData
    from enchanted_tui.plotting.plot_wanted import PlotWanted
    from enchanted_tui.views.front import FrontAim

_ALL = 3600.0  #: seconds of reading: as long as it takes
_NARROWEST, _LOWEST = 40, 12  #: of what is printed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that go with ``--plot``."""
    group = parser.add_argument_group("with --plot")
    group.add_argument("--x", metavar="COLUMN", help="along the bottom; else the first parameter")
    group.add_argument("--y", metavar="COLUMN", help="on the left; else the first output")
    group.add_argument("--value", metavar="COLUMN", help="of which `mean` shows means")
    group.add_argument("--error", metavar="COLUMN", help="errors of --y; else those of bins")
    group.add_argument(
        "--colour", metavar="COLUMN", help="of points and lines; else success; 'nothing' for none"
    )
    group.add_argument("--log", metavar="x,y", help="axes that are logarithmic")
    group.add_argument("--bins", metavar="N", help="along an axis; else what suits the samples")
    group.add_argument("--largest", action="store_true", help="of `best`: the largest is best")
    group.add_argument("--size", metavar="WxH", help="inches, or with cm or mm behind; 6.4x4.4")
    group.add_argument("--dpi", metavar="N", help="dots per inch; 300")
    group.add_argument("--x-label", metavar="TEXT", help="instead of the column and its unit")
    group.add_argument("--y-label", metavar="TEXT", help="likewise")
    group.add_argument("--colour-label", metavar="TEXT", help="likewise")
    group.add_argument("--no-colour-bar", action="store_true", help="leave the scale out")
    group.add_argument("--font", metavar="NAME", help="else a sans-serif one")
    group.add_argument("--font-size", metavar="N", help="points; 10")
    group.add_argument(
        "--script", action="store_true", help="write FILE.py too, which draws the figure again"
    )


def run(options: argparse.Namespace) -> int:
    """Print a plot as text or, with ``--out``, write a figure and print where. Raises RefusedError,
    ExportError, EnvironmentProblem, or OSError for a full or lost disk.
    """
    from enchanted_tui.errors import RefusedError
    from enchanted_tui.plotting.figure_files import as_told
    from enchanted_tui.plotting.figure_look import FigureLook
    from enchanted_tui.plotting.plot_wanted import check_columns

    wanted, root = _wanted(options), Path(options.plot[1])
    if options.out is None:
        _refuse_looks(options)
    data = _read(root, wanted, options.where or "")
    if not wanted.how.of_tasks:
        if not len(data.results):
            raise RefusedError(f"{root}: no sample has finished yet, so there is nothing to plot.")
        check_columns(wanted, data.results)
        wanted = wanted.settled(data.results)
    if options.out is not None:
        return _write(options, root, data, wanted)
    as_told(data, wanted, FigureLook())  # says what is lacking
    if options.json:
        raise RefusedError("--json goes with --out FILE, of which it says what was written.")
    print(_as_text(data, wanted))
    return 0


def _write(options: argparse.Namespace, root: Path, data: PlotData, wanted: PlotWanted) -> int:
    """Write the figure, and its script."""
    from enchanted_tui.export.selection import check_places
    from enchanted_tui.plotting.figure_files import write_figure
    from enchanted_tui.plotting.figure_look import check_format, read_look

    out = Path(options.out)
    look = read_look(vars(options), colour_bar=not options.no_colour_bar)
    check_format(out)
    places = [out, *(data.beside(out) if options.script else [])]
    check_places(places, overwrite=options.overwrite)
    write_figure(out, data, wanted, look, root if options.script else None)
    told = [str(place) for place in places]
    print(json.dumps({"written": told}) if options.json else f"wrote {' and '.join(told)}")
    return 0


def _refuse_looks(options: argparse.Namespace) -> None:
    """Refuse what is said of a figure where none is written."""
    from enchanted_tui.errors import RefusedError

    given = [name for name in LOOKS if getattr(options, name)]
    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise RefusedError(
            f"{names}: without --out FILE the plot is printed as text, which has none of this; add"
            " --out FIGURE.pdf"
        )


#: What is said of a figure alone.
LOOKS = (
    *("size", "dpi", "title", "x_label", "y_label", "colour_label", "no_colour_bar"),
    *("font", "font_size", "script"),
)


def _wanted(options: argparse.Namespace) -> PlotWanted:
    """Read what is to be plotted; all that is wrong with it is said at once."""
    from enchanted_tui.errors import RefusedError
    from enchanted_tui.plotting.plot_wanted import BY_SUCCESS, KINDS, PlotWanted
    from enchanted_tui.suggestions import did_you_mean

    kind = options.plot[0].lower()
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"; there are {', '.join(KINDS)}"
        raise RefusedError(f"--plot {options.plot[0]}: there is no such plot{hint}")
    wrong = _without_meaning(options, kind)
    axes = {part.strip().lower() for part in (options.log or "").split(",")} - {""}
    if axes - {"x", "y"}:
        wrong.append(f"--log {options.log}: expected x, y, or both as in --log x,y")
    bins = None
    if options.bins is not None:
        bins = int(options.bins) if options.bins.isdecimal() else 0
        if not 1 <= bins <= 1000:
            wrong.append(f"--bins {options.bins}: expected a whole number from 1 to 1000")
    if wrong:
        raise RefusedError("\n".join(wrong))
    columns = tuple(one.strip() for one in (options.columns or "").split(",") if one.strip())
    return PlotWanted(
        kind,
        x=options.x or "",
        y=options.y or "",
        value=options.value or "",
        error=options.error or "",
        colour=options.colour or BY_SUCCESS,
        columns=columns,
        log_x="x" in axes,
        log_y="y" in axes,
        largest=options.largest,
        bins=bins,
        objectives=_aim(Path(options.plot[1]), options.front) if kind == "front" else _no_aim(),
    )


def _without_meaning(options: argparse.Namespace, kind: str) -> list[str]:
    """Name the options that a kind of plot does not go by."""
    from enchanted_tui.plotting.plot_wanted import KINDS

    by = KINDS[kind].goes_by
    asked = {name: name for name in ("x", "y", "value", "error", "colour", "columns", "bins")}
    asked |= {"largest": "largest", "front": "objectives", "log": "log_y" if "y" in by else "log_x"}
    by = by if KINDS[kind].of_tasks else by | {"where"}
    asked["where"] = "where"
    idle = [
        f"--{option}"
        for option, name in asked.items()
        if name not in by and getattr(options, option) not in (None, False)
    ]
    return [f"{', '.join(idle)}: the plot {kind} does not go by this; leave it out"] if idle else []


def _aim(root: Path, written: str | None) -> FrontAim:
    from dataclasses import replace

    from enchanted_tui.errors import RefusedError
    from enchanted_tui.operations.front_aim import configured_aim
    from enchanted_tui.views.front import read_objectives

    aim = configured_aim(root)
    try:
        return replace(aim, objectives=read_objectives(written)) if written else aim
    except ValueError as error:
        raise RefusedError(f"--front {written}: {error}") from None


def _no_aim() -> FrontAim:
    from enchanted_tui.views.front import FrontAim

    return FrontAim()


def _read(root: Path, wanted: PlotWanted, condition: str) -> PlotData:
    """Read what is plotted of a campaign, running or not, of its rows those that keep a condition.
    Raises EnvironmentProblem, ExportError.
    """
    import numpy

    from enchanted_tui.export.where_rows import some_kept
    from enchanted_tui.export.writing import campaign_in
    from enchanted_tui.plotting.figure_files import PlotData
    from enchanted_tui.views.dataset_statistics import Results, read_news
    from enchanted_tui.views.row_selection import RowSelection
    from enchanted_tui.views.viewing import Viewer

    campaign_in(root)
    viewer, results, times = Viewer(root), Results(), None
    try:
        view = viewer.refresh(budget=_ALL)
        for sentence in view.damage:
            print(sentence, file=sys.stderr)
        if wanted.how.of_tasks:
            from enchanted_tui.views.task_times import with_running

            times = with_running(viewer.rows.times(), view.running, view.read_at)
        else:
            news, parameters = read_news(viewer, results)
            results.take(news)
            results.parameters = parameters
        if condition and len(results):
            columns = {name: column.raw for name, column in results.columns.items()}
            kept = numpy.array(some_kept(condition, columns, len(results)))
            results = RowSelection(results, kept, results)
        return PlotData(results, times, viewer.units, condition)
    finally:
        viewer.close()


def _as_text(data: PlotData, wanted: PlotWanted) -> str:
    """Return the plot in characters, as large as the terminal, and what its signs mean."""
    import shutil

    from enchanted_tui.ui import glyphs
    from enchanted_tui.ui.charts.plot_drawing import PlotDrawer, Surface
    from enchanted_tui.ui.charts.plot_line import plot_parts

    glyphs.use_ascii(None)
    terminal = shutil.get_terminal_size()
    size = max(_NARROWEST, terminal.columns - 1), max(_LOWEST, min(50, terminal.lines - 4))
    drawn = PlotDrawer().draw(data, wanted, size, Surface())
    said = "".join(text for text, _, _ in plot_parts(wanted, drawn, 0, {}, size[0])).strip()
    return "\n".join(line for line in (said, drawn.picture.text()) if line)
