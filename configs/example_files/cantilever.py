"""A round rod held at one end that carries a load at the other: the lighter, the more it bends."""

import math

LOAD = 1000.0  # N
STIFFNESS = 207e9  # Pa, of steel
DENSITY = 7800.0  # kg/m3


def bend(diameter: float, length: float) -> dict:
    """Give mass (kg), deflection (m) and the largest stress (Pa) of a rod; both lengths in m."""
    area = math.pi * diameter**2 / 4
    inertia = math.pi * diameter**4 / 64
    return {
        "mass": DENSITY * area * length,
        "deflection": LOAD * length**3 / (3 * STIFFNESS * inertia),
        "stress": LOAD * length * diameter / 2 / inertia,
    }
