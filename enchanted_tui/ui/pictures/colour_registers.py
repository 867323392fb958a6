"""A picture in as many colours as a terminal has registers for."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  #: rows by columns by red, green and blue
_SHADES = 32  #: of each of the three, among which colours are told apart
_BITS = 3  #: of a shade's eight that are left out


def with_registers(pixels: Pixels, most: int) -> tuple[NDArray[np.intp], Pixels]:
    """Return the register of each pixel (rows by columns) and the colours of the registers (by
    three), of which there are `most` at the most.

    Colours of one cell of a grid of 32 x 32 x 32 are one. Where there are more than registers, the
    colours are parted again and again where they differ most, as in a median cut (Heckbert 1982),
    but at the mean; a colour counts as the root of its pixels, so that few red points on much white
    stay red.
    """
    shades = pixels.reshape(-1, 3).astype(np.intp)
    codes = ((shades >> _BITS) * (_SHADES**2, _SHADES, 1)).sum(axis=1)
    counts = np.bincount(codes, minlength=_SHADES**3)
    used = np.flatnonzero(counts)
    sums = [np.bincount(codes, shades[:, one], minlength=_SHADES**3)[used] for one in range(3)]
    colours = np.stack(sums, axis=1) / counts[used][:, None]
    group = _groups(colours, np.sqrt(counts[used]), most)
    weights = counts[used].astype(float)
    of_groups = np.stack(
        [np.bincount(group, weights * colours[:, one]) for one in range(3)], axis=1
    )
    registers = np.rint(of_groups / np.bincount(group, weights)[:, None]).astype(np.uint8)
    by_code = np.zeros(_SHADES**3, dtype=np.intp)
    by_code[used] = group
    return by_code[codes].reshape(pixels.shape[:2]), registers


def _groups(
    colours: NDArray[np.float64], weights: NDArray[np.float64], most: int
) -> NDArray[np.intp]:
    """Return the group of each colour, `most` groups at the most."""
    found = np.arange(len(colours))
    if len(colours) <= most:
        return found
    found[:] = 0
    everything = np.arange(len(colours))
    parted = [(*_spread(colours, weights), 0, everything)]
    count = 1
    while count < most and parted[0][0] < 0:
        _, axis, group, members = heapq.heappop(parted)
        along = colours[members, axis]
        above = along > np.average(along, weights=weights[members])
        found[members[above]] = count
        for number, part in ((group, members[~above]), (count, members[above])):
            heapq.heappush(parted, (*_spread(colours[part], weights[part]), number, part))
        count += 1
    return found


def _spread(colours: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, int]:
    """Return how far colours are from their mean, negative, along the axis where that is most, and
    the axis.
    """
    middle = np.average(colours, axis=0, weights=weights)
    far = (weights[:, None] * (colours - middle) ** 2).sum(axis=0)
    axis = int(np.argmax(far))
    return (-float(far[axis]) if far[axis] > 1e-9 else 0.0), axis
