"""What the samples of a test set share with those that are learnt from."""

from __future__ import annotations

import numpy

from enchanted_tui.surrogate.equal_samples import LEFT_OUT, column_keys
from enchanted_tui.surrogate.held_out import HeldOut
from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.surrogate.output_samples import OutputSamples


def alike(samples: OutputSamples, test: HeldOut) -> Array:
    """Return of each sample of a test set whether one that is learnt from differs from it in
    nothing on which the output depends.
    """
    matters = ~(samples.points == LEFT_OUT).all(axis=0)
    return _shared(samples.points[:, matters], test.points[:, matters])


def held_out_notes(name: str, samples: OutputSamples, test: HeldOut | None) -> list[str]:
    """Return what there is to say of the samples on which an output is tested."""
    if test is None:
        if samples.crossed is None:
            return []
        return [
            f"{name}: all parents have children at the same {samples.crossed.max() + 1:,} points,"
            " of which a part is held out with a part of the parents; where errors are large, a"
            " larger budget of the children's stage may do more than more parents"
        ]
    same, notes = alike(samples, test), []
    if same.any():
        notes.append(
            f"{name}: {same.sum():,} of {len(same):,} samples of the test set are not tested on:"
            f" they differ from some that are learnt from in {', '.join(samples.needless)} alone"
        )
    columns = list(samples.parent_columns)
    known = _shared(samples.points[:, columns], test.points[:, columns]) if columns else same
    if (known & ~same).any():
        notes.append(
            f"{name}: {(known & ~same).sum():,} of {len(same):,} samples of the test set have a"
            " parent that is learnt from, so their error is that at new children of these parents,"
            " not at new parents; folds hold out parents"
        )
    return notes


def _shared(points: Array, tested: Array) -> Array:
    """Return of each point that is tested whether it is among the others."""
    keys = column_keys(numpy.vstack([points, tested])).sum(axis=1)
    found: Array = numpy.isin(keys[len(points) :], keys[: len(points)])
    return found
