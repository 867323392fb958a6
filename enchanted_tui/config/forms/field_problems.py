"""What is wrong with what was filled in: to which field a problem belongs, and what cannot be
written into the text at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from enchanted_tui.config.forms.form_fields import FormField, FormRow, Value
from enchanted_tui.config.forms.word_line import UnfinishedLineError, words_of
from enchanted_tui.config.problems import key_text


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with a field, or with one of its rows."""

    field: str  #: id, or nothing for what belongs to none
    row: int | None
    sentence: str
    is_error: bool = True


def begins(text: str, key: str) -> bool:
    """Tell whether a place is a key, or inside its value."""
    return text == key or (text.startswith(key) and text[len(key)] in ".[")


def row_of(field: FormField, key: str, value: Value | None) -> int | None:
    """Return the number of the row that a key inside a field's value names."""
    if not isinstance(value, list):
        return None
    rest = key[len(key_text(field.path)) :]
    if rest.startswith("["):
        number = rest[1:].partition("]")[0]
        return int(number) if number.isdecimal() and int(number) < len(value) else None
    names = [str(row.get("name", "")) for row in value]
    fitting = [name for name in names if name and begins(rest[1:], name)]
    return names.index(max(fitting, key=len)) if fitting else None


def line_problems(field: FormField, value: Value) -> Iterator[FieldProblem]:
    """Say what is wrong with a command as a line."""
    try:
        words_of(str(value))
    except UnfinishedLineError as error:
        yield FieldProblem(field.id, None, str(error))


def name_problems(field: FormField, rows: list[FormRow]) -> Iterator[FieldProblem]:
    """Say which rows have no name of their own."""
    seen: set[str] = set()
    for index, row in enumerate(rows):
        name = str(row.get("name", "")).strip()
        says = any(row.get(column.id) for column in field.columns if column.id == "value")
        if name and name in seen:
            yield FieldProblem(field.id, index, "this name is given twice; rename one")
        elif not name and (says or field.shape in ("parameters", "outputs")):
            yield FieldProblem(field.id, index, "the name is empty; give it one")
        seen.add(name)
