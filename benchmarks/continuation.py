"""What the choice of the nearest finished sample costs the supervisor: `python -m
benchmarks.continuation`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy

from enchanted_tui.config.ranges import Range
from enchanted_tui.supervisor.space import FinishedSamples, Space, Unbegun

PARAMETERS = (3, 8)
SAMPLES = (1_000, 10_000, 100_000)


def milliseconds(call: Callable[[numpy.ndarray], object], places: numpy.ndarray) -> float:
    """Return what one call takes at best of five times all places, in ms."""
    found = []
    for _ in range(5):
        started = time.perf_counter()
        for place in places:
            call(place)
        found.append((time.perf_counter() - started) / len(places))
    return 1e3 * min(found)


def main() -> None:
    print("| parameters | samples | choose (ms) | order: nearest (ms) | resume by order (s) |")
    print("|---|---|---|---|---|")
    generator = numpy.random.default_rng(1)
    for dimension in PARAMETERS:
        names = [f"p{index}" for index in range(dimension)]
        space = Space(names, dict.fromkeys(names, Range(0.0, 1.0)), {})
        for count in SAMPLES:
            places, asked = generator.random((count, dimension)), generator.random((20, dimension))
            finished = FinishedSamples(space)
            for number, place in enumerate(places):
                finished.put((0, number), place)
            unbegun = Unbegun(space, range(count), places.T)
            half = Unbegun(space, range(count // 2), places[: count // 2].T)
            choose = milliseconds(partial(finished.nearest, within=numpy.inf), asked)
            ordered = milliseconds(partial(order, unbegun), asked)
            started = time.perf_counter()
            half.have_finished(places[count // 2 :].T)
            resumed = time.perf_counter() - started
            print(f"| {dimension} | {count:,} | {choose:.2f} | {ordered:.2f} | {resumed:.1f} |")


def order(unbegun: Unbegun, place: numpy.ndarray) -> None:
    """Take a finished sample into account, and begin with the next one."""
    unbegun.finished(place)
    unbegun.take()


if __name__ == "__main__":
    main()
