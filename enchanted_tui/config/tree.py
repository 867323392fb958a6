"""Plain Python values that know where in a file they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from enchanted_tui.config.problems import Path, Problem, Severity, key_text


class TextPlace(NamedTuple):
    """Where a value and its key stand, lines and columns from 1; the item of a list has no key and
    the same place twice.
    """

    line: int
    column: int
    key_line: int
    key_column: int
    text: str | None = None  #: a scalar as it is written, without quotes
    quoted: bool = False
    key: str | None = None  #: the key as it is written
    broken: bool = (
        False  #: a problem with it is reported already; anything else would follow from that
    )
    origin: str | None = None  #: what set it, if not the text: ``--set supervisor.seed``


class Map(dict[Any, Any]):
    """A mapping with the places of its values."""

    __slots__ = ("places",)

    def __init__(self, items: Any = (), places: dict[Any, TextPlace] | None = None) -> None:
        super().__init__(items)
        self.places: dict[Any, TextPlace] = {} if places is None else places


class Seq(list[Any]):
    """A list with the places of its values."""

    __slots__ = ("places",)

    def __init__(self, items: Any = (), places: dict[Any, TextPlace] | None = None) -> None:
        super().__init__(items)
        self.places: dict[Any, TextPlace] = {} if places is None else places


@dataclass
class Document:
    """A configuration as it was written: `file` as people call it, and the mapping at its top."""

    file: str
    root: Map
    has_text: bool = True

    def place(self, path: Path) -> TextPlace | None:
        """Return the place of a value; None if there is no such value or its place is not known."""
        place, is_whole, _ = self._descend(path)
        return place if is_whole else None

    def problem(
        self, severity: Severity, path: Path, message: str, *, at_key: bool = False
    ) -> Problem | None:
        """Make a problem about the value at `path`; None if that value has a reported problem
        already.

        What is missing is placed at the key of the mapping that lacks it.
        """
        place, is_whole, origin = self._descend(path)
        key = key_text(path)
        if place is not None and place.broken:
            return None
        if origin is not None:
            return Problem(severity, origin, None, None, key, message)
        if not self.has_text:
            return Problem(severity, self.file, None, None, key, message)
        if place is None:
            return Problem(severity, self.file, 1, 1, key, message)
        if is_whole and not at_key:
            return Problem(severity, self.file, place.line, place.column, key, message)
        return Problem(severity, self.file, place.key_line, place.key_column, key, message)

    def resolve(self, text: str, start: Path = ()) -> Path:
        """Return the path that a text such as ``bounds[1]`` or ``samplers.a.budget`` means below
        `start`, whether it exists or not.

        A key that holds a dot is found if it exists. Raises ValueError for an empty part.
        """
        container: Any = self.value(start)
        path, parts = list(start), _parts(text)
        while parts:
            key, used = _next_key(container, parts)
            container = container[key] if _has(container, key) else None
            path.append(key)
            parts = parts[used:]
        return tuple(path)

    def value(self, path: Path) -> Any:
        """Return the value at `path`, or None."""
        container: Any = self.root
        for key in path:
            if not _has(container, key):
                return None
            container = container[key]
        return container

    def assign(self, path: Path, value: Any, origin: str) -> None:
        """Set a value, making the mappings that lead to it where they do not exist.

        What leads to it is copied, because aliases may share it. Raises ValueError if something in
        between is no mapping or list, or if a list has no such item (the one after the last is
        added).
        """
        self.root = container = _copied(self.root, "the configuration")
        for depth, key in enumerate(path):
            where = key_text(path[: depth + 1])
            _check_key(container, key, key_text(path[:depth]) or "the configuration")
            is_last = depth == len(path) - 1
            below = (
                value
                if is_last
                else _copied(container[key] if _has(container, key) else None, where)
            )
            if is_last or not _has(container, key):
                container.places[key] = TextPlace(1, 1, 1, 1, origin=origin)
            if isinstance(container, list) and key == len(container):
                container.append(below)
            else:
                container[key] = below
            container = below

    def _descend(self, path: Path) -> tuple[TextPlace | None, bool, str | None]:
        """Return the place of the longest part of `path` that has one, whether that is all of it,
        and the last origin on the way.
        """
        container: Any = self.root
        place: TextPlace | None = None
        origin: str | None = None
        for key in path:
            below = getattr(container, "places", {}).get(key)
            if below is None or not _has(container, key):
                return place, False, origin
            place = below
            origin = place.origin or origin
            container = container[key]
            if place.broken:
                return place, True, origin
        return place, place is not None, origin


def plain(value: Any) -> Any:
    """Return a copy in plain dictionaries and lists; what was shared stays shared."""
    return _plain(value, {})


def measure(value: Any) -> tuple[int, int]:
    """Return the number of values and the depth of a tree as if nothing in it were shared, without
    walking shared parts twice.
    """
    return _measure(value, {})


def _plain(value: Any, done: dict[int, Any]) -> Any:
    if not isinstance(value, dict | list):
        return value
    found = done.get(id(value))
    if found is None:
        if isinstance(value, dict):
            found = done[id(value)] = {key: _plain(item, done) for key, item in value.items()}
        else:
            found = done[id(value)] = [_plain(item, done) for item in value]
    return found


def _measure(value: Any, done: dict[int, tuple[int, int]]) -> tuple[int, int]:
    if not isinstance(value, dict | list):
        return 1, 0
    found = done.get(id(value))
    if found is None:
        count, depth = 1, 0
        for item in value.values() if isinstance(value, dict) else value:
            item_count, item_depth = _measure(item, done)
            count, depth = count + item_count, max(depth, item_depth)
        found = done[id(value)] = count, depth + 1
    return found


def _has(container: Any, key: Any) -> bool:
    if isinstance(container, dict):
        return key in container
    return isinstance(container, list) and isinstance(key, int) and 0 <= key < len(container)


def _parts(text: str) -> list[str]:
    parts = text.replace("[", ".[").removeprefix(".").split(".")
    if any(part in ("", "[]") for part in parts):
        raise ValueError(
            f"{text!r} is not a key path such as samplers.s1.budget or"
            " supervisor.run_order.0.runner"
        )
    return parts


def _next_key(container: Any, parts: list[str]) -> tuple[Any, int]:
    """Return the key that the first of `parts` mean in `container`, and how many of them it
    takes.
    """
    if isinstance(container, dict):
        written = {
            place.key: key
            for key, place in getattr(container, "places", {}).items()
            if place.key is not None
        }
        for used in range(1, len(parts) + 1):
            name = ".".join(parts[:used])
            for key in (name, written.get(name), name.strip("[]")):
                if key is not None and key in container:
                    return key, used
    bare = parts[0].strip("[]")
    if bare.isdecimal() and (isinstance(container, list) or parts[0] != bare):
        return int(bare), 1
    return bare, 1


def _copied(container: Any, where: str) -> Any:
    if container is None:
        return Map()
    if isinstance(container, Map):
        return Map(container, dict(container.places))
    if isinstance(container, Seq):
        return Seq(container, dict(container.places))
    raise ValueError(f"{where} is neither a mapping nor a list")


def _check_key(container: Any, key: Any, where: str) -> None:
    if not isinstance(container, list):
        return
    if not isinstance(key, int):
        raise ValueError(f"{where} is a list; name its items by number, the first is {where}.0")
    if key > len(container):
        raise ValueError(
            f"there is no item {key} in {where}; the last is {where}.{len(container) - 1}"
        )
