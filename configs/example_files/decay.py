"""A damped oscillation, as a simulation that returns an array."""

import math

import numpy as np


def oscillate(frequency, damping):
    time = np.linspace(0.0, 4.0, 9)
    return {
        "half_life": math.log(2) / damping,
        "signal": np.exp(-damping * time) * np.cos(2 * math.pi * frequency * time),
    }
