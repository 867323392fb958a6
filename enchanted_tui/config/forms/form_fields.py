"""One field of a form: what an option looks like in it, and how its value becomes what a person
types, and back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enchanted_tui.config.declared import choices_of, members, option_types, split
from enchanted_tui.config.forms.word_line import line_of, words_of
from enchanted_tui.config.options import Nested, Option
from enchanted_tui.config.problems import ConfigError, Path
from enchanted_tui.config.source import read_value
from enchanted_tui.config.tree import plain
from enchanted_tui.config.yaml_text import TypedNumber, one_line

#: What a person types: a text, or a row for each of several; keys of a row that begin with an
#: underscore are what the form keeps and does not show.
FormRow = dict[str, Any]
Value = str | list[FormRow]

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT", "__slots__": ()})()
_MAY_BE_NUMBER = re.compile(r"[-+.\w:]+\Z")
_SCALARS = (int, float, str, bool)


@dataclass(frozen=True)
class FormColumn:
    """One column of a field with rows."""

    id: str
    title: str
    doc: str = ""
    choices: tuple[str, ...] = ()
    is_long: bool = False  #: several lines
    only_with: tuple[str, ...] = ()  #: values of the column `kind` with which it has a meaning


@dataclass(frozen=True)
class FormField:
    """One line of a form, or a table in it; texts come from the declaration of the option."""

    id: str  #: within the form: ``sampler.budget``
    path: Path  #: of its value in the configuration
    title: str
    shape: str  #: text, number, flag, choice, command, numbers, list, pairs, parameters or outputs
    doc: str
    facts: tuple[tuple[str, str], ...] = ()  #: type, default, unit and so on, as the editor says it
    choices: tuple[str, ...] = ()
    default: str = ""
    unit: str = ""
    example: str = ""
    columns: tuple[FormColumn, ...] = ()
    is_required: bool = False

    @property
    def has_rows(self) -> bool:
        return bool(self.columns)

    @property
    def empty(self) -> Value:
        """The value of a field that nobody has filled in."""
        return [] if self.has_rows else ""


def shape_of(option: Option, hint: Any, value: Any) -> str | None:
    """Return the shape in which an option with this declared type and present value (None for none)
    can be filled in; None if there is none.
    """
    kinds = members(hint)
    plain_kinds = {kind for kind in kinds if kind in _SCALARS}
    nested = option.nested if isinstance(option.nested, type) else None
    if nested is not None and {"low", "high", "scale"} <= nested.options().keys():
        return "parameters"
    if nested is not None and split(kinds[0]) == (dict, (str, dict[str, Any])):
        return "outputs" if issubclass(nested, Nested) and nested.variants else None
    if option.name == "command" and str in kinds:
        return "command"
    if plain_kinds == {bool} and len(kinds) == 1:
        return "flag"
    if any(choices_of(kind, option) for kind in kinds) and len(kinds) == 1:
        return "choice"
    if {int, float} & plain_kinds and any(split(kind)[0] is list for kind in kinds):
        return None if isinstance(value, dict) else "numbers"
    if plain_kinds and not isinstance(value, list | dict):
        return "number" if {int, float} & plain_kinds else "text"
    return _shape_of_several(kinds, nested, value)


def _shape_of_several(
    kinds: Sequence[Any], nested: type[Nested] | None, value: Any
) -> str | None:  # fmt: skip
    """Return the shape for lists of texts, or mappings of names to scalars."""
    for kind, parameters in map(split, kinds):
        if kind is list and parameters == (str,) and not isinstance(value, dict):
            return "list"
        is_simple = kind is dict and all(
            member in (*_SCALARS, type(None)) for member in members(parameters[1])
        )
        if kind is dict and (is_simple or nested is not None) and not isinstance(value, list):
            return "pairs"
    return None


# -- from the configuration ------------------------------------------------------------------------


def shown(container: Any, key: Any) -> str | None:
    """Return a scalar as it is written, on one line; None if it cannot be shown so."""
    value = container[key]
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return None
    place = getattr(container, "places", {}).get(key)
    text = place.text if place is not None and place.text is not None else str(value)
    return None if "\n" in text else text


def shown_key(container: Any, key: Any) -> str:
    """Return a key as it is written."""
    place = getattr(container, "places", {}).get(key)
    return place.key if place is not None and place.key is not None else str(key)


def shown_list(values: Sequence[Any]) -> str:
    """Return scalars between commas."""
    return one_line(plain(list(values)))[1:-1]


def read_field(field: FormField, container: Any, key: Any) -> Value | None:
    """Return what the field shows of a value; None if that cannot be shown in its shape."""
    value = container[key]
    if field.shape == "command" and isinstance(value, list):
        return line_of([str(shown(value, index)) for index in range(len(value))])
    if field.shape == "numbers" and isinstance(value, list):
        return shown_list(value) if _are_scalars(value) else None
    if field.shape == "list":
        return _shown_rows(value, list, lambda item: {"value": shown(value, item)})
    if field.shape == "pairs":
        return _shown_rows(value, dict, lambda name: _pair(value, name))
    return shown(container, key)


def _pair(value: Any, name: Any) -> FormRow:
    item = value[name]
    text = item if isinstance(item, str) else shown(value, name)  # several lines too
    return {"name": shown_key(value, name), "value": text, "_key": name, "_old": plain(item)}


def _shown_rows(value: Any, kind: type[Any], row: Callable[[Any], FormRow]) -> list[FormRow] | None:
    if not isinstance(value, list | dict) or not isinstance(value, kind):
        return None
    keys: Iterable[Any] = range(len(value)) if isinstance(value, list) else value
    rows = [row(key) for key in keys]
    return None if any(found["value"] is None for found in rows) else rows


def _are_scalars(values: Sequence[Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


# -- to the configuration --------------------------------------------------------------------------


def number_of(text: str) -> TypedNumber | str:
    """Return a number with the spelling that was typed, or the text if it is none."""
    if _MAY_BE_NUMBER.match(text.strip()):
        try:
            value = read_value(text.strip(), "")
        except ConfigError:
            return text
        if isinstance(value, int | float) and not isinstance(value, bool):
            return TypedNumber(text.strip(), value)
    return text


def list_of(text: str) -> list[Any]:
    """Return what is typed between commas: numbers, truth values and text."""
    try:
        values = read_value(f"[{text}]", "")
    except ConfigError:
        values = None
    if isinstance(values, list) and _are_scalars(values) and None not in values:
        return list(values)
    return [piece.strip() for piece in text.split(",") if piece.strip()]


def meant(text: str, hint: Any) -> Any:
    """Return what a text means for an option of this type; what does not fit stays text, about
    which the check of the configuration then has something to say.
    """
    kinds = members(hint)
    is_any = hint is Any
    if (is_any or bool in kinds) and text.strip() in ("true", "false"):
        return text.strip() == "true"
    if is_any or int in kinds or float in kinds:
        return number_of(text)
    return text


def written_field(field: FormField, value: Value, option: Option, hint: Any) -> Any:
    """Return what the configuration is to say for what was typed; ABSENT if nothing was.

    Raises UnfinishedLineError for a command whose quotation marks are not closed.
    """
    if isinstance(value, list):
        return _written_rows(field, value, option, hint) or ABSENT
    if not value.strip():
        return ABSENT
    if field.shape == "command":
        return words_of(value)
    if field.shape == "flag":
        return value == "true"
    if field.shape == "numbers":
        numbers = [number_of(piece.strip()) for piece in value.split(",")]
        return numbers[0] if len(numbers) == 1 else numbers
    return meant(value, hint)


def _written_rows(field: FormField, rows: list[FormRow], option: Option, hint: Any) -> Any:
    if field.shape == "list":
        return [row["value"] for row in rows if row["value"]]
    found = {}
    for row in rows:
        name = row["name"].strip()
        if not name or (not row["value"] and "_old" not in row):
            continue
        is_old = "_key" in row and shown_text(row["_old"]) == row["value"]
        key = row["_key"] if row.get("_key") is not None and str(row["_key"]) == name else name
        found[key] = (
            row["_old"] if is_old else meant(row["value"], _hint_of_item(option, hint, name))
        )
    return found


def shown_text(value: Any) -> str:
    """Return a scalar that nobody has typed as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _hint_of_item(option: Option, hint: Any, name: str) -> Any:
    """Return the declared type of one entry of a mapping."""
    nested = option.nested
    if isinstance(nested, type):
        return option_types(nested).get(name, Any)
    for kind, parameters in map(split, members(hint)):
        if kind is dict:
            return parameters[1]
    return Any


def rows_with_old(value: Mapping[str, Any]) -> list[FormRow]:
    """Return rows with these names, to be filled in."""
    return [{"name": name, "value": ""} for name in value]
