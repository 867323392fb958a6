"""A runner and a sampler of one's own, named in a configuration by their dotted paths (see
plugins.yaml).
"""

import math


class CircleRunner:
    """Takes its options as keywords; gets a run directory and a dictionary, gives a dictionary with
    a boolean `success`.
    """

    def __init__(self, radius=1.0, **_):
        self.radius = radius

    def single_code_run(self, run_dir, params):
        distance = math.hypot(params["x"], params["y"])
        with open(f"{run_dir}/distance.txt", "w") as file:
            file.write(f"{distance}\n")
        return {"distance": distance, "inside": distance < self.radius, "success": True}


class SpiralSampler:
    """Draws points on a spiral, `batch_size` at a time."""

    parameters = ("x", "y")

    def __init__(self, budget, batch_size=None, turns=3, **_):
        self.budget = budget
        self.batch_size = batch_size or budget
        self.turns = turns
        self.submitted = 0

    @property
    def has_budget(self):
        return self.submitted < self.budget

    def get_next_samples(self):
        last = min(self.submitted + self.batch_size, self.budget)
        points = [self._point(number) for number in range(self.submitted, last)]
        self.submitted = last
        return points

    def skip(self, n_batches):
        """On resume: go on as if that many batches had been drawn."""
        for _ in range(n_batches):
            self.get_next_samples()

    def _point(self, number):
        share = number / self.budget
        angle = 2 * math.pi * self.turns * share
        return {"x": share * math.cos(angle), "y": share * math.sin(angle)}
