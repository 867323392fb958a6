"""The Pareto front of a dataset: the samples that no other one betters in one objective without
being worse in another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from enchanted_tui.samplers.dominance import on_front
from enchanted_tui.samplers.findings import Limit
from enchanted_tui.samplers.objectives import MAXIMIZE, MINIMIZE, signs_of
from enchanted_tui.views.dataset_statistics import Floats, Mask

#: How objectives may be written, beside ``maximize`` and ``minimize``.
_SHORT = {"max": MAXIMIZE, "min": MINIMIZE, "maximise": MAXIMIZE, "minimise": MINIMIZE}


@dataclass(frozen=True)
class FrontAim:
    """What samples are compared by."""

    objectives: Mapping[str, str] = field(default_factory=dict)  #: columns, to maximize or minimize
    limits: Mapping[str, Limit] = field(default_factory=dict)  #: which samples on it have to keep

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it needs."""
        return tuple(dict.fromkeys([*self.objectives, *self.limits]))

    def __str__(self) -> str:
        aims = ", ".join(f"{direction} {name}" for name, direction in self.objectives.items())
        limits = " and ".join(_limit_words(name, *limit) for name, limit in self.limits.items())
        return f"{aims} where {limits}" if limits else aims


def read_objectives(text: str) -> dict[str, str]:
    """Read ``mass=minimize,beta=max``. Raises ValueError with a sentence of what is wrong."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, _, written = part.rpartition("=")
        direction = _SHORT.get(written.strip().lower(), written.strip().lower())
        if not name.strip() or direction not in (MAXIMIZE, MINIMIZE):
            raise ValueError(
                f"{part.strip()!r} is no objective; write a column and maximize or minimize, as in"
                " mass=minimize,beta=maximize"
            )
        if name.strip() in found:
            raise ValueError(f"{name.strip()!r} is named twice; remove one")
        found[name.strip()] = direction
    return found


def next_direction(objectives: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the objectives with the next thing that a column can be: minimized, maximized, none of
    them.
    """
    following = {None: MINIMIZE, MINIMIZE: MAXIMIZE}.get(objectives.get(name))
    found = {other: direction for other, direction in objectives.items() if other != name}
    if following is None:
        return found
    if name in objectives:
        return {**objectives, name: following}
    return {**found, name: following}


def front_of(aim: FrontAim, numbers: Callable[[str], Floats | None], success: Mask) -> Mask:
    """Tell of each row whether it is on the front.

    `numbers` gives a column, NaN where there is none, or None if there is no such column, in which
    case no row is on the front; samples that failed, that lack an objective or that break a limit
    are not on it, and better no other.
    """
    usable = success.copy()
    for name, (low, high) in aim.limits.items():
        column = numbers(name)
        if column is None:
            return np.zeros(len(success), dtype=np.bool_)
        usable &= (column >= (-math.inf if low is None else low)) & np.isfinite(column)
        usable &= column <= (math.inf if high is None else high)
    columns = [numbers(name) for name in aim.objectives]
    found = np.zeros(len(success), dtype=np.bool_)
    if not columns or any(column is None for column in columns):
        return found
    values = np.stack([column for column in columns if column is not None], axis=1)
    rows = np.flatnonzero(usable)
    found[rows] = on_front(values[rows] * np.array(signs_of(aim.objectives), dtype=float))
    return found


def _limit_words(name: str, low: float | None, high: float | None) -> str:
    least = "" if low is None else f"{name} >= {low:.6g}"
    most = "" if high is None else f"{name} <= {high:.6g}"
    return " and ".join(words for words in (least, most) if words)
