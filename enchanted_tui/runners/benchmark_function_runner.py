"""Functions of the literature on which samplers and surrogate models are compared."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from math import cos, exp, pi, sin
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.runners.arguments import number
from enchanted_tui.runners.base import Runner


def ishigami(x: Sequence[float]) -> float:
    """Return sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1, for x in [-pi, pi]^3.

    T. Ishigami, T. Homma, *An importance quantification technique in uncertainty analysis for
    computer models*, ISUMA 1990, doi:10.1109/ISUMA.1990.151285.
    """
    return sin(x[0]) + 7 * sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * sin(x[0])


def friedman(x: Sequence[float]) -> float:
    """Return 10 sin(pi x1 x2) + 20 (x3 - 0.5)^2 + 10 x4 + 5 x5, for x in [0, 1]^5.

    J. H. Friedman, *Multivariate adaptive regression splines*, Ann. Statist. 19 (1991),
    doi:10.1214/aos/1176347963.
    """
    return 10 * sin(pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]


def branin(x: Sequence[float]) -> float:
    """Return Branin's function, for x1 in [-5, 10] and x2 in [0, 15]; it is smallest, 0.397887, at
    three places, one of them (pi, 2.275).

    L. C. W. Dixon, G. P. Szego, *The global optimization problem: an introduction*, in: Towards
    Global Optimization 2, North-Holland (1978).
    """
    a = x[1] - 5.1 / (4 * pi**2) * x[0] ** 2 + 5 / pi * x[0] - 6
    return a**2 + 10 * (1 - 1 / (8 * pi)) * cos(x[0]) + 10


_HEIGHTS = (1.0, 1.2, 3.0, 3.2)
_WIDTHS_3 = ((3.0, 10, 30), (0.1, 10, 35), (3.0, 10, 30), (0.1, 10, 35))
_CENTRES_3 = (
    (0.3689, 0.1170, 0.2673),
    (0.4699, 0.4387, 0.7470),
    (0.1091, 0.8732, 0.5547),
    (0.0381, 0.5743, 0.8828),
)
_WIDTHS_6 = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_CENTRES_6 = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def hartmann3(x: Sequence[float]) -> float:
    """Return Hartmann's function of three variables, for x in [0, 1]^3; it is smallest, -3.86278,
    at (0.114614, 0.555649, 0.852547).

    J. K. Hartman, *Some experiments in global optimization*, Naval Research Logistics Quarterly 20
    (1973), doi:10.1002/nav.3800200316; in the form of Dixon and Szego (1978).
    """
    return _hartmann(x, _WIDTHS_3, _CENTRES_3)


def hartmann6(x: Sequence[float]) -> float:
    """Return Hartmann's function of six variables, for x in [0, 1]^6; it is smallest, -3.32237, at
    (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573). Source: see `hartmann3`.
    """
    return _hartmann(x, _WIDTHS_6, _CENTRES_6)


def _hartmann(
    x: Sequence[float], widths: Sequence[Sequence[float]], centres: Sequence[Sequence[float]]
) -> float:
    total = 0.0
    for height, width, centre in zip(_HEIGHTS, widths, centres):  # noqa: B905 - Python 3.9
        distance = sum(w * (v - c) ** 2 for w, v, c in zip(width, x, centre))  # noqa: B905
        total -= height * exp(-distance)
    return total


#: By name: the function and how many variables it has.
FUNCTIONS: dict[str, tuple[Callable[[Sequence[float]], float], int]] = {
    "ishigami": (ishigami, 3),
    "friedman": (friedman, 5),
    "branin": (branin, 2),
    "hartmann3": (hartmann3, 3),
    "hartmann6": (hartmann6, 6),
}


class BenchmarkFunctionRunner(Runner):
    """Evaluate a function of the literature at the parameters ``x1``, ``x2`` and so on, to compare
    samplers without computing time.

    ishigami in [-pi, pi]^3 (1990), friedman in [0, 1]^5 (1991), branin in [-5, 10] x [0, 15] and
    hartmann3, hartmann6 in [0, 1]^d (Dixon and Szego 1978). The output is called ``output``.
    """

    uses_run_dir: ClassVar[bool] = False

    function: str = option(doc="Which function.", choices=tuple(FUNCTIONS), example="branin")
    parameters: list[str] | None = option(
        None, doc="The parameters that are its variables, in order; by default x1, x2 ..."
    )
    noise: float = option(
        0.0, doc="Standard deviation of a normal number that is added to the value.", ge=0
    )

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        function, _ = FUNCTIONS[self.function.lower()]
        values = [number(params, name, type(self).__name__) for name in self._names()]
        value = function(values)
        if self.noise:
            value += random.gauss(0.0, self.noise)  # seeded by campaign and task
        return {"output": value, "success": True}

    def output_names(self) -> tuple[str, ...]:
        return ("output",)

    def required_parameters(self) -> dict[str, set[str]]:
        return {"parameters" if self.parameters else "function": set(self._names())}

    def problems(self) -> Iterator[tuple[str, str]]:
        expected = FUNCTIONS[self.function.lower()][1]
        if self.parameters is not None and len(self.parameters) != expected:
            yield (
                "parameters",
                f"{self.function} has {expected} variables; {len(self.parameters)} are named",
            )

    def _names(self) -> list[str]:
        count = FUNCTIONS[self.function.lower()][1]
        return self.parameters or [f"x{number + 1}" for number in range(count)]
