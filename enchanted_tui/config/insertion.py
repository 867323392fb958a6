"""Where and how a further component goes into a text, in the text's own indentation."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from enchanted_tui.config.assist import Assistant
from enchanted_tui.config.lookup import KINDS
from enchanted_tui.config.problems import snake_case
from enchanted_tui.config.skeleton import YamlNode
from enchanted_tui.config.templates import component_entry


@dataclass(frozen=True)
class Insertion:
    """Whole lines to put before a line, counted from 0; what follows moves down."""

    line: int
    text: str  #: ends with a line break
    name: str  #: of the new component


def insertion(assistant: Assistant, kind: str, type_name: str) -> Insertion | None:
    """Say how to add a component; None where its section is written in braces, which only a person
    can extend.
    """
    section = KINDS[kind]
    name = _free_name(snake_case(type_name), set(assistant.meanings.names(kind)))
    entry = component_entry(kind, type_name)
    node = assistant.skeleton.root.child(section)
    lines = assistant.scan.lines
    if node is None:
        end = len(lines) if lines[-1] else len(lines) - 1
        return Insertion(end, f"{section}:\n{_indented(name, entry, 2)}", name)
    if (
        node.value is not None
        or node.alias is not None
        or any(child.line == node.line for child in node.children)
    ):
        return None
    if _opens_bracket(assistant, node):
        return None
    indent = node.children[0].column if node.children else node.column + 2
    return Insertion(_end_of(assistant, node), _indented(name, entry, indent), name)


def _free_name(wanted: str, taken: set[str]) -> str:
    number = 1
    name = wanted
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def _indented(name: str, entry: str, indent: int) -> str:
    return textwrap.indent(f"{name}:\n{textwrap.indent(entry, '  ')}", " " * indent)


def _opens_bracket(assistant: Assistant, node: YamlNode) -> bool:
    return any(token.kind == "open" for token in assistant.scan.tokens(node.line))


def _end_of(assistant: Assistant, node: YamlNode) -> int:
    """Return the line after the last one that belongs to a section; comments and blank lines before
    the next belong to that.
    """
    lines = assistant.scan.lines
    below = [other.line for other in assistant.skeleton.root.children if other.line > node.line]
    end = min(below) if below else len(lines)
    while end > node.line + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end
