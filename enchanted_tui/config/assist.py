"""Help for the person who writes a configuration: outline, explanation and completion, from a text
and a place in it.

Nothing here needs the text to be valid, and nothing raises for any text and any place.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from enchanted_tui.config.declared import type_name
from enchanted_tui.config.lookup import ALIASES, KINDS
from enchanted_tui.config.meaning import KeyMeaning, Meanings, schema_at, signature_of
from enchanted_tui.config.options import Declared, Nested, Option
from enchanted_tui.config.problems import Path, key_text
from enchanted_tui.config.scan import Scan, lines_of
from enchanted_tui.config.skeleton import Cursor, Skeleton, YamlNode, cursor_at, skeleton
from enchanted_tui.config.yaml_text import dump, one_line

_STAGE_KEYS = ("executor", "sampler", "runner")


@dataclass(frozen=True)
class OutlineEntry:
    """A section, component or stage and where it begins, counted from 0."""

    line: int
    column: int
    depth: int  #: 0 for sections
    label: str
    detail: str  #: the type of a component, the parts of a stage


@dataclass(frozen=True)
class KeyHelp:
    """What is to know about the key at the cursor."""

    title: str  #: where it is: ``samplers.plane.budget``
    facts: tuple[tuple[str, str], ...]  #: type, default, unit, example
    text: str  #: what it does


class Assistant:
    """Answers for one state of a text. It imports the classes that the text names, so keep it off
    an event loop.
    """

    def __init__(self, text: str | Scan, base_dir: FilePath | None = None) -> None:
        """`base_dir` is the directory of the file: modules and paths are looked for there."""
        self.scan = text if isinstance(text, Scan) else Scan(lines_of(text))
        self.base_dir = base_dir
        self.skeleton: Skeleton = skeleton(self.scan)
        self.meanings = Meanings(self.skeleton, [] if base_dir is None else [base_dir])

    def cursor(self, line: int, column: int) -> Cursor:
        """Say what stands at a place."""
        return cursor_at(self.scan, line, column)

    def outline(self) -> list[OutlineEntry]:
        """List sections, components and stages as they stand in the text."""
        entries: list[OutlineEntry] = []
        for section in self.skeleton.root.children:
            if isinstance(section.key, str) and not section.is_merge:
                entries.append(
                    OutlineEntry(
                        section.line, section.column, 0, section.key, self._summary(section)
                    )
                )
                entries += self._below(section)
        return entries

    def explain(self, line: int, column: int) -> KeyHelp | None:
        """Explain the key at the cursor, or else the nearest one around it."""
        subject = self.cursor(line, column).subject
        while subject:
            found = self._explain(subject)
            if found is not None:
                return found
            subject = subject[:-1]
        return None

    # -- outline -----------------------------------------------------------------------------------

    def _summary(self, section: YamlNode) -> str:
        if section.key in KINDS.values():
            return f"{len(section.children)}" if section.children else "empty"
        return section.value or ""

    def _below(self, section: YamlNode) -> list[OutlineEntry]:
        if section.key == "supervisor":
            order = section.child("run_order")
            stages = order.children if order is not None else []
            found = (
                []
                if order is None
                else [
                    OutlineEntry(
                        order.line,
                        order.column,
                        1,
                        "run_order",
                        "1 stage" if len(stages) == 1 else f"{len(stages)} stages",
                    )
                ]
            )
            return found + [
                OutlineEntry(stage.line, stage.column, 2, f"stage {stage.key}", self._stage(stage))
                for stage in stages
            ]
        if section.key not in KINDS.values():
            return []
        return [
            OutlineEntry(child.line, child.column, 1, str(child.key), self._type(child))
            for child in section.children
            if not child.is_merge
        ]

    def _type(self, component: YamlNode) -> str:
        written = self.skeleton.get(component, "type")
        return (written.value or "") if written is not None else ""

    def _stage(self, stage: YamlNode) -> str:
        words = {}
        for key in _STAGE_KEYS:
            node = self.skeleton.get(stage, key)
            values = (
                []
                if node is None
                else ([item.value or "?" for item in node.children] or [node.value or "?"])
            )
            words[key] = ", ".join(values) or "?"
        return f"{words['sampler']} > {words['runner']} on {words['executor']}"

    # -- explanation -------------------------------------------------------------------------------

    def _explain(self, path: Path) -> KeyHelp | None:
        title = key_text(path)
        place = self.meanings.place(path)
        if place is None or (
            place.kind == "supervisor" and (not place.rest or place.rest[0] == "run_order")
        ):
            described = schema_at(path).get("description")
            return KeyHelp(title, (), described) if described else None
        if not place.rest or place.names_class:
            return _explain_class(title, place)
        option = place.option()
        if option is not None:
            title = key_text((*place.base, place.rest[0]))
            return KeyHelp(title, tuple(option_facts(place.hint(option), option)), option.doc)
        return self._explain_foreign(title, place)

    def _explain_foreign(self, title: str, place: KeyMeaning) -> KeyHelp | None:
        if place.cls is None or issubclass(place.cls, Declared):
            return None
        parameter = signature_of(place.cls).get(str(place.rest[0]))
        if parameter is None:
            return None
        required = parameter.default is parameter.empty
        facts = (
            [("type", inspect.formatannotation(parameter.annotation))]
            if parameter.annotation is not parameter.empty
            else []
        )
        facts.append(("default", "required" if required else repr(parameter.default)))
        return KeyHelp(
            title,
            tuple(facts),
            f"A keyword argument of {place.cls.__name__}, which does not declare its options.",
        )


def _explain_class(title: str, place: KeyMeaning) -> KeyHelp:
    if place.cls is None:
        article = "an" if place.kind == "executor" else "a"
        text = (
            f"The name of {article} {place.kind}, or package.module:Class. Complete it to see what"
            " there is."
        )
        return KeyHelp(title, (), text)
    facts = [(place.kind, place.cls.__name__)]
    aliases = [
        alias for alias, meant in ALIASES.get(place.kind, {}).items() if meant == place.cls.__name__
    ]
    if aliases:
        facts.append(("other names", ", ".join(aliases)))
    options = place.options() or signature_of(place.cls)
    required = [name for name, option in place.options().items() if option.required]
    if required:
        facts.append(("required", ", ".join(required)))
    optional = [name for name in options if name not in required]
    if optional:
        facts.append(("options", ", ".join(optional)))
    return KeyHelp(
        title, tuple(facts), inspect.cleandoc(place.cls.__doc__ or "It has no documentation.")
    )


def option_facts(hint: Any, option: Option) -> list[tuple[str, str]]:
    """Return type, default, unit, other names and an example of a declared option, as text."""
    kind = type_name(hint, option)
    facts = [("type", f"path ({kind})" if option.path else kind)]
    if option.required:
        facts.append(("default", "required"))
    elif option.default is not None:
        facts.append(("default", one_line(option.default)))
    if option.unit:
        facts.append(("unit", option.unit))
    if isinstance(option.nested, type) and issubclass(option.nested, Nested):
        facts.append(("keys", ", ".join((*option.nested.options(), *option.nested.also))))
    if option.aliases:
        facts.append(("other names", ", ".join(option.aliases)))
    if option.example is not None:
        facts.append(("example", as_yaml(option.example)))
    return facts


def as_yaml(value: Any) -> str:
    """Return a value as YAML text without the line break at its end."""
    return dump(value).rstrip("\n").removesuffix("\n...")


__all__ = ["Assistant", "KeyHelp", "OutlineEntry", "as_yaml", "one_line", "option_facts"]
