"""Standard test functions of global optimisation, to be maximised, on the unit cube."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_ALPHA = (1.0, 1.2, 3.0, 3.2)
_A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


@dataclass(frozen=True)
class Function:
    """A function of the unit cube and its largest value."""

    dimensions: int
    initial: int  #: random evaluations to begin with, 2 (d + 1)
    maximum: float
    value: Callable[[Sequence[float]], float]


def branin(point: Sequence[float]) -> float:
    """Branin's function, negated: three maxima of equal height."""
    x, y = 15 * point[0] - 5, 15 * point[1]
    parabola = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return -(parabola * parabola + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def hartmann6(point: Sequence[float]) -> float:
    """Hartmann's function of six variables, negated: six maxima, one of them the largest."""
    total = 0.0
    for alpha, a, p in zip(_ALPHA, _A, _P, strict=True):
        total += alpha * math.exp(
            -sum(
                width * (value - centre) ** 2
                for width, value, centre in zip(a, point, p, strict=True)
            )
        )
    return total


FUNCTIONS = {
    "Branin": Function(2, 6, -0.39788735772973816, branin),
    "Hartmann-6": Function(6, 14, 3.322368011415515, hartmann6),
}
