"""A box as a model sees it: samples as coordinates from 0 to 1, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy

from enchanted_tui.config.options import option
from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.parameter_space import as_rows
from enchanted_tui.samplers.parsers import ParserReader, read_earlier
from enchanted_tui.samplers.spread_points import SpreadPoints
from enchanted_tui.values import Row


class ModelledBox(BoxSampler):
    """A sampler that asks a model."""

    base_run_dir: str = option(
        "", doc="Run directory of an earlier campaign, whose samples are learnt from too."
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._spread: SpreadPoints | None = None

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

    def described(self) -> dict[str, Any]:
        """Return what the model has to know of parameters and constraints, if there is anything."""
        if self.is_plain:
            return {}
        named = dict(zip(self.parameters, self.pairs, strict=False))
        told = {
            "parameters": self.parameters
            if self.is_described
            else {name: {"low": low, "high": high} for name, (low, high) in named.items()},
            "constraints": self.constraints or [],
            "derived": self.derived or {},
        }
        return {"space": told}

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
        return self.at(numpy.array(units)) if units else []

    def proposed(self, points: list[list[float]]) -> list[Sample]:
        if not points:
            return []
        return self.complete(as_rows(self.space.from_features(numpy.array(points))))

    def random_point(self, position: int) -> tuple[float, ...]:
        """Return a point of the unit cube, random and evenly spread."""
        seed = qmc.derived_seed(self.effective_seed(), self.stage)
        if self._spread is None or self._spread.seed != seed:
            self._spread = SpreadPoints(self.space, self.region if self.constraints else None, seed)
        return self._spread.at(position)
