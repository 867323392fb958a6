"""A box, or a pool of given points, as a model sees it: samples as coordinates from 0 to 1, and
back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Ranges
from enchanted_tui.samplers import qmc, shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.candidate_pool import CandidatePool
from enchanted_tui.samplers.design import WITH_TEXT
from enchanted_tui.samplers.given_points import too_few
from enchanted_tui.samplers.parameter_space import ParameterSpace, as_rows
from enchanted_tui.samplers.parsers import ParserReader, read_earlier
from enchanted_tui.samplers.point_table import PointsFileError
from enchanted_tui.samplers.pool_sampler import place_in_columns
from enchanted_tui.samplers.spread_points import SpreadPoints
from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.values import Row

_TOO_MANY_COLUMNS = "goes with `pool`, whose columns it names; remove it, or give the file"


class ModelledBox(BoxSampler):
    """A sampler that asks a model."""

    base_run_dir: str = option(
        "", doc="Run directory of an earlier campaign, whose samples are learnt from too."
    )
    pool: str | None = option(
        None,
        doc=(
            "File of given points (CSV, Parquet or NumPy), among which samples are chosen, each row"
            " once at most, instead of between bounds."
        ),
        path="whole",
        example="points.csv",
    )
    columns: dict[str, str | int] = option(
        {},
        doc="With `pool`: the columns that parameters are, where they are called otherwise.",
        example={"T": "temperature"},
    )

    repeats: int

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._spread: SpreadPoints | None = None
        self._told_of: set[int] = set()  #: positions of samples that have finished
        self._finished: set[int] = set()  #: the rows of the pool that these are
        self._taken: set[int] = set()  #: rows that have been drawn, by the last question

    def reader(self) -> ParserReader | None:
        """Return what reads results from run directories, if that is not the dataset."""
        return None

    def earlier(self, data_dir: str) -> Iterator[tuple[Sample, Row]]:
        """Return samples and rows of the earlier campaign, if there is one; `data_dir` holds this
        campaign's own.
        """
        if self.base_run_dir:
            yield from read_earlier(
                self.base_run_dir, data_dir, self.reader(), self._sample_in, list(self.parameters)
            )

    def _sample_in(self, row: Row) -> Sample:
        """Return the parameters in a row of text. Raises KeyError or ValueError."""
        found: Sample = {}
        for name, axis in self.space.axes.items():
            written = row[name]
            if axis.listed is None:
                found[name] = float(written)
            else:
                found[name] = {str(value): value for value in axis.listed}[str(written)]
        return found

    # -- where it draws ----------------------------------------------------------------------------

    @property
    def is_plain(self) -> bool:
        return self.pool is None and super().is_plain

    @cached_property
    def candidates(self) -> CandidatePool:
        """The given points. Raises PointsFileError."""
        names = {name: self.columns.get(name, name) for name in self.parameters}
        described = self.parameters if isinstance(self.parameters, Mapping) else {}
        return CandidatePool(str(self.pool), names, described, self.constraints or (), self.derived)

    @cached_property
    def space(self) -> ParameterSpace:
        """The parameters as axes of the unit cube."""
        return self.candidates.space if self.pool is not None else super().space

    @property
    def is_constant(self) -> bool:
        """True if there is nothing to choose from."""
        try:
            return self.space.is_constant
        except PointsFileError:
            return False  # told by `problems`

    @property
    def total(self) -> int | None:
        """How many samples a pool has, each point as often as it is repeated."""
        return None if self.pool is None else len(self.candidates.rows) * self.repeats

    def ranges(self) -> Ranges:
        return super().ranges() if self.pool is None else self.space.ranges()

    def described(self) -> dict[str, Any]:
        """Return what the model has to know of parameters and constraints, if there is anything."""
        if self.is_plain:
            return {}
        if self.pool is not None:
            return {"space": {"pool": self.candidates.told(), "taken": sorted(self._taken)}}
        named = dict(zip(self.parameters, self.pairs, strict=False))
        told = {
            "parameters": self.parameters
            if self.is_described
            else {name: {"low": low, "high": high} for name, (low, high) in named.items()},
            "constraints": self.constraints or [],
            "derived": self.derived or {},
        }
        return {"space": told}

    # -- samples as a model sees them --------------------------------------------------------------

    def features(self, samples: Sequence[Row]) -> list[tuple[float, ...]]:
        if not samples:
            return []
        return list(map(tuple, self.space.features(self.space.columns_of(samples)).tolist()))

    def features_at(
        self, units: list[tuple[float, ...]], samples: Sequence[Row]
    ) -> list[tuple[float, ...]]:
        """Return the features of samples at points of the unit cube, which between bounds are their
        coordinates.
        """
        if not self.is_plain:
            return self.features(samples)
        free = [k for k, axis in enumerate(self.space.axes.values()) if not axis.is_constant]
        return [tuple(unit[k] for k in free) for unit in units]

    def samples_at(self, units: list[tuple[float, ...]]) -> list[Sample]:
        """Return the samples at what `random_points` gives."""
        if self.pool is not None:
            return self._given(int(row) for (row,) in units)
        return self.at(numpy.array(units)) if units else []

    def proposed(self, answer: Mapping[str, Any]) -> list[Sample]:
        """Return the samples that the model has chosen."""
        if self.pool is not None:
            return self._given(answer.get("rows", ()))
        points = answer["points"]
        if not points:
            return []
        return self.complete(as_rows(self.space.from_features(numpy.array(points))))

    def random_points(self, positions: Sequence[int]) -> list[tuple[float, ...]]:
        """Return points of the unit cube that belong to positions, random and evenly spread; of a
        pool, the rows of points at random that are left.
        """
        if self.pool is None:
            return [self.random_point(position) for position in positions]
        rows = self.candidates.at_random(
            len(positions), self._taken, self.effective_seed(), self.stage
        )
        self._taken.update(rows)
        return [(row,) for row in rows]

    def random_point(self, position: int) -> tuple[float, ...]:
        """Return a point of the unit cube, random and evenly spread."""
        seed = qmc.derived_seed(self.effective_seed(), self.stage)
        if self._spread is None or self._spread.seed != seed:
            self._spread = SpreadPoints(self.space, self.region if self.constraints else None, seed)
        return self._spread.at(position)

    # -- what is taken of a pool -------------------------------------------------------------------

    def _given(self, rows: Any) -> list[Sample]:
        return self.complete(self.candidates.samples(rows))

    def note_drawn(self, position: int, sample: Sample) -> None:
        """Take note of a sample that has finished: those of other campaigns take no point away."""
        if self.pool is None or position < 0 or position % self.repeats:
            return
        if position not in self._told_of:
            self._told_of.add(position)
            self._take(sample, self._finished)

    def note_pending(self, pending: Sequence[tuple[int, Sample]]) -> None:
        """Find out which points have been drawn: of equal ones the first, so that it does not
        matter which of them it was.
        """
        if self.pool is None:
            return
        self._taken = set(self._finished)
        for position, sample in pending:
            if position >= 0 and position % self.repeats == 0 and position not in self._told_of:
                self._take(sample, self._taken)

    def _take(self, sample: Sample, taken: set[int]) -> None:
        row = self.candidates.row_of(sample, taken)
        if row is not None:
            taken.add(row)

    # -- checks ------------------------------------------------------------------------------------

    def parameter_problems(self) -> Iterator[tuple[str, str]]:
        for name in self.columns:
            if self.pool is None:
                yield "columns", _TOO_MANY_COLUMNS
                return
            if name not in self.parameters:
                yield (
                    f"columns.{name}",
                    f"there is no parameter {name!r}{did_you_mean(name, self.parameters)}",
                )
        if self.pool is None:
            yield from super().parameter_problems()
            return
        found = list(shared_checks.name_problems(self.parameters))
        if self.bounds is not None:
            found.append(
                ("bounds", "does not go with `pool`, whose points are given; remove the bounds")
            )
        yield from found
        if not found:
            yield from self._pool_problems()

    def _pool_problems(self) -> Iterator[tuple[str, str]]:
        try:
            for name, sentence in self.candidates.problems():
                place = f"[{list(self.parameters).index(name)}]"
                yield f"parameters{f'.{name}' if self.is_described else place}", sentence
        except PointsFileError as error:
            names = list(self.parameters)
            where = "pool" if error.option == "path" else place_in_columns(names, error.option)
            yield where.replace("columns[", "parameters["), str(error)

    def _region_problems(self) -> Iterator[tuple[str, str]]:
        if self.pool is None:
            yield from super()._region_problems()
            return
        try:
            left = len(self.candidates.rows)
        except TypeError:
            yield "constraints", WITH_TEXT
            return
        if not left:
            yield (
                "constraints",
                (
                    f"none of the points of the pool keeps {self.region.told()}; widen the"
                    " constraints, or give other points"
                ),
            )

    def warnings(self) -> Iterator[tuple[str, str]]:
        try:
            yield from super().warnings()
            if self.pool is not None:
                yield from too_few(self.budget, self.total or 0, keeping=bool(self.constraints))
        except PointsFileError:
            return  # told by `problems`
