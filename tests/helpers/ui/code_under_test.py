"""A simulation that is quick and sometimes fails, for campaigns that screens are shown."""

from __future__ import annotations

import math
import time
from pathlib import Path


def wavy(c1: float, c2: float) -> dict[str, float]:
    """Succeeds below c1 = 0.8; above, fails in one of two ways that have numbers in their
    messages.
    """
    if c1 > 0.9:
        raise FloatingPointError(
            f"overflow in step {int(c1 * 1000)} at /tmp/grid_{int(c2 * 100)}.dat"
        )
    if c1 > 0.8:
        raise ValueError(f"mesh did not converge after {int(c2 * 1000)} iterations")
    return {"energy": math.sin(6 * c1) * c2, "mass": c1 + c2}


def hopeless(c1: float, c2: float) -> dict[str, float]:
    """Always fails."""
    raise ValueError(f"no equilibrium for {c1}")


def slow(c1: float, c2: float) -> dict[str, float]:
    """Takes c2 tenths of a second."""
    time.sleep(0.1 * c2)
    return {"energy": c1 * c2}


def ten_at_first(c1: float, c2: float) -> dict[str, float]:
    """Ten samples end at once, all others when there is a file ``go_on`` beside this one."""
    here = Path(__file__).parent
    for number in range(10):
        try:
            (here / f"begun{number}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return {"energy": c1 * c2}
    while not (here / "go_on").exists():
        time.sleep(0.05)
    return {"energy": c1 * c2}


def tidy(c1: float, c2: float) -> dict[str, float]:
    """Always succeeds, and gives other outputs than the others."""
    return {"amplitude": c1 - c2, "phase": c1 * c2}


def odd(c1: float, c2: float) -> dict[str, object]:
    """Gives values that few people expect."""
    _odd.append(c1)
    mixed = [10, "b", 2, math.nan, "a", 10**400]
    return {
        "vast": 10**400 + len(_odd),
        "vaster": 10**5000,
        "mixed": mixed[len(_odd) % 6],
        "many": {"numbers": list(range(50_000))},
        "text": "[bold]no markup[/]",
        "steel": ["304", "316"][len(_odd) % 2],
    }


_odd: list[float] = []  # the samples of this worker
