"""A generator of one's own by the interface of gest-api: differential evolution (R. Storn,
K. Price, J. Global Optim. 11 (1997), doi:10.1023/A:1008202821328), for one objective that is to be
small.
"""

import random

from gest_api.generator import Generator


class Evolution(Generator):
    """Keeps the best points so far, and proposes differences of them."""

    def __init__(self, vocs, population_size=20, step=0.7):
        super().__init__(vocs)
        self.vocs, self.size, self.step = vocs, population_size, step
        self.population = []  # results, the best first

    def _validate_vocs(self, vocs):
        if len(vocs.objectives) != 1:
            raise ValueError("Evolution needs exactly one objective")

    def suggest(self, num_points):
        return [self._suggest() for _ in range(num_points)]

    def _suggest(self):
        domains = {name: variable.domain for name, variable in self.vocs.variables.items()}
        if len(self.population) < self.size:
            return {name: random.uniform(*domain) for name, domain in domains.items()}
        start, one, other = random.sample(self.population, 3)
        point = {name: start[name] + self.step * (one[name] - other[name]) for name in domains}
        return {name: min(max(point[name], low), high) for name, (low, high) in domains.items()}

    def ingest(self, results):
        (objective,) = self.vocs.objective_names
        good = [result for result in results if result[objective] == result[objective]]  # no nan
        self.population = sorted(self.population + good, key=lambda result: result[objective])
        del self.population[self.size :]
