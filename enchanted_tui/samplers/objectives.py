"""Several objectives, each as large or as small as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from enchanted_tui.samplers.dominance import hypervolume, on_front
from enchanted_tui.samplers.findings import Finding

MAXIMIZE, MINIMIZE = "maximize", "minimize"


def signs_of(objectives: Mapping[str, str]) -> list[int]:
    """Return for each objective 1 if it is to be large, else -1."""
    return [-1 if direction.lower() == MINIMIZE else 1 for direction in objectives.values()]


def told_front(
    objectives: Mapping[str, str],
    reference: Mapping[str, float],
    kept: Sequence[Finding],
    first: int,
) -> dict[str, Any]:
    """Return what is recorded of the front of findings: how many there are, and the hypervolume
    that they dominate, from the reference point on.

    An objective without a reference has the worst value of the first samples, those at positions
    below `first`, so that the hypervolume never falls while samples come.
    """
    if not kept:
        return {"best": None, "best_position": None, "front": 0}
    signs = numpy.array(signs_of(objectives), dtype=float)
    values = numpy.array([finding.values for finding in kept]) * signs
    begun = values[[0 <= finding.position < first for finding in kept]]
    begun = begun if len(begun) else values
    worst = begun.min(axis=0)
    for place, name in enumerate(objectives):
        if name in reference:
            worst[place] = signs[place] * reference[name]
    reach = begun.max(axis=0) - begun.min(axis=0)
    scale = numpy.where(reach > 0, reach, 1.0)
    return {
        "best": hypervolume(values, worst, scale),
        "best_position": None,
        "front": int(on_front(values).sum()),
    }
