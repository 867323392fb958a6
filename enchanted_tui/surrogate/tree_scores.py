"""Extremely randomised trees: P. Geurts, D. Ernst, L. Wehenkel, Machine Learning 63 (2006).
scikit-learn grows them; they are kept, and followed, as arrays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

import numpy

from enchanted_tui.surrogate.model_inputs import Array, SurrogateError

_TREES = 64
_MOST_LEAVES = 16_384  #: of a tree, about: what keeps memory and the model's file small
_THREADS = 4  #: a login node is shared
_AT_ONCE = 4_096  #: points that are predicted at once
_LEAF = -1

LACKING = (
    "trees need scikit-learn, which cannot be imported here; install it with: pip install"
    " 'enchanted-tui[surrogate]', or take another --model (gp or linear)"
)


def can_grow() -> bool:
    """Tell whether scikit-learn is installed; does not import it."""
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


class TreeScores:
    """Trees whose mean is predicted; the spread between them is their standard deviation."""

    kind: ClassVar[str] = "trees"

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = dict(arrays)

    @classmethod
    def fitted(cls, points: Array, scores: Array, rng: numpy.random.Generator) -> TreeScores:
        """Grow trees for scores (n, k) at points (n, d). Raises SurrogateError without
        scikit-learn.
        """
        try:
            from sklearn.ensemble import ExtraTreesRegressor
        except ImportError:
            raise SurrogateError(LACKING) from None
        forest = ExtraTreesRegressor(
            n_estimators=_TREES,
            min_samples_leaf=max(1, len(points) // _MOST_LEAVES),
            n_jobs=max(1, min(_THREADS, len(os.sched_getaffinity(0)))),
            random_state=int(rng.integers(1 << 31)),
        )
        forest.fit(points, scores[:, 0] if scores.shape[1] == 1 else scores)
        trees = [tree.tree_ for tree in forest.estimators_]
        sizes = numpy.array([tree.node_count for tree in trees])
        return cls(
            {
                "roots": numpy.concatenate([[0], numpy.cumsum(sizes)[:-1]]).astype(numpy.int32),
                "feature": _joined([tree.feature for tree in trees], numpy.int16),
                "threshold": _joined([tree.threshold for tree in trees], numpy.float64),
                "left": _joined([tree.children_left for tree in trees], numpy.int32),
                "right": _joined([tree.children_right for tree in trees], numpy.int32),
                "value": _joined([tree.value[:, :, 0] for tree in trees], numpy.float64),
            }
        )

    def at(self, points: Array) -> tuple[Array, Array]:
        means, deviations = [], []
        for begin in range(0, max(1, len(points)), _AT_ONCE):
            found = self._each(points[begin : begin + _AT_ONCE])
            means.append(found.mean(axis=1))
            deviations.append(found.std(axis=1))
        return numpy.vstack(means), numpy.vstack(deviations)

    def mean_at(self, points: Array) -> Array:
        return self.at(points)[0]

    def _each(self, points: Array) -> Array:
        """Return what each tree says, shape (n, trees, k)."""
        told = numpy.asarray(points, dtype=numpy.float32)  # as scikit-learn compares them
        roots, feature = self._arrays["roots"], self._arrays["feature"]
        node = numpy.broadcast_to(roots, (len(told), len(roots))).copy()
        row = numpy.arange(len(told))[:, None]
        while True:
            asked = feature[node]
            on = asked != _LEAF
            if not on.any():
                found: Array = self._arrays["value"][node]
                return found
            goes_left = told[row, numpy.maximum(asked, 0)] <= self._arrays["threshold"][node]
            child = numpy.where(goes_left, self._arrays["left"][node], self._arrays["right"][node])
            node = numpy.where(on, child + roots, node)

    def arrays(self) -> dict[str, Array]:
        return dict(self._arrays)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> TreeScores:
        """Return the trees that these arrays are."""
        return cls(arrays)


def _joined(parts: list[Array], kind: type) -> Array:
    """Return the nodes of all trees one after another; what is no feature is a leaf."""
    found: Array = numpy.concatenate(parts)
    if kind is numpy.int16:
        found = numpy.maximum(found, _LEAF)
    return found.astype(kind)
