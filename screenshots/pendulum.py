"""The simulation behind the pictures: a damped pendulum driven at its pivot, which for strong driving leaves the model's range."""

import math
import time


def swing(drive, damping, frequency, pause=0.0):
    """Give the largest angle (rad) and the mean energy of 40 periods; `pause` is how long the computer takes (s)."""
    time.sleep(pause * (0.5 + frequency / 2))
    angle, velocity, energy, largest = 0.2, 0.0, 0.0, 0.0
    steps, dt = 4_000, 0.01
    for step in range(steps):
        acceleration = -math.sin(angle) - damping * velocity + drive * math.cos(frequency * step * dt)
        velocity += acceleration * dt
        angle += velocity * dt
        energy += 0.5 * velocity**2 + 1 - math.cos(angle)
        largest = max(largest, abs(angle))
        if largest > 4 * math.pi:
            raise RuntimeError(f"the pendulum has turned over twice at step {step}: drive {drive:.3f} is outside the model's range")
    return {"largest_angle": largest, "energy": energy / steps}
