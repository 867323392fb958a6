"""Where in the box predictions err most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy

from enchanted_tui.surrogate.model_inputs import Array, InputSpace, ModelInput
from enchanted_tui.views.separation import separations

_PARTS = 4  #: of the range of a number
_LARGE = 0.1  #: share of the samples that count as predicted badly ...
_FEWEST_LARGE = 10  #: ... and how many these are at least
_FEWEST = 5  #: samples without which a part is not judged
_TELLING = 1.25  #: ratio of a part's error to that of all from which it is worth a word


@dataclass(frozen=True)
class PartError:
    """The RMSE in one part of a parameter's range, of samples that were held out."""

    name: str
    part: str  #: as text: ``0 to 0.25`` or a value
    samples: int
    rmse: float
    ratio: float  #: to that of all samples


@dataclass(frozen=True)
class ErrorMap:
    """Parts of all parameters, and the condition that tells badly predicted samples best."""

    parts: tuple[PartError, ...]
    condition: str = ""  #: such as ``x > 2.4``; empty where none tells them
    caught: float = 0.0  #: share of the badly predicted samples for which it holds
    others: float = 0.0  #: share of the others for which it holds

    @property
    def worst(self) -> PartError | None:
        """The part with the largest error; None if none is worth a word."""
        found = max(self.parts, key=lambda part: part.ratio, default=None)
        return found if found is not None and found.ratio >= _TELLING else None


def error_map(space: InputSpace, columns: Mapping[str, Array], per_row: Array) -> ErrorMap:
    """Judge the errors of samples, shape (n,), by their parameters, columns of shape (n,)."""
    overall = float(numpy.sqrt((per_row**2).mean()))
    if not overall > 0:
        return ErrorMap(())
    parts = [
        part for one in space.varying for part in _parts(one, columns[one.name], per_row, overall)
    ]
    condition = _condition(space, columns, per_row)
    return ErrorMap(tuple(parts), *condition)


def _parts(one: ModelInput, column: Array, per_row: Array, overall: float) -> list[PartError]:
    if one.is_category:
        places, names = one.places(column), [str(value) for value in one.values]
    else:
        share = numpy.clip(one.features(column)[:, 0], 0.0, 1.0)
        places = numpy.minimum((share * _PARTS).astype(int), _PARTS - 1)
        edges = _edges(one)
        names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    found = []
    for place, name in enumerate(names):
        inside = per_row[places == place]
        if len(inside) >= _FEWEST:
            rmse = float(numpy.sqrt((inside**2).mean()))
            found.append(PartError(one.name, name, len(inside), rmse, rmse / overall))
    return found


def _edges(one: ModelInput) -> Sequence[float]:
    if one.log:
        return [float(edge) for edge in numpy.geomspace(one.low, one.high, _PARTS + 1)]
    return [float(edge) for edge in numpy.linspace(one.low, one.high, _PARTS + 1)]


def _condition(
    space: InputSpace, columns: Mapping[str, Array], per_row: Array
) -> tuple[str, float, float]:
    count = max(_FEWEST_LARGE, round(_LARGE * len(per_row)))
    if len(per_row) < 3 * count:
        return "", 0.0, 0.0
    large = numpy.zeros(len(per_row), dtype=bool)
    large[numpy.argsort(-per_row, kind="stable")[:count]] = True
    return telling_condition(space, columns, large)


def telling_condition(
    space: InputSpace, columns: Mapping[str, Array], chosen: Array
) -> tuple[str, float, float]:
    """Return the condition on one parameter that tells `chosen` samples, a mask, from the others,
    with the shares of both for which it holds; an empty one where none tells them.
    """
    names = [one.name for one in space.varying if not one.is_category]
    found = separations(
        {name: columns[name][chosen].tolist() for name in names},
        {name: columns[name][~chosen].tolist() for name in names},
    )
    if not found or not found[0].tells:
        return "", 0.0, 0.0
    return found[0].condition(), found[0].caught, 1 - found[0].spared
