"""The parents of a stage: rows of the stage before, as ranges (batch, first sample, end), each
parent in its place for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int, int]
ParentRow = tuple[int, int]  #: batch and sample, in the stage before


def rows(ranges: Iterable[Sequence[int]]) -> Iterator[ParentRow]:
    """Return the parents in order."""
    for batch, start, stop in ranges:
        for sample in range(start, stop):
            yield batch, sample


def ranges(parents: Iterable[ParentRow]) -> list[list[int]]:
    """Return a list of parents as ranges."""
    found: list[list[int]] = []
    for batch, sample in parents:
        if found and found[-1][0] == batch and found[-1][2] == sample:
            found[-1][2] = sample + 1
        else:
            found.append([batch, sample, sample + 1])
    return found


def extends(new: Sequence[Range], old: Sequence[Range]) -> bool:
    """Tell whether the list `new` begins with all parents of `old`."""
    if not old:
        return True
    last = len(old) - 1
    if len(new) <= last or list(new[:last]) != list(old[:last]):
        return False
    return new[last][:2] == old[last][:2] and new[last][2] >= old[last][2]


def changed_places(old: Iterable[Sequence[int]], new: Iterable[Sequence[int]]) -> list[int]:
    """Return the places of the list `old` that the list `new` gives to another parent, or has
    not.
    """
    before, after = list(rows(old)), list(rows(new))
    return [place for place, row in enumerate(before) if place >= len(after) or after[place] != row]


def without(
    parents: list[ParentRow], gone: set[ParentRow], fresh: list[ParentRow]
) -> list[ParentRow]:
    """Return a list of parents with others in the places of those that are `gone`: `fresh` ones,
    then the last of the list.

    Fresh parents that are not needed for that are added at the end.
    """
    kept: list[ParentRow | None] = [None if row in gone else row for row in parents]
    new = iter(fresh)
    for place, row in enumerate(kept):
        if row is None:
            kept[place] = next(new, None)
    place = 0
    while place < len(kept):
        if kept[place] is None:
            kept[place] = kept[-1]
            kept.pop()
        else:
            place += 1
    return [*(row for row in kept if row is not None), *new]
