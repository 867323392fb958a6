"""The header of a dataset as a pure function of its rows."""

from __future__ import annotations

from collections.abc import Iterable

#: Position of a row in its stage: (batch, sample).
Key = tuple[int, int]
Shape = tuple[str, ...]

LAST_COLUMN = "run_dir"
_MAX_SHAPES = 4_096


class Columns:
    """Collects the columns of rows, in whatever order the rows come, and gives the header.

    The header is what one gets by going through the rows by (batch, sample) and inserting each new
    column after its predecessor in that row, or at the front; ``run_dir`` is always last. Only a
    row in which some column appears first has a say, so those are all that is kept.
    """

    def __init__(self) -> None:
        self._first: dict[str, tuple[Key, Shape]] = {}
        self._seen: dict[Shape, Key] = {}
        self._header: Shape = ()

    def note(self, key: Key, shape: Shape) -> None:
        """Take in the column names of the row at `key`."""
        seen = self._seen.get(shape)
        if seen is not None and seen <= key:
            return
        if len(self._seen) >= _MAX_SHAPES:
            self._seen.clear()
        self._seen[shape] = key
        for column in shape:
            first = self._first.get(column)
            if first is None or key < first[0]:
                self._first[column] = (key, shape)
                self._header = ()

    def header(self) -> Shape:
        """Return the columns in their order."""
        if not self._header:
            self._header = fold(shape for _key, shape in sorted(set(self._first.values())))
        return self._header


def fold(shapes: Iterable[Shape]) -> Shape:
    """Return the header of rows whose column names are `shapes`, in the order of the rows."""
    header: list[str] = []
    known: set[str] = set()
    last = False
    for shape in shapes:
        position: int | None = 0
        previous = ""
        for column in shape:
            if column == LAST_COLUMN:
                last = True
                continue
            if column in known:
                position = None
            else:
                if position is None:
                    position = header.index(previous) + 1
                header.insert(position, column)
                known.add(column)
                position += 1
            previous = column
    if last:
        header.append(LAST_COLUMN)
    return tuple(header)
