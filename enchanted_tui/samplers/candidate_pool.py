"""Given points among which a sampler that learns chooses, none twice.

The sampler and the process of its model read the same file, and speak of points by their rows.
"""

from __future__ import annotations

import functools
import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy

from enchanted_tui.samplers.axes import Array, Axis, Interval, Listed
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.given_points import column_range
from enchanted_tui.samplers.parameter import Parameter
from enchanted_tui.samplers.parameter_space import ParameterSpace
from enchanted_tui.samplers.point_columns import Column
from enchanted_tui.samplers.point_table import PointsFileError, short
from enchanted_tui.samplers.points_file import mark_of, read
from enchanted_tui.samplers.pool_sampler import array_at, shuffled, source_of, values_at
from enchanted_tui.samplers.region import Region

_AT_ONCE = 1 << 16
_MOST_CATEGORIES = 100  #: of text, each of which is an axis of its own to a model


class CandidatePool:
    """The points of a file, as the parameters and constraints of a sampler see them."""

    def __init__(
        self,
        path: str,
        columns: dict[str, str | int],
        described: Mapping[str, Mapping[str, Any]],
        constraints: Sequence[str] = (),
        derived: Mapping[str, str] | None = None,
    ) -> None:
        """`columns`: of the file, by parameter; `described`: what parameters may be, of those that
        say it themselves. Raises PointsFileError.
        """
        self._told = {
            "path": path,
            "columns": columns,
            "described": described,
            "constraints": list(constraints),
            "derived": dict(derived or {}),
            "mark": list(mark_of(path)),
        }
        self._path, self._described = path, described
        names, wanted = source_of(columns, ",")
        found = read(path, wanted).columns
        self.columns: dict[str, Column] = {
            name: found[column] for name, column in (names or {}).items()
        }
        self._region = Region(constraints, derived or {}) if constraints else None
        self._coded: dict[str, tuple[dict[Any, int], Array]] = {}
        self._order: Array = numpy.empty(0, dtype=int)
        self._order_of: tuple[int, int] | None = None

    @staticmethod
    def told_of(told: Mapping[str, Any]) -> CandidatePool:
        """Return the pool that `told` of another one tells of, in another process. Raises
        PointsFileError if the file is not the same any more.
        """
        return _told(json.dumps(told))

    def told(self) -> dict[str, Any]:
        """Return what another process needs to have the same pool, as plain JSON types."""
        return dict(self._told)

    @cached_property
    def space(self) -> ParameterSpace:
        """The parameters as axes: where they do not say themselves what they may be, from the least
        to the greatest value of the file, or its texts.
        """
        return ParameterSpace({name: self._axis(name) for name in self.columns})

    def _axis(self, name: str) -> Axis:
        if name in self._described:
            return Parameter(**self._described[name]).axis()
        column = self.columns[name]
        if isinstance(column, array):
            return Interval(float(min(column)), float(max(column)))
        return Listed(list(dict.fromkeys(column)), ordered=False)

    @cached_property
    def rows(self) -> Array:
        """The rows that keep the constraints. Raises TypeError where these calculate with text."""
        count = len(next(iter(self.columns.values())))
        if self._region is None:
            return numpy.arange(count)
        kept = []
        for begin in range(0, count, _AT_ONCE):
            rows = slice(begin, min(count, begin + _AT_ONCE))
            columns = {name: array_at(column, rows) for name, column in self.columns.items()}
            kept.append(begin + numpy.flatnonzero(self._region.holds(columns)))
        return numpy.concatenate(kept)

    def samples(self, rows: Iterable[int]) -> list[Sample]:
        """Return the points in these rows, without what is derived."""
        return [{name: column[row] for name, column in self.columns.items()} for row in rows]

    @cached_property
    def features(self) -> Array:
        """What a model is told of the points that keep the constraints, shape (n, features)."""
        parts = []
        for begin in range(0, len(self.rows), _AT_ONCE):
            rows = self.rows[begin : begin + _AT_ONCE]
            found = {name: array_at(column, rows) for name, column in self.columns.items()}
            parts.append(self.space.features(found))
        return numpy.vstack(parts)

    @cached_property
    def tree(self) -> Any:
        """The points, by their features, for the search of neighbours."""
        from scipy.spatial import cKDTree

        return cKDTree(self.features)

    # -- which rows are left -----------------------------------------------------------------------

    def row_of(self, sample: Mapping[str, Any], taken: set[int]) -> int | None:
        """Return the first row that is not taken and has the values of a sample; None if there is
        none.
        """
        found: Array | None = None
        for name, column in self._numbers_first():
            if name not in sample:
                return None
            if found is None:
                found = numpy.flatnonzero(self._where(name, column, sample[name]))
            else:
                values = values_at(column, found)
                found = found[[value == sample[name] for value in values]]
        rows = [] if found is None else found.tolist()
        return next((row for row in rows if row not in taken), None)

    def _numbers_first(self) -> list[tuple[str, Column]]:
        return sorted(self.columns.items(), key=lambda item: not isinstance(item[1], array))

    def _where(self, name: str, column: Column, value: Any) -> Array:
        if isinstance(column, array):
            equal: Array = numpy.frombuffer(column, dtype=column.typecode) == value
            return equal
        codes, places = self._codes(name)
        found: Array = places == codes.get(value, -1)
        return found

    def _codes(self, name: str) -> tuple[dict[Any, int], Array]:
        """Return a number for each value of a column, and the numbers of its rows."""
        if name not in self._coded:
            codes: dict[Any, int] = {}
            numbers = [codes.setdefault(value, len(codes)) for value in self.columns[name]]
            self._coded[name] = codes, numpy.array(numbers, dtype=numpy.int32)
        return self._coded[name]

    def at_random(self, count: int, taken: set[int], seed: int, stage: int) -> list[int]:
        """Return `count` rows that are not taken, the first in an order that belongs to seed and
        stage.
        """
        found: list[int] = []
        for place in self._shuffled(seed, stage):
            if len(found) == count:
                break
            row = int(self.rows[place])
            if row not in taken:
                found.append(row)
        return found

    def _shuffled(self, seed: int, stage: int) -> Array:
        if self._order_of != (seed, stage):
            self._order_of = seed, stage
            self._order = shuffled(len(self.rows), seed, stage)
        return self._order

    # -- checks ------------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        """Check that each parameter has a place for all values of its column."""
        for name, column in self.columns.items():
            sentence = (
                self._misplaced(name, column)
                if name in self._described
                else self._unplaced(name, column)
            )
            if sentence:
                yield name, sentence

    def _unplaced(self, name: str, column: Column) -> str:
        found = column_range(column)
        if found is not None and not math.isfinite(found.upper - found.lower):
            return f"the column of {name!r} in {short(self._path)} is not finite; remove such rows"
        if not isinstance(column, array) and len(set(column)) > _MOST_CATEGORIES:
            return (
                f"the column of {name!r} in {short(self._path)} has {len(set(column)):,} different"
                f" texts, and a model can tell {_MOST_CATEGORIES} from each other; leave it out"
            )
        return ""

    def _misplaced(self, name: str, column: Column) -> str:
        axis = self.space.axes[name]
        if axis.listed is not None:
            known = set(axis.listed)
            row = next((row for row, value in enumerate(column) if value not in known), None)
        elif not isinstance(column, array):
            return f"the column of {name!r} in {short(self._path)} is text; give its `choice`"
        else:
            low, high = getattr(axis, "low", -math.inf), getattr(axis, "high", math.inf)
            values = numpy.frombuffer(column, dtype=column.typecode)
            outside = numpy.flatnonzero(~((values >= low) & (values <= high)))
            row = int(outside[0]) if len(outside) else None
        if row is None:
            return ""
        return (
            f"point {row + 1} of {short(self._path)} has {column[row]!r}, which this parameter does"
            " not allow; widen that, or remove such points"
        )


@functools.lru_cache(maxsize=1)
def _told(told: str) -> CandidatePool:
    given = json.loads(told)
    if list(mark_of(given["path"])) != given["mark"]:
        raise PointsFileError(
            f"{short(given['path'])} has changed since this session began; put the file back as it"
            " was and resume"
        )
    return CandidatePool(
        given["path"],
        given["columns"],
        given["described"],
        given["constraints"],
        given["derived"],
    )
