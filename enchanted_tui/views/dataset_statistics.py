"""The dataset in numbers: columns as arrays, their statistics, histograms, the best so far, and how
well the parameters are covered.

Uses numpy and nothing else; imported when results are first looked at.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.views.dataset_fingerprint import fingerprint
from enchanted_tui.views.task_index import TaskList

if TYPE_CHECKING:
    from enchanted_tui.views.viewing import Viewer

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_MOST_WORDS = 8  # different texts up to which a text column can colour points


@dataclass
class Part:
    """Values of a column, converted."""

    raw: list[Any]  #: as they were returned
    numbers: array[float]  #: NaN for what is no number
    kinds: set[type]


def converted(values: Sequence[Any]) -> Part:
    """Convert values; None is a missing one."""
    return Part(list(values), array("d", map(_as_float, values)), set(map(type, values)))


class DatasetColumn:
    """One column of the dataset, growing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._raw: list[Any] = []
        self._numbers = array("d")
        self._kinds: set[type] = set()
        self._codes = array("q")
        self._texts: dict[str, int] = {}

    def extend(self, part: Part) -> None:
        """Take the values of further rows."""
        self._raw += part.raw
        self._numbers += part.numbers
        self._kinds |= part.kinds

    @property
    def raw(self) -> Sequence[Any]:
        """All values as they were returned, None where there is none."""
        return self._raw

    @property
    def kind(self) -> str:
        """ "number", "truth", "text", "other" (arrays, lists, mixtures) or "empty"."""
        kinds = self._kinds - {type(None)}
        if not kinds:
            return "empty"
        if kinds <= {int, float}:
            return "number"
        if kinds <= {bool}:
            return "truth"
        return "text" if kinds <= {str} else "other"

    @property
    def numeric(self) -> bool:
        """Whether it can be an axis."""
        return self.kind in ("number", "truth")

    @property
    def numbers(self) -> Floats:
        """All values as float64, NaN where there is none; a copy."""
        return np.array(self._numbers, dtype=np.float64)

    def coded(self) -> tuple[NDArray[np.int64], list[str]]:
        """Return of each row of a text column which text it has, -1 for none, and these texts.

        Only rows that are new are looked at, so it costs little to ask again.
        """
        texts = self._texts
        self._codes.extend(
            -1 if value is None else texts.setdefault(value, len(texts))
            for value in self._raw[len(self._codes) :]
        )
        return np.array(self._codes, dtype=np.int64), list(texts)

    def words(self) -> list[str]:
        """Return the different texts of a text column, sorted; too many are none."""
        if self.kind != "text":
            return []
        codes, texts = self.coded()
        found = np.unique(codes[codes >= 0])
        return sorted(texts[code] for code in found) if len(found) <= _MOST_WORDS else []


def _as_float(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int or type(value) is bool:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return math.nan


@dataclass(frozen=True)
class News:
    """What is new in a dataset."""

    columns: dict[str, Part]  #: the new values, or all of them if `anew`
    tasks: TaskList  #: of all rows
    anew: bool


class Results:
    """The rows of the dataset in the order in which they finished, with the tasks they belong
    to.
    """

    def __init__(self) -> None:
        self.columns: dict[str, DatasetColumn] = {}
        self.tasks = TaskList(array("q"))
        self.parameters: tuple[str, ...] = ()
        #: which rows are on the Pareto front, by the objectives chosen last; none before, and
        #: shorter while the dataset has grown
        self.front: Mask = np.zeros(0, dtype=np.bool_)
        self._fingerprint: str | None = None

    def __len__(self) -> int:
        return len(self.tasks)

    @property
    def whole(self) -> Results:
        """The dataset of which these are rows: this one."""
        return self

    def goes_on_from(self, before: Results) -> bool:
        """Tell whether the first of these rows are all those of another dataset."""
        return before.tasks.codes == self.tasks.codes[: len(before)]

    def numbers_of(self, rows: Sequence[int]) -> Sequence[int]:
        """Return the numbers that rows of this one have in `whole`."""
        return rows

    def news(self, columns: Mapping[str, Sequence[Any]], tasks: TaskList) -> News:
        """Convert what is new in the dataset as it is now, for `take`; earlier rows again only if
        they have changed.

        Takes long for many rows and changes nothing, so it may run in a thread.
        """
        known = len(self.tasks)
        anew = tasks.codes[:known] != self.tasks.codes or any(
            name not in columns for name in self.columns
        )
        parts = {}
        for name, values in columns.items():
            column = None if anew else self.columns.get(name)
            parts[name] = converted(
                values[len(column.raw) if column is not None else 0 : len(tasks)]
            )
        return News(parts, tasks, anew)

    def take(self, news: News) -> None:
        """Take what `news` has given last."""
        before = {} if news.anew else self.columns
        self.columns = {name: before.get(name) or DatasetColumn(name) for name in news.columns}
        for name, part in news.columns.items():
            self.columns[name].extend(part)
        self.tasks, self._fingerprint = news.tasks, None
        if news.anew:
            self.front = np.zeros(0, dtype=np.bool_)

    @property
    def fingerprint(self) -> str:
        """What is another text when the dataset is another one; see `fingerprint`."""
        if self._fingerprint is None:
            columns = {name: column._numbers for name, column in self.columns.items()}
            self._fingerprint = fingerprint(len(self), columns)
        return self._fingerprint

    @property
    def success(self) -> Mask:
        """Which rows are successes; all, where the dataset does not say."""
        column = self.columns.get("success")
        return column.numbers == 1.0 if column is not None else np.ones(len(self), dtype=bool)

    @property
    def numeric(self) -> list[str]:
        """Names of the columns that can be an axis: parameters, then outputs, then truth values and
        run times.
        """
        names = [name for name, column in self.columns.items() if column.numeric]
        return sorted(names, key=lambda name: (self._rank(name), names.index(name)))

    def _rank(self, name: str) -> int:
        if name in self.parameters:
            return 0
        if self.columns[name].kind == "truth":
            return 3
        return 2 if name.startswith("runtime_sec") else 1

    @property
    def outputs(self) -> list[str]:
        """Names of the numeric columns that are neither parameters nor the program's own."""
        return [name for name in self.numeric if self._rank(name) == 1]


def read_news(viewer: Viewer, results: Results) -> tuple[News, tuple[str, ...]]:
    """Read what is new of an open campaign, and its parameters as its latest task has them; takes
    long for many rows.
    """
    columns, tasks = viewer.rows.dataset()
    parameters = tuple(viewer.line(tasks[-1]).params) if len(tasks) else ()
    return results.news(columns, tasks), parameters


# -- statistics ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statistics:
    """What is known of the finite values of a column; None where there are none."""

    count: int  #: finite values
    missing: int  #: no value, NaN or text
    infinite: int
    minimum: float | None = None
    median: float | None = None
    mean: float | None = None
    maximum: float | None = None
    std: float | None = None  #: of the sample (n - 1); None for fewer than two values


def statistics(values: Floats) -> Statistics:
    """Summarise values; sums do not overflow."""
    finite, infinite = values, 0
    with np.errstate(over="ignore", invalid="ignore"):
        is_clean = bool(np.isfinite(values.sum()))
    if not is_clean:
        finite, infinite = values[np.isfinite(values)], int(np.isinf(values).sum())
    if not finite.size:
        return Statistics(0, values.size - infinite, infinite)
    minimum, maximum = float(finite.min()), float(finite.max())
    scale = max(abs(minimum), abs(maximum)) or 1.0
    scaled = finite / scale
    return Statistics(
        count=finite.size,
        missing=values.size - finite.size - infinite,
        infinite=infinite,
        minimum=minimum,
        median=_median(scaled) * scale,
        mean=float(scaled.mean()) * scale,
        maximum=maximum,
        std=float(scaled.std(ddof=1)) * scale if finite.size > 1 else None,
    )


def _median(values: Floats) -> float:
    """Return the median of finite values. One place in order is found many times as fast as the two
    that numpy's own looks for, with NaN besides.
    """
    middle = values.size // 2
    placed = np.partition(values, middle)
    upper = placed[middle]
    return float(upper if values.size % 2 else (placed[:middle].max() + upper) / 2)


def summaries(columns: Mapping[str, Floats], ok: Mask) -> dict[tuple[str, str], Statistics]:
    """Summarise columns, by their names and "all" rows; where some rows are successes and others
    not, by "ok" and "failed" too.
    """
    found: dict[tuple[str, str], Statistics] = {}
    is_mixed = not ok.all() and ok.any()
    for name, numbers in columns.items():
        found[name, "all"] = statistics(numbers)
        if is_mixed:
            found[name, "ok"] = statistics(numbers[ok])
            found[name, "failed"] = statistics(numbers[~ok])
    return found


def running_best(values: Floats, ok: Mask, *, largest: bool) -> Floats:
    """Give, after each row, the smallest (or largest) finite value of a success so far; NaN before
    the first.
    """
    worst = -np.inf if largest else np.inf
    usable = np.where(ok & np.isfinite(values), values, worst)
    best = np.maximum.accumulate(usable) if largest else np.minimum.accumulate(usable)
    return np.where(np.isinf(best), np.nan, best)


# -- coverage --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """How evenly the values of a parameter fill the range that they span."""

    name: str
    counts: tuple[int, ...]  #: of the values in equal bins
    low: float
    high: float
    gap: tuple[float, float]  #: the widest stretch without a value

    @property
    def filled(self) -> float:
        """Share of the bins that hold a value."""
        return sum(count > 0 for count in self.counts) / len(self.counts)


def coverage(name: str, values: Floats, bins: int) -> Coverage | None:
    """Judge one parameter; None if it has no finite value."""
    finite = np.sort(values[np.isfinite(values)])
    if not finite.size:
        return None
    low, high = float(finite[0]), float(finite[-1])
    counts = np.bincount(bin_of(finite, low, high, bins), minlength=bins)
    widest = int(np.argmax(finite[1:] / 2 - finite[:-1] / 2)) if finite.size > 1 else 0
    return Coverage(
        name,
        tuple(int(count) for count in counts),
        low,
        high,
        (float(finite[widest]), float(finite[min(widest + 1, finite.size - 1)])),
    )


def pair_filled(x: Floats, y: Floats, bins: int) -> float | None:
    """Return the share of ``bins * bins`` cells, over the ranges of two parameters, that hold a
    sample; None without any.
    """
    both = np.isfinite(x) & np.isfinite(y)
    if not both.any():
        return None
    x, y = x[both], y[both]
    cells = bin_of(x, float(x.min()), float(x.max()), bins) * bins + bin_of(
        y, float(y.min()), float(y.max()), bins
    )
    return np.unique(cells).size / bins**2


def expected_filled(samples: int, cells: int) -> float:
    """Return the share of cells that so many independent uniform samples fill on average: 1 - (1 -
    1/cells)^samples.
    """
    return 1 - (1 - 1 / cells) ** samples


def bin_of(values: Floats, low: float, high: float, bins: int) -> NDArray[np.intp]:
    """Return the number of the bin of finite values; those beyond `low` and `high` belong to the
    first and the last.
    """
    width = high / 2 - low / 2
    if not width > 0:
        return np.full(values.size, bins // 2, dtype=np.intp)
    # values beyond the ends may be beyond all numbers here; they are brought to the ends
    with np.errstate(all="ignore"):
        share = np.clip((values / 2 - low / 2) / width, 0.0, 1.0)
    return np.minimum((share * bins).astype(np.intp), bins - 1)
