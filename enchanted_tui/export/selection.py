"""Which rows and columns are exported, into which part of a split each row goes, and where a file
must not go.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.storage.column_types import ColumnType
from enchanted_tui.storage.layout import campaign_that_owns
from enchanted_tui.suggestions import nearest

_PART_NAMES = {1: ("all",), 2: ("train", "test"), 3: ("train", "validation", "test")}


class ExportError(RefusedError, ValueError):
    """What is asked for cannot be exported; the text says why and what to do."""


@dataclass(frozen=True)
class ExportPart:
    """One file of an export."""

    name: str  #: ``train``, or empty if there is no split
    rows: frozenset[int] | None  #: positions of its rows among those exported; None: all


def parse_split(text: str) -> tuple[float, ...]:
    """Read ``0.8/0.1/0.1``. Raises ExportError unless these are positive shares that make 1."""
    try:
        shares = tuple(float(share) for share in text.split("/"))
    except ValueError:
        raise ExportError(f"--split {text}: expected shares such as 0.8/0.1/0.1") from None
    if any(not share > 0 for share in shares) or not math.isclose(sum(shares), 1.0, abs_tol=1e-9):
        raise ExportError(
            f"--split {text}: the shares must be positive and make 1 together, these make"
            f" {sum(shares):g}"
        )
    return shares


def parts(count: int, shares: tuple[float, ...] | None, seed: int) -> list[ExportPart]:
    """Divide `count` rows at random, by `seed` alone: the same rows and shares give the same parts
    on any machine.

    Sizes are rounded by largest remainder, so they add up to `count`.
    """
    if shares is None:
        return [ExportPart("", None)]
    names = _PART_NAMES.get(len(shares)) or tuple(
        f"part{number}" for number in range(1, len(shares) + 1)
    )
    order = np.random.Generator(np.random.PCG64(seed)).permutation(count).tolist()
    found, start = [], 0
    for name, size in zip(names, _sizes(count, shares), strict=True):
        found.append(ExportPart(name, frozenset(order[start : start + size])))
        start += size
    return found


def _sizes(count: int, shares: Sequence[float]) -> list[int]:
    exact = [count * share for share in shares]
    sizes = [math.floor(size + 1e-9) for size in exact]
    by_remainder = sorted(
        range(len(shares)), key=lambda index: (sizes[index] - exact[index], index)
    )
    for index in by_remainder[: count - sum(sizes)]:
        sizes[index] += 1
    return sizes


def select_columns(columns: Sequence[ColumnType], wanted: Sequence[str] | None) -> list[ColumnType]:
    """Return the columns named, in that order; all without names. Raises ExportError for a name
    that there is not.
    """
    if not wanted:
        return list(columns)
    by_name = {column.name: column for column in columns}
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        said = []
        for name in unknown:
            guess = nearest(name, by_name)
            said.append(f"{name!r}" + (f" (did you mean {guess!r}?)" if guess else ""))
        raise ExportError(
            f"--columns: the dataset has no column {', '.join(said)}; it has {', '.join(by_name)}"
        )
    return [by_name[name] for name in dict.fromkeys(wanted)]


def check_places(
    paths: Iterable[Path], *, overwrite: bool, replaceable: Collection[Path] = ()
) -> None:
    """Raise ExportError where files must not be put: in place of what is no file, of a campaign's
    own record and results, or, unless `overwrite`, of any file but those `replaceable`.
    """
    paths = tuple(paths)
    for path in paths:
        check_place(path)
    there = (
        [] if overwrite else [path for path in paths if path.exists() and path not in replaceable]
    )
    if there:
        of = "this is" if len(there) == 1 else "these are"
        raise ExportError(
            f"--out {', '.join(map(str, there))}: {of} there already; remove"
            f" {'it' if len(there) == 1 else 'them'}, name another place, or add --overwrite"
        )


def check_place(path: Path) -> None:
    """Raise ExportError where a file must not be put, whoever has agreed to that: in place of what
    is no file, or of a campaign's own record and results. Raise EnvironmentProblem where it cannot
    be.
    """
    if wrong := _taken(path):
        raise ExportError(f"--out {wrong}")
    if wrong := _unwritable(path):
        raise EnvironmentProblem(f"--out {wrong}")


def check_directory(path: Path) -> None:
    """Raise EnvironmentProblem where a file cannot be put since its directory is not there, for
    those that make none.
    """
    if not path.parent.is_dir():
        raise EnvironmentProblem(
            f"--out {path}: there is no directory {path.parent}; make it, or name another place"
        )


def misplaced(path: Path) -> str:
    """Return why a file must not, or cannot, be put there, whoever has agreed to that; nothing if
    it may be.
    """
    return _taken(path) or _unwritable(path)


def _taken(path: Path) -> str:
    if path.exists() and not path.is_file():
        what = "a directory" if path.is_dir() else "no plain file"
        return f"{path}: this is {what}; name a file"
    campaign = campaign_that_owns(path)
    if campaign is not None:
        return f"{path}: there the campaign in {campaign} keeps its own files; name another place"
    return ""


def _unwritable(path: Path) -> str:
    above = next((one for one in path.absolute().parents if one.exists()), None)
    if above is not None and not above.is_dir():
        return f"{path}: {above} is no directory; name another place"
    if above is not None and not os.access(above, os.W_OK | os.X_OK):
        return f"{path}: nothing can be written into {above}; name another place"
    return ""
