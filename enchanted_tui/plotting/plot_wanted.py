"""Which plots there are, and what somebody wants to see in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from enchanted_tui.errors import RefusedError
from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.views.dataset_statistics import Results
from enchanted_tui.views.front import FrontAim

BY_SUCCESS = "success or failure"
BY_NOTHING = "nothing"
BY_FRONT = "Pareto front"

Grain = Literal["auto", "dots", "blocks"]
GRAINS: tuple[Grain, ...] = ("auto", "dots", "blocks")


@dataclass(frozen=True)
class PlotKind:
    """One kind of plot."""

    title: str
    says: str  #: what it shows, after "Show"
    #: which of `PlotWanted` it goes by: x, y, value, error, colour, columns, objectives, log_x,
    #: log_y, largest, bins
    goes_by: frozenset[str]
    of_tasks: bool = False  #: when and where they ran, instead of the dataset


def _kind(title: str, says: str, goes_by: str, *, of_tasks: bool = False) -> PlotKind:
    return PlotKind(title, says, frozenset(goes_by.split()), of_tasks)


KINDS: Mapping[str, PlotKind] = {
    "histogram": _kind("Histogram", "how the values of a column are distributed", "x log_x bins"),
    "scatter": _kind("Scatter", "two columns against each other", "x y colour log_x log_y"),
    "best": _kind("Best", "the best value so far, sample by sample", "y log_y largest"),
    "front": _kind("Front", "the Pareto front of objectives", "objectives log_x log_y"),
    "density": _kind(
        "Density", "how many samples lie where, on a grid", "x y log_x log_y bins"
    ),
    "mean": _kind(
        "Mean", "the mean of a column over two others, on a grid", "x y value log_x log_y bins"
    ),
    "errors": _kind(
        "Error bars",
        "a column with its errors, or mean and standard deviation in bins",
        "x y error log_x log_y bins",
    ),
    "correlation": _kind("Correlation", "which columns go together, by their ranks", "columns"),
    "parallel": _kind("Parallel", "each sample as a line over all columns", "columns colour"),
    "timeline": _kind("Timeline", "which task ran where and when", "", of_tasks=True),
    "use": _kind(
        "Use", "cores held, processor time and memory over time", "", of_tasks=True
    ),
}  # fmt: skip

_MOST_COLUMNS = 12  #: of those that nobody has chosen


@dataclass(frozen=True)
class PlotWanted:
    """What is to be seen; an empty name leaves the choice to `settled`."""

    kind: str
    x: str = ""
    y: str = ""
    value: str = ""  #: of which means are shown
    error: str = ""  #: column of the errors of `y`
    colour: str = BY_SUCCESS
    columns: tuple[str, ...] = ()
    objectives: FrontAim = field(default_factory=FrontAim)
    log_x: bool = False
    log_y: bool = False
    largest: bool = False
    bins: int | None = None  #: along each axis; None: as many as suit the samples
    grain: Grain = "auto"  #: of points drawn with characters

    @property
    def how(self) -> PlotKind:
        """The kind of plot."""
        return KINDS[self.kind]

    def settled(self, results: Results) -> PlotWanted:
        """Return it with columns of the dataset in place of names that are empty, or not there
        (any more): the first parameter, the first output and so on.
        """
        names = results.numeric
        x = self.x if self.x in names else next(iter(names), "")
        others = (*results.outputs, *(name for name in names if name != x), *names)
        y = self.y if self.y in names else next(iter(others), "")
        if self.kind in ("density", "mean") and self.y not in names:
            y = next((name for name in names if name != x), x)
        value = next((name for name in (*results.outputs, *names) if name not in (x, y)), y)
        return replace(
            self,
            x=x,
            y=y,
            value=self.value if self.value in names else value,
            error=self.error if self.error in names else "",
            colour=self.colour if self.colour in colourings(results) else BY_SUCCESS,
            columns=tuple(name for name in self.columns if name in names)
            or tuple(telling_columns(results)[:_MOST_COLUMNS]),
        )


def telling_columns(results: Results) -> list[str]:
    """Return the columns of numbers that a person has named, parameters first: not run times and
    whether steps have succeeded.
    """
    own = ("success_", "runtime_sec", "neighbour_")
    return [name for name in results.numeric if name != "success" and not name.startswith(own)]


def colourings(results: Results) -> list[str]:
    """Return what points can be marked by."""
    words = [name for name, column in results.columns.items() if column.words()]
    return [
        BY_SUCCESS,
        BY_NOTHING,
        *([BY_FRONT] if results.front.any() else []),
        *(name for name in results.numeric if name != "success"),
        *words,
    ]


def check_columns(wanted: PlotWanted, results: Results) -> None:
    """Raise RefusedError with a sentence for each name that is no column to be drawn."""
    numeric = results.numeric
    asked: list[tuple[str, str, Sequence[str]]] = [
        (option, getattr(wanted, option), numeric)
        for option in ("x", "y", "value", "error")
        if option in wanted.how.goes_by
    ]
    if "columns" in wanted.how.goes_by:
        asked += [("columns", name, numeric) for name in wanted.columns]
    if "objectives" in wanted.how.goes_by:
        aim = wanted.objectives
        asked += [("front", name, numeric) for name in (*aim.objectives, *aim.limits)]
    if "colour" in wanted.how.goes_by:
        asked.append(("colour", wanted.colour, [*colourings(results), BY_FRONT]))
    wrong = [
        f"--{option} {name}: {_what_is_wrong(name, known, results)}"
        for option, name, known in asked
        if name and name not in known
    ]
    if wrong:
        raise RefusedError("\n".join(wrong))


def _what_is_wrong(name: str, known: Sequence[str], results: Results) -> str:
    if name in results.columns:
        return "this column holds no numbers, so it cannot be drawn; choose another one."
    hint = did_you_mean(name, known)
    if hint:
        return f"the dataset has no such column{hint}"
    return f"the dataset has no such column; it has {', '.join(known)}."


def usual_bins(kind: str, samples: int, most: int) -> int:
    """Return how many bins along an axis suit so many samples: of a histogram by Rice's rule, 2
    n^(1/3); else such that there are about four in a cell of a grid, or more in a bin. No more than
    `most`.
    """
    wanted = 2 * samples ** (1 / 3) + 1 if kind == "histogram" else samples**0.5 / 2
    return max(4, min(most, int(wanted)))
