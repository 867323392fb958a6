"""Adding a component to a text that a person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from enchanted_tui.config.assist import Assistant
from enchanted_tui.config.insertion import insertion
from enchanted_tui.config.loading import parse_config
from enchanted_tui.config.lookup import BUILTIN
from enchanted_tui.config.templates import templates

TEXT = next(template.text for template in templates() if template.name == "First campaign")


def _added(text: str, kind: str, name: str) -> str | None:
    found = insertion(Assistant(text), kind, name)
    if found is None:
        return None
    lines = text.splitlines(keepends=True)
    if found.line >= len(lines) and lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join([*lines[: found.line], found.text, *lines[found.line :]])


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("sampler", "runner", "executor") for name in BUILTIN[kind]],
)
def test_every_component_can_be_added(kind: str, name: str) -> None:
    """Protects "Add": the text stays readable, the entry is found under a free name, and nothing
    else has changed.
    """
    text = _added(TEXT, kind, name)
    assert text is not None
    found = insertion(Assistant(TEXT), kind, name)
    assert found is not None and text.replace(found.text, "", 1) == TEXT
    twice = _added(text, kind, name)
    assert twice is not None
    names = Assistant(twice).meanings.names(kind)
    assert len(names) == len(set(names)) == 3
    _, problems = parse_config(text, Path("config.yaml"), interactive=True)
    assert not [
        problem
        for problem in problems
        if "not valid YAML" in problem.message or "given twice" in problem.message
    ]


@pytest.mark.parametrize(
    ("text", "line", "indent"),
    [
        ("samplers:\n    a:\n        type: X\n\n# the runners\nrunners:\n", 3, "    "),
        ("samplers:\nrunners:\n", 1, "  "),
        ("runners:\n  r: 1", 2, ""),
        ("", 0, ""),
        ("samplers:\n  a: {type: X,\n     budget: 3}\n", 3, "  "),
    ],
)
def test_the_place_is_the_end_of_the_section(text: str, line: int, indent: str) -> None:
    """Protects the layout: after the section's last line, in its indentation, before what
    introduces the next section.
    """
    found = insertion(Assistant(text), "sampler", "RandomSampler")
    assert found is not None
    assert found.line == line
    first = found.text.splitlines()[0]
    assert first == (f"{indent}random_sampler:" if indent else "samplers:")


def test_a_section_in_braces_is_left_to_the_person() -> None:
    """Protects flow mappings: they are not broken apart."""
    assert insertion(Assistant("samplers: {a: {type: X}}\n"), "sampler", "RandomSampler") is None
    assert insertion(Assistant("samplers: *others\n"), "sampler", "RandomSampler") is None
