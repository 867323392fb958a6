"""A model as a plain function: parameters in as keywords, a dictionary of outputs (or one number)
back.
"""

import math
import os


def swing(length: float, angle: float, run_dir: str, gravity: float = 9.81) -> dict:
    """Give the period of a pendulum; fails where it would swing over the top."""
    if angle >= 3.0:
        return {"success": False, "period": math.inf}
    period = 2 * math.pi * math.sqrt(length / gravity) * (1 + angle**2 / 16)
    with open(os.path.join(run_dir, "report.txt"), "w") as file:
        file.write(f"period {period} s\n")
    return {"period": period, "frequency": 1 / period}


def period(length: float, angle: float, gravity: float = 9.81) -> float:
    """Give the period alone: a function that takes no `run_dir` needs no directory."""
    return 2 * math.pi * math.sqrt(length / gravity) * (1 + angle**2 / 16)
