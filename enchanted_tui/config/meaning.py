"""What a place of a configuration is for: an option of a class, a reference, a section. Works on
half-typed text.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.declared import choices_of, members, nested_of, option_types, split
from enchanted_tui.config.lookup import KINDS, Found, LookupFailure, find
from enchanted_tui.config.models import SupervisorOptions
from enchanted_tui.config.options import Declared, Option, part_options
from enchanted_tui.config.problems import Path
from enchanted_tui.config.skeleton import Skeleton
from enchanted_tui.config.stage_options import KEYS as STAGE_OPTIONS
from enchanted_tui.config.stage_options import StageOptions

_ORDER, _STAGE = ("supervisor", "run_order"), 3  #: the list of stages, and how deep a key of one is
_SECTION_KINDS = {section: kind for kind, section in KINDS.items() if kind != "parser"}


@dataclass(frozen=True)
class KeyMeaning:
    """A place inside a component, a nested mapping of one, or the section `supervisor`: the option
    below it, if any, and what is deeper than that.
    """

    kind: str  #: sampler, runner, executor, supervisor or nested
    base: Path  #: where the component or nested mapping is configured
    cls: type | None  #: None if there is no such class or no type yet
    type_name: str | None
    rest: Path  #: below `base`: empty, or an option and what is inside its value

    def options(self) -> dict[str, Option]:
        """The options that the class declares, aliases left out."""
        return (
            dict(self.cls.options())
            if self.cls is not None and issubclass(self.cls, Declared)
            else {}
        )

    @property
    def names_class(self) -> bool:
        """Whether this is the key that says which class a component is of."""
        return self.rest == ("type",) and self.kind not in ("nested", "supervisor")

    def option(self) -> Option | None:
        """The declared option that the place is in."""
        if not self.rest:
            return None
        return next(
            (
                option
                for name, option in self.options().items()
                if self.rest[0] in (name, *option.aliases)
            ),
            None,
        )

    def hint(self, option: Option) -> Any:
        """The type that an option declares."""
        return type_of(self.cls, option)


class Meanings:
    """Answers questions about the places of one text. Imports the classes that it names, so keep it
    off an event loop.
    """

    def __init__(self, skeleton: Skeleton, import_dirs: Sequence[FilePath] = ()) -> None:
        self.skeleton, self._import_dirs = skeleton, tuple(import_dirs)
        self._classes: dict[tuple[str, str], Found | None] = {}

    def place(self, path: Path) -> KeyMeaning | None:
        """Say in which component a place is; None outside of all."""
        if not path or not isinstance(path[0], str):
            return None
        if path[:2] == _ORDER and len(path) > _STAGE and path[_STAGE] in STAGE_OPTIONS:
            return _in_nested(
                KeyMeaning("nested", path[:_STAGE], StageOptions, None, path[_STAGE:])
            )
        if path[0] == "supervisor":
            return KeyMeaning("supervisor", path[:1], SupervisorOptions, None, path[1:])
        kind = _SECTION_KINDS.get(path[0])
        if kind is None or len(path) < 2:
            return None
        return self._inside(kind, path[:2], path[2:])

    def mapping(self, path: Path) -> KeyMeaning | None:
        """Say what the mapping at a path is, whose keys are options; None if it is none."""
        place = self.place((*path, ""))
        return replace(place, rest=()) if place is not None and place.rest == ("",) else None

    def names(self, kind: str) -> list[str]:
        """The names of the components of a kind."""
        node = self.skeleton.find((KINDS[kind],))
        return (
            list(
                dict.fromkeys(
                    str(child.key) for child in reversed(list(self.skeleton.children(node)))
                )
            )
            if node is not None
            else []
        )

    def given(self, path: Path) -> set[str]:
        """The keys of the mapping at a path."""
        node = self.skeleton.find(path)
        return (
            {str(child.key) for child in self.skeleton.children(node)}
            if node is not None
            else set()
        )

    def find(self, kind: str, name: str) -> Found | None:
        """Find a class; None if there is none."""
        if (kind, name) not in self._classes:
            try:
                self._classes[kind, name] = find(kind, name, self._import_dirs)
            except LookupFailure:
                self._classes[kind, name] = None
        return self._classes[kind, name]

    def _inside(self, kind: str, base: Path, rest: Path) -> KeyMeaning:
        node = self.skeleton.find(base)
        written = self.skeleton.get(node, "type") if node is not None else None
        type_name = written.value if written is not None else None
        found = self.find(kind, type_name.strip()) if type_name else None
        cls = found.cls if found is not None else None
        parts: Mapping[str, str] = part_options(cls) if cls is not None else {}
        if len(rest) >= 2 and rest[0] in parts:
            return self._inside(parts[rest[0]], (*base, *rest[:2]), rest[2:])
        return _in_nested(KeyMeaning(kind, base, cls, type_name, rest))


def _in_nested(place: KeyMeaning) -> KeyMeaning:
    """Return a place as one of the innermost nested mapping that has a key around it."""
    option = place.option()
    if option is None or option.nested is None:
        return place
    depth = _depth_of_nested(place.hint(option), option, place.rest[1:])
    if depth is None or not isinstance(option.nested, type):
        return place
    end = 1 + depth
    inside = KeyMeaning(
        "nested", (*place.base, *place.rest[:end]), option.nested, None, place.rest[end:]
    )
    return _in_nested(inside)


def _depth_of_nested(hint: Any, option: Option, keys: Path) -> int | None:
    """Say how many of the keys lead to the nested mapping of an option; None if they end before."""
    for depth, key in enumerate(keys):
        kinds = members(hint)
        if any(nested_of(kind, option) is not None for kind in kinds):
            return depth
        wanted = list if isinstance(key, int) else dict
        items = [parameters[-1] for kind, parameters in map(split, kinds) if kind is wanted]
        hint = items[0] if items else Any
    return None


def type_of(cls: type | None, option: Option) -> Any:
    """Return the type that a class declares for one of its options, Any if that cannot be told."""
    try:
        return option_types(cls).get(option.name, Any) if cls is not None else Any
    except Exception:  # noqa: BLE001 - whatever evaluating a plugin's annotations raises
        return Any


def spellings(hint: Any, option: Option) -> list[str]:
    """Return the values that can be listed: those of an enumeration, true and false."""
    found: list[str] = []
    for member in members(hint):
        found += choices_of(member, option)
        if member is bool:
            found += ["true", "false"]
    return list(dict.fromkeys(found))


def signature_of(cls: type) -> dict[str, inspect.Parameter]:
    """Return the keyword options of a class that declares none."""
    try:
        parameters = inspect.signature(cls).parameters
    except (TypeError, ValueError):  # a class written in C may not tell
        return {}
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def first_sentence(text: str | None) -> str:
    """Return the first sentence of a documentation in one line."""
    paragraph = " ".join((text or "").strip().split("\n\n")[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    from enchanted_tui.config.schema import campaign_schema

    return campaign_schema()


def schema_at(path: Path) -> dict[str, Any]:
    """Return what the JSON schema says of a place outside components: sections and stages. Empty if
    nothing.
    """
    node: dict[str, Any] = _schema()
    for key in path:
        below = node.get("items") if isinstance(key, int) else node.get("properties", {}).get(key)
        if not isinstance(below, dict):
            return {}
        node = below
    return node
