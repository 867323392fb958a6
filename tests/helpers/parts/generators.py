"""Generators by the interface of gest-api, well-behaved ones and others."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
from typing import Any

from gest_api.generator import Generator

Point = dict[str, Any]


class Climber(Generator):
    """Goes at random from the best point so far, and knows its points by names of its own.

    What it draws depends on the shared random numbers, on what it has been told, and on the order
    in which it was.
    """

    returns_id = True

    def __init__(self, vocs: Any, step: float = 0.2, log: str | None = None) -> None:
        super().__init__(vocs)
        self.vocs, self._step, self._log = vocs, step, log
        self._count, self._best, self._open = 0, (-math.inf, Point()), dict[str, Point]()

    def _validate_vocs(self, vocs: Any) -> None:
        if len(vocs.objective_names) != 1:
            raise ValueError("a climber climbs\n one hill")

    def suggest(self, num_points: int | None) -> list[Point]:
        return [self._next() for _ in range(num_points or 1)]

    def _next(self) -> Point:
        point: Point = {"_id": f"step {self._count}", "private": [self._count]}
        self._count += 1
        for name, variable in self.vocs.variables.items():
            low, high = variable.domain
            middle = self._best[1].get(name, (low + high) / 2)
            here = middle + random.uniform(-1, 1) * self._step * (high - low)
            point[name] = min(max(here, low), high)
        self._open[point["_id"]] = point
        return dict(point)

    def ingest(self, results: list[Point]) -> None:
        (objective,) = self.vocs.objective_names
        for result in results:
            name = result.get("_id")
            if name is not None:
                given = self._open.pop(name)  # told twice, or not its own: KeyError
                assert {key: result[key] for key in given} == given
            if result[objective] > self._best[0]:
                self._best = result[objective], result
        self._note(results)

    def _note(self, results: list[Point]) -> None:
        if self._log is not None:
            with open(self._log, "a", encoding="utf-8") as file:
                file.write(json.dumps(results) + "\n")

    def finalize(self) -> None:
        if self._log is not None:
            with open(self._log, "a", encoding="utf-8") as file:
                file.write('"finalized"\n')


class Restless(Climber):
    """Draws other points each time, whatever it is told."""

    def _next(self) -> Point:
        random.seed(os.urandom(8))
        return super()._next()


class Weary(Climber):
    """Has no points in its second life until it has been told something."""

    def suggest(self, num_points: int | None) -> list[Point]:
        if not self._count and not self._best[1] and os.path.exists("lived.txt"):
            raise RuntimeError("tired")
        with open("lived.txt", "w", encoding="utf-8"):
            return super().suggest(num_points)


class Patient(Climber):
    """Gives three points, and no more until it has been told of all of them."""

    def suggest(self, num_points: int | None) -> list[Point]:
        if self._open:
            return []
        return super().suggest(min(num_points or 3, 3))


class Nanny(Climber):
    """Has a process of its own."""

    def __init__(self, vocs: Any) -> None:
        super().__init__(vocs)
        self._child = subprocess.Popen(["sleep", "300"])


class Odd(Climber):
    """Does not keep to the interface, in a way that its option names."""

    def __init__(self, vocs: Any, way: str) -> None:
        super().__init__(vocs)
        self._way = way

    def suggest(self, num_points: int | None) -> Any:
        count = num_points or 1
        points = super().suggest(count)
        if self._way == "raises":
            raise RuntimeError("no model\n  yet")
        if self._way == "exits":
            os._exit(3)
        changed: Any = {
            "many": [*points, points[0]],
            "none": [],
            "outside": [{**points[0], "x": 1.5}, *points[1:]],
            "typo": [{"X": 0.5}],
            "text": [{"x": "0.5"}],
            "flag": [{"x": True}],
            "nan": [{"x": math.nan}],
            "no list": {"x": [0.5]},
            "no mapping": [0.5],
        }
        return changed.get(self._way, points)

    def ingest(self, results: list[Point]) -> None:
        if self._way == "takes none":
            raise KeyError("xopt_runtime")


class Sorter:
    """No generator: it has no ingest."""

    def suggest(self, num_points: int | None) -> list[Point]:
        return []
