"""What could be written at the cursor: sections, types, options, names, enumerations and file
names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.assist import Assistant, one_line, option_facts
from enchanted_tui.config.conversion import expand
from enchanted_tui.config.lookup import ALIASES, BUILTIN, KINDS, builtin_path, names_like
from enchanted_tui.config.meaning import (
    KeyMeaning,
    first_sentence,
    schema_at,
    signature_of,
    spellings,
)
from enchanted_tui.config.options import Nested, Option
from enchanted_tui.config.problems import Path
from enchanted_tui.config.skeleton import Cursor
from enchanted_tui.config.stage_options import KEYS as STAGE_OPTIONS
from enchanted_tui.config.validation import LOG_LEVELS, SECTIONS
from enchanted_tui.suggestions import normalised

_STAGE_KEYS = ("executor", "sampler", "runner")
_MOST_FILES = 200


@dataclass(frozen=True)
class Candidate:
    """One thing to write."""

    label: str
    detail: str = ""
    #: What follows it, such as a colon and a space.
    suffix: str = ""


@dataclass(frozen=True)
class Completion:
    """The candidates that fit what is written, best first, in place of columns `start` to `end` of
    the line.
    """

    line: int
    start: int
    end: int
    candidates: tuple[Candidate, ...]


def complete(assistant: Assistant, line: int, column: int) -> Completion:
    """Return what could be written at a place of the text; lines and columns count from 0."""
    cursor = assistant.cursor(line, column)
    line = min(max(line, 0), len(assistant.scan.lines) - 1)
    if cursor.part == "none":
        return Completion(line, cursor.start, cursor.end, ())
    written = cursor.word[: max(0, column - cursor.start)]
    found = _Candidates(assistant, cursor, written).all()
    return Completion(line, cursor.start, cursor.end, tuple(_ranked(found, written)))


def file_candidates(
    written: str, start: FilePath, *, suffixes: tuple[str, ...] = ()
) -> list[Candidate]:
    """Return the files and directories whose path begins as written; a relative one starts at
    `start`.

    With `suffixes`, only directories and files that end so. What cannot be read gives nothing.
    """
    head, tail = os.path.split(written)
    try:
        with os.scandir(start / expand(head)) as entries:
            found = [
                (entry.name, entry.is_dir())
                for entry in entries
                if entry.name.startswith(tail) and (tail or not entry.name.startswith("."))
            ]
    except (OSError, ValueError):
        return []
    shown = sorted(found)[:_MOST_FILES]
    return [
        Candidate(os.path.join(head, name), "directory" if is_dir else "", os.sep if is_dir else "")
        for name, is_dir in shown
        if is_dir or not suffixes or name.endswith(suffixes)
    ]


class _Candidates:
    """Everything that may stand at one place, whatever is written there."""

    def __init__(self, assistant: Assistant, cursor: Cursor, written: str) -> None:
        self._assistant, self._meanings, self._cursor = assistant, assistant.meanings, cursor
        self._written = written

    def all(self) -> list[Candidate]:
        if self._written.startswith("*"):
            return [Candidate(f"*{name}", "anchor") for name in self._assistant.skeleton.anchors]
        path = self._cursor.path
        if self._cursor.part == "either" and self._in_nested(path):
            return self._keys(path)
        values = self._values(path) if self._cursor.part != "key" else []
        return values or (self._keys(path) if self._cursor.part != "value" else [])

    # -- keys --------------------------------------------------------------------------------------

    def _keys(self, path: Path) -> list[Candidate]:
        given = self._meanings.given(path) - {self._cursor.word}
        if not path:
            described = {name: str(schema_at((name,)).get("description", "")) for name in SECTIONS}
        elif path == ("storage",):
            described = {"type": str(schema_at(("storage", "type")).get("description", ""))}
        elif path[:2] == ("supervisor", "run_order") and len(path) <= 3:
            described = (
                {
                    key: str(schema_at((*path[:2], 0, key)).get("description", ""))
                    for key in (*_STAGE_KEYS, *STAGE_OPTIONS)
                }
                if len(path) == 3
                else {}
            )
        else:
            described = self._option_keys(path)
        suffix = "" if self._cursor.has_colon else ": "
        is_section = not path
        return [
            Candidate(
                name, detail, ":" if is_section and suffix and name not in ("logging",) else suffix
            )
            for name, detail in described.items()
            if name not in given
        ]

    def _in_nested(self, path: Path) -> bool:
        place = self._meanings.mapping(path)
        return place is not None and place.kind == "nested"

    def _option_keys(self, path: Path) -> dict[str, str]:
        place = self._meanings.mapping(path)
        if place is None:
            return {}
        if place.cls is not None and issubclass(place.cls, Nested):
            return self._nested_keys(place, place.cls)
        described = {} if place.kind == "supervisor" else {"type": f"which {place.kind}"}
        options = place.options()
        for option in sorted(options.values(), key=lambda option: not option.required):
            described[option.name] = _key_detail(place, option)
        if place.kind == "supervisor":
            described["run_order"] = str(
                schema_at(("supervisor", "run_order")).get("description", "")
            )
        if not options and place.cls is not None:
            described.update(dict.fromkeys(signature_of(place.cls), "keyword argument"))
        return described

    def _nested_keys(self, place: KeyMeaning, nested: type[Nested]) -> dict[str, str]:
        """The keys that go with what the nested mapping says already."""
        excluded = nested.excluded(self._meanings.given(place.base) - {self._cursor.word})
        described = {
            name: _key_detail(place, option)
            for name, option in nested.options().items()
            if name not in excluded
        }
        return described | dict.fromkeys(nested.also, "passed on as it is")

    # -- values ------------------------------------------------------------------------------------

    def _values(self, path: Path) -> list[Candidate]:
        if path == ("logging",):
            return [Candidate(level) for level in LOG_LEVELS]
        if path == ("storage", "type"):
            return [
                Candidate("none", "no runs.h5"),
                Candidate("table", "one table for each stage"),
                Candidate("hdf5", "a group for each sample, the default"),
            ]
        if path[:2] == ("supervisor", "run_order") and not {*path[3:4]} & {*STAGE_OPTIONS}:
            return self._references(path[2:])
        place = self._meanings.place(path)
        if place is None or not place.rest:
            return []
        if place.names_class:
            return self._types(place.kind)
        option = place.option()
        return self._option_values(place, option) if option is not None else []

    def _references(self, below: Path) -> list[Candidate]:
        """The names that a stage may give, also inside its lists of steps."""
        if len(below) not in (2, 3) or below[1] not in _STAGE_KEYS:
            return []
        kind = str(below[1])
        return [
            Candidate(name, self._type_of(KINDS[kind], name)) for name in self._meanings.names(kind)
        ]

    def _type_of(self, section: str, name: str) -> str:
        node = self._assistant.skeleton.find((section, name, "type"))
        return (node.value or "") if node is not None else ""

    def _types(self, kind: str) -> list[Candidate]:
        found = []
        for name in dict.fromkeys(names_like(kind)):
            meant = ALIASES.get(kind, {}).get(name)
            if name in BUILTIN[kind]:
                cls = self._meanings.find(kind, name)
                found.append(
                    Candidate(name, first_sentence(cls.cls.__doc__) if cls is not None else "")
                )
            elif meant is not None:
                found.append(Candidate(name, f"another name of {meant}"))
            elif builtin_path(kind, name) is None:
                found.append(Candidate(name, "plugin"))
        return found

    def _option_values(self, place: KeyMeaning, option: Option) -> list[Candidate]:
        hint = place.hint(option)
        if len(place.rest) == 1:
            listed = spellings(hint, option)
            if listed:
                default = one_line(option.default) if not option.required else ""
                return [
                    Candidate(value, "the default" if value == default else "") for value in listed
                ]
        if option.path or option.name == "base_run_dir":
            start = (
                FilePath()
                if place.kind == "supervisor"
                else (self._assistant.base_dir or FilePath())
            )
            return file_candidates(self._written, start)
        if len(place.rest) > 1 or self._written:
            return []
        suggested = (
            {}
            if option.required or option.default is None
            else {one_line(option.default): "the default"}
        )
        if option.example is not None:
            suggested.setdefault(one_line(option.example), "an example")
        return [Candidate(text, detail) for text, detail in suggested.items()]


def _key_detail(place: KeyMeaning, option: Option) -> str:
    facts = dict(option_facts(place.hint(option), option))
    kind = "required" if option.required else facts["type"]
    return f"{kind}: {first_sentence(option.doc)}"


# -- order -----------------------------------------------------------------------------------------


def _ranked(candidates: Iterable[Candidate], written: str) -> list[Candidate]:
    """Keep what fits, best first: equal, beginning the same, containing it, containing its letters
    in order.
    """
    form = normalised(written)
    tests: tuple[Callable[[str], Any], ...] = (
        lambda label: label.startswith(form),
        lambda label: form in label,
        lambda label: _has_in_order(label, form),
    )
    candidates = list(candidates)
    ranked: list[Candidate] = []
    for test in tests:
        ranked += [
            candidate
            for candidate in candidates
            if candidate not in ranked and test(normalised(candidate.label))
        ]
    return ranked


def _has_in_order(label: str, letters: str) -> bool:
    rest = iter(label)
    return all(letter in rest for letter in letters)
