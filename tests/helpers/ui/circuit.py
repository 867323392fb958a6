"""A way through places that goes from each of them to each other one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def circuit(places: Sequence[str]) -> Iterator[str]:
    """Give a way through all places that takes every ordered pair of them, the same twice included,
    once.
    """
    ways = {place: list(places) for place in places}
    stack, found = [places[0]], []
    while stack:
        if ways[stack[-1]]:
            stack.append(ways[stack[-1]].pop())
        else:
            found.append(stack.pop())
    return reversed(found)
