"""The function of samples that need no run directory."""

from __future__ import annotations

import math


def peaks(x: float, y: float) -> float:
    """Return two Gaussians upon a plane."""
    first = math.exp(-((x - 0.3) ** 2 + (y - 0.3) ** 2) / 0.02)
    return 0.2 * x + 0.1 * y + first + 0.8 * math.exp(-((x - 0.75) ** 2 + (y - 0.6) ** 2) / 0.04)
