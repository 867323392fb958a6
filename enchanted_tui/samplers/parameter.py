"""What a configuration says of one parameter: its values, or its range, scale and distribution."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.options import Nested, option
from enchanted_tui.samplers import shared_checks

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Axis

_KINDS = ("values", "choice", "file")
_NUMERIC = ("low", "high", "scale", "integer", "distribution", "mean", "sd")
_NORMALS = ("normal", "truncated_normal")
_LEAST_MASS = 1e-12  #: of a normal distribution, between the bounds


class Parameter(Nested):
    """One parameter: `values` or `choice`, or a `file` with values, or numbers from `low` to `high`
    with a `scale` or a `distribution`.
    """

    values: list[Any] | None = option(
        None,
        doc="The values that it may have, numbers in an order or text; numbers count as ordered.",
        example=[1, 2, 5, 10],
    )
    choice: list[Any] | None = option(
        None,
        doc="The values that it may have, without an order among them.",
        example=["L-mode", "H-mode"],
    )
    weights: list[float] | None = option(
        None,
        doc="With `values` or `choice`: how often each comes, in proportion; without it, alike.",
        ge=0,
        example=[0.7, 0.3],
    )
    low: int | float | None = option(None, doc="Lower bound.", example=1)
    high: int | float | None = option(
        None, doc="Upper bound, which may be reached; equal bounds hold it constant.", example=100
    )
    scale: str = option(
        "linear",
        doc="log: its logarithm is spread evenly; the bounds must be above 0.",
        choices=("linear", "log"),
    )
    integer: bool = option(
        False, doc="Whole numbers only, both bounds included; they are integers in templates too."
    )
    distribution: str | None = option(
        None,
        doc=(
            "uniform between the bounds (the default), loguniform (the same as `scale: log`),"
            " normal with `mean` and `sd`, or truncated_normal, which is cut at the bounds."
        ),
        choices=("uniform", "loguniform", "normal", "truncated_normal"),
    )
    mean: float | None = option(None, doc="Mean of a normal distribution before it is cut.")
    sd: float | None = option(
        None, doc="Standard deviation of a normal distribution before it is cut.", gt=0
    )
    file: str | None = option(
        None,
        doc="CSV or Parquet file of which `column` holds the values: each row comes equally often.",
        path=True,
        example="priors.csv",
    )
    column: str | None = option(None, doc="Column of `file`.", example="temperature")
    unit: str | None = option(
        None, doc="Its unit, as in `supervisor.units`; for datasets and plots.", example="keV"
    )

    # -- checks ------------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        kinds = [name for name in _KINDS if getattr(self, name) is not None]
        numeric = [name for name in _NUMERIC if name in self.given]
        if len(kinds) > 1 or (kinds and numeric):
            names = " and ".join([*kinds, *numeric[:1]])
            yield "", f"has {names}; give values, choice, a file, or a range of numbers"
        elif not kinds and not numeric:
            yield "", "has no values; give low and high, values, choice, or a file"
        elif kinds == ["file"]:
            yield from self._file_problems()
        elif kinds:
            yield from self._listed_problems(kinds[0])
        else:
            yield from self._number_problems()
        if self.weights is not None and kinds not in (["values"], ["choice"]):
            yield "weights", "goes with values or choice; remove it"
        if self.column is not None and self.file is None:
            yield "column", "goes with file; name the file, or remove it"

    def _listed_problems(self, kind: str) -> Iterator[tuple[str, str]]:
        values: list[Any] = getattr(self, kind)
        if not values:
            yield kind, "there is no value in this list; give at least one"
        seen: set[tuple[type, Any]] = set()
        for index, value in enumerate(values):
            if not isinstance(value, str | bool | int | float):
                yield f"{kind}[{index}]", "a value must be a number, text, true or false"
            elif isinstance(value, float) and not math.isfinite(value):
                yield f"{kind}[{index}]", "a value must be a finite number"
            elif (type(value), value) in seen:
                yield f"{kind}[{index}]", f"{value!r} is listed twice; give it a weight instead"
            else:
                seen.add((type(value), value))
        if self.weights is not None and len(self.weights) != len(values):
            yield (
                "weights",
                (
                    f"the number of weights is {len(self.weights)}, that of values {len(values)};"
                    " give one for each value"
                ),
            )
        elif self.weights is not None and not 0 < math.fsum(self.weights) < math.inf:
            yield "weights", "at least one weight must be above 0, and all of them finite"

    def _number_problems(self) -> Iterator[tuple[str, str]]:
        is_normal = self.distribution in _NORMALS
        for name in ("mean", "sd"):
            if is_normal and getattr(self, name) is None:
                yield name, f"is required by the distribution {self.distribution}"
            elif not is_normal and name in self.given:
                yield name, "goes with the distributions normal and truncated_normal; remove it"
        if self.distribution == "normal":
            for name in ("low", "high"):
                if name in self.given:
                    yield name, "does not cut a normal distribution; write truncated_normal"
        else:
            for name in ("low", "high"):
                if getattr(self, name) is None:
                    yield name, f"is required: the {'lower' if name == 'low' else 'upper'} bound"
        if is_normal and (self.scale == "log" or self.integer):
            yield (
                "scale" if self.scale == "log" else "integer",
                f"does not go with the distribution {self.distribution}; remove it",
            )
        if self.distribution == "uniform" and self.scale == "log":
            yield "scale", "log does not go with the distribution uniform; remove one of them"
        if self.low is not None and self.high is not None:
            yield from self._bound_problems(self.low, self.high)

    def _bound_problems(self, low: float, high: float) -> Iterator[tuple[str, str]]:
        found = list(shared_checks.interval_problems(low, high, "high"))
        yield from found
        if found:
            return
        if self.is_logarithmic and low <= 0:
            yield "low", f"a logarithmic scale needs bounds above 0; the lower bound is {low!r}"
        if self.integer:
            for name, bound in (("low", low), ("high", high)):
                if not float(bound).is_integer():
                    yield name, f"must be a whole number, since integer is true; it is {bound!r}"
                elif abs(bound) > shared_checks.MOST_WHOLE:
                    yield (
                        name,
                        f"whole numbers reach to {shared_checks.MOST_WHOLE:,} here; it is"
                        f" {bound!r}",
                    )
        if (
            self.distribution == "truncated_normal"
            and self.mean is not None
            and self.sd is not None
            and low < high
            and self._mass(self.mean, self.sd, low, high) < _LEAST_MASS
        ):
            yield (
                "mean",
                "lies so far from the bounds that hardly anything is between them; move it nearer",
            )

    def _mass(self, mean: float, sd: float, low: float, high: float) -> float:
        """Return how much of a normal distribution is between two numbers."""
        nearer, further = sorted((abs(low - mean) / sd, abs(high - mean) / sd))
        tails = 0.5 * math.erfc(nearer / math.sqrt(2)), 0.5 * math.erfc(further / math.sqrt(2))
        return 1.0 - sum(tails) if low < mean < high else tails[0] - tails[1]

    def _file_problems(self) -> Iterator[tuple[str, str]]:
        if self.column is None:
            yield "column", "is required: the column of the file that holds the values"
            return
        from enchanted_tui.samplers.point_table import PointsFileError

        try:
            column_counts(str(self.file), self.column)
        except PointsFileError as error:
            yield "file" if error.option == "path" else "column", str(error)

    # -- what it means -----------------------------------------------------------------------------

    @property
    def is_logarithmic(self) -> bool:
        return self.scale == "log" or self.distribution == "loguniform"

    def axis(self) -> Axis:
        """Return how a coordinate between 0 and 1 becomes a value of this parameter."""
        from enchanted_tui.samplers.axes import Interval, Listed, Logarithmic, Normal, WholeNumbers

        if self.file is not None:
            counts = column_counts(str(self.file), str(self.column))
            is_text = any(isinstance(value, str) for value in counts)
            return Listed(list(counts), [float(n) for n in counts.values()], ordered=not is_text)
        if self.values is not None:
            is_text = any(isinstance(value, str | bool) for value in self.values)
            return Listed(self.values, self.weights, ordered=not is_text)
        if self.choice is not None:
            return Listed(self.choice, self.weights, ordered=False)
        if self.distribution == "normal":
            return Normal(float(self.mean or 0.0), float(self.sd or 1.0))
        low, high = float(self.low or 0.0), float(self.high or 0.0)
        if self.distribution == "truncated_normal":
            return Normal(float(self.mean or 0.0), float(self.sd or 1.0), low, high)
        if self.integer:
            return WholeNumbers(int(low), int(high), logarithmic=self.is_logarithmic)
        return Logarithmic(low, high) if self.is_logarithmic else Interval(low, high)


def column_counts(path: str, column: str) -> Mapping[Any, int]:
    """Return the values of a column of a file, numbers in order, each with how often it is there.
    Raises PointsFileError.
    """
    try:
        changed = os.stat(path).st_mtime_ns
    except OSError:
        changed = 0
    return _column_counts(path, column, changed)


@functools.lru_cache(maxsize=16)
def _column_counts(path: str, column: str, changed: int) -> Mapping[Any, int]:
    # few campaigns have such a file
    from enchanted_tui.samplers.point_table import PointsFileError
    from enchanted_tui.samplers.points_file import read_points

    counts: dict[Any, int] = {}
    values = read_points(path, [column], ",").columns[column]
    for value in values:
        if isinstance(value, float) and not math.isfinite(value):
            raise PointsFileError(f"the column {column!r} has {value}; remove such rows")
        counts[value] = counts.get(value, 0) + 1
    is_text = any(isinstance(value, str) for value in counts)
    return counts if is_text else {value: counts[value] for value in sorted(counts)}
