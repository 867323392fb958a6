"""Figures by matplotlib, which is optional; text in them is never taken for mathematics."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.visible_text import visible

#: Okabe and Ito, for all eyes.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444")
_ONE_AT_A_TIME = threading.Lock()  #: matplotlib's settings are those of the whole process
_NOTHING = "\u200b"  #: a sign without width
SIGNS = ("o", "x", "s", "^", "v", "D", "P", "*")


@contextmanager
def figure_of(size: tuple[float, float], **settings: Any) -> Iterator[Any]:
    """Give an empty figure of so many inches, to be drawn and saved inside; `settings` are
    matplotlib's, for this figure alone. Raises EnvironmentProblem without matplotlib.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise EnvironmentProblem(
            "Figures are drawn by matplotlib, which is not installed here; install it with: pip"
            " install 'enchanted-tui[plot]'"
        ) from None
    # a name such as "$x" is no formula
    plain: Any = {"text.parse_math": False, **settings}
    with _ONE_AT_A_TIME, rc_context(plain):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def label_of(name: str) -> str:
    """Return a name as the label of what is drawn: fonts have no controls, and matplotlib leaves
    one that begins with ``_`` out of its legends.
    """
    shown = visible(name)
    return f"{_NOTHING}{shown}" if shown.startswith("_") else shown


def make_logarithmic(axes: Any, which: str) -> None:
    """Make the axis ``x`` or ``y`` logarithmic, with plain numbers beside it."""
    from matplotlib.ticker import LogFormatter, LogLocator

    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(numticks=6))
    axis.set_major_formatter(LogFormatter(minor_thresholds=(6, 0.5)))
    axis.set_minor_formatter(LogFormatter(minor_thresholds=(1.0, 0.3)))
