"""What a model is told of the parameters of a sample: numbers from 0 to 1, in the logarithm where
the scale is logarithmic, and a column for each value where values have no order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy

from enchanted_tui.errors import RefusedError
from enchanted_tui.suggestions import did_you_mean

Array = numpy.ndarray[Any, Any]
Columns = Mapping[str, Array]

Place = Callable[[int], str]  #: says where a row is

_EDGE = 1e-9  #: of a range: what rounding may step over a bound


def row_place(row: int) -> str:
    """Say where a row of a table is, counted from 0."""
    return f"row {row}"


class SurrogateError(RefusedError, ValueError):
    """What is asked of a surrogate cannot be had; the text says why and what to do."""


@dataclass(frozen=True)
class ModelInput:
    """One parameter: a number between two bounds, or one of several values without an order."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    values: tuple[Any, ...] = ()  #: of a parameter without order: text, numbers, true or false
    unit: str = ""
    whole: bool = False  #: whether the samples had whole numbers alone

    @property
    def is_category(self) -> bool:
        return bool(self.values)

    @property
    def n_features(self) -> int:
        """How many numbers tell a model the value; none of a parameter that never changes."""
        if self.is_category:
            return len(self.values) if len(self.values) > 1 else 0
        return 1 if self.high > self.low else 0

    def features(self, column: Array) -> Array:
        """Return what a model is told of values, shape (n, n_features). Raises SurrogateError for a
        value that the parameter cannot have.
        """
        if self.is_category:
            places = self.places(column)
            found: Array = numpy.eye(len(self.values))[places]
            return found if self.n_features else found[:, :0]
        if not self.n_features:
            return numpy.empty((len(column), 0))
        found = (self._scaled(column) - self._scaled(self.low)) / (
            self._scaled(self.high) - self._scaled(self.low)
        )
        return found[:, None]

    def places(self, column: Array) -> Array:
        """Return where in `values` each value is; raises SurrogateError for one that is not."""
        known = {_key(value): place for place, value in enumerate(self.values)}
        keys = [_key(value) for value in column.tolist()]
        for key in keys:
            if key not in known:
                guess = did_you_mean(key[1], [str(value) for value in self.values])
                told = f"; the model knows {', '.join(map(repr, self.values))}"
                raise SurrogateError(
                    f"{self.name} is {key[1]!r} somewhere, of which there was no sample to learn"
                    f" from{guess or told}"
                )
        return numpy.array([known[key] for key in keys], dtype=int)

    def outside(self, column: Array) -> Array:
        """Return of each value whether it lies outside the box of the training samples."""
        if self.is_category:
            return numpy.zeros(len(column), dtype=bool)
        low, high = self._scaled(self.low), self._scaled(self.high)
        scaled, edge = self._scaled(column), _EDGE * max(high - low, abs(high), abs(low))
        beyond: Array = (scaled < low - edge) | (scaled > high + edge)
        return beyond

    def _scaled(self, values: Any) -> Any:
        return numpy.log(values) if self.log else values

    def checked(self, column: Array, place: Place = row_place) -> Array:
        """Return values as numbers, or as they are where the parameter is none; `place` says where
        a row is. Raises SurrogateError.
        """
        if self.is_category:
            return column
        cells = column.tolist()
        for row, value in enumerate(cells if column.dtype == object else ()):
            if isinstance(value, str | bytes | bool | numpy.bool_):
                raise SurrogateError(
                    f"{self.name} must be a number in every row; {place(row)} has {value!r:.60}"
                )
        try:
            found = column.astype(float)
        except (TypeError, ValueError, OverflowError):
            raise SurrogateError(f"{self.name} must be a number in every row") from None
        bad = ~numpy.isfinite(found) | (self.log & (found <= 0))
        if bad.any():
            row = int(bad.argmax())
            what = "a number above 0, since its scale is logarithmic" if self.log else "a number"
            raise SurrogateError(f"{self.name} must be {what}; {place(row)} has {cells[row]!r}")
        return found

    def broken(self, column: Array) -> Array:
        """Return of each value whether it is no whole number though the samples had these alone."""
        if self.is_category or not self.whole:
            return numpy.zeros(len(column), dtype=bool)
        found: Array = column != numpy.round(column)
        return found


class InputSpace:
    """The parameters of a model, in their order."""

    def __init__(self, inputs: Sequence[ModelInput]) -> None:
        self.inputs = tuple(inputs)

    @property
    def names(self) -> list[str]:
        return [found.name for found in self.inputs]

    @property
    def n_features(self) -> int:
        return sum(found.n_features for found in self.inputs)

    @property
    def varying(self) -> list[ModelInput]:
        """The parameters that change from sample to sample."""
        return [found for found in self.inputs if found.n_features]

    def columns(self, frame: Any, place: Place = row_place) -> dict[str, Array]:
        """Return the parameters' columns of a pandas.DataFrame, checked; `place` says where a row
        is. Raises SurrogateError.
        """
        found = {}
        for one in self.inputs:
            if one.name not in frame.columns:
                guess = did_you_mean(one.name, map(str, frame.columns))
                needed = f"; the model needs {', '.join(self.names)}"
                raise SurrogateError(f"there is no column {one.name!r}{guess or needed}")
            series = frame[one.name]
            is_plain = not one.is_category and series.dtype in ("int64", "float64")
            column = numpy.asarray(series, dtype=None if is_plain else object)
            if not one.is_category and series.isna().any():
                column = numpy.where(series.isna(), numpy.nan, column)
            found[one.name] = one.checked(column, place)
        return found

    def features(self, columns: Columns) -> Array:
        """Return what a model is told of samples, shape (n, n_features). Raises SurrogateError."""
        count = len(next(iter(columns.values())))
        parts = [one.features(columns[one.name]) for one in self.inputs]
        return numpy.hstack([numpy.empty((count, 0)), *parts])

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self.inputs]

    @staticmethod
    def from_json(told: Sequence[Mapping[str, Any]]) -> InputSpace:
        """Return what `as_json` has told."""
        return InputSpace([ModelInput(**{**one, "values": tuple(one["values"])}) for one in told])


def _key(value: Any) -> tuple[bool, Any]:
    """Return what tells values apart: 1 and 1.0 are one value, 1 and True are not."""
    value = value.item() if isinstance(value, numpy.generic) else value
    return isinstance(value, bool), value
