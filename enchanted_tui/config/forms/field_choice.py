"""Which fields a form has: those of a component's declared options that can be filled in, the ones
that matter at first before all others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from enchanted_tui.config.assist import one_line, option_facts
from enchanted_tui.config.declared import allows_none, choices_of, members
from enchanted_tui.config.forms import row_shapes
from enchanted_tui.config.forms.form_fields import (
    FormColumn,
    FormField,
    Value,
    rows_with_old,
    shape_of,
    shown_text,
)
from enchanted_tui.config.lookup import BUILTIN
from enchanted_tui.config.meaning import first_sentence
from enchanted_tui.config.options import Declared, Option
from enchanted_tui.config.problems import Path

KINDS_IN_FORM = ("runner", "sampler", "executor")
TITLES = {
    "runner": "What runs",
    "sampler": "Parameters and samples",
    "executor": "Where it runs",
    "supervisor": "The campaign",
}
#: Options that are shown before anybody has asked for them, in this order, where a class has them.
_FIRST = {
    "runner": ("command", "function", "python_path", "templates", "files", "copy", "outputs"),
    "sampler": ("parameters", "budget", "num_samples", "batch_size"),
    "executor": ("n_workers", "sbatch", "ssh", "remote_dir", "max_jobs", "timeout_sec"),
    "supervisor": ("base_run_dir", "seed"),
}
#: Mappings whose usual names stand there to be filled in.
_OFFERED = ("sbatch",)
#: Types to choose from, besides the one that is there.
_TYPES = {
    "runner": ("CommandRunner", "PythonRunner"),
    "executor": ("LocalExecutor", "DaskExecutor", "SlurmExecutor"),
}
_LONG_TEXTS = ("files",)
_NOT_FOR_PEOPLE = ("RandomSamplerWithKill",)


@dataclass(frozen=True)
class FormSection:
    """Fields that belong together."""

    id: str
    title: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class FieldPart:
    """A field with what it is made of."""

    field: FormField
    option: Option
    hint: Any
    is_first: bool
    nested: Any = None  #: the class that declares what its rows may say
    offered: Value = ""  #: what it shows where nothing is written


def parts_of(
    cls: type[Declared], hints: Mapping[str, Any], kind: str, path: Path, mapping: Any
) -> list[FieldPart]:
    """Return the fields for the options of a class, with the mapping that configures it."""
    options = cls.options()
    first = [name for name in _FIRST[kind] if name in options]
    first += [name for name, each in options.items() if each.required and name not in first]
    rest = [name for name in options if name not in first]
    found = []
    for name in (*first, *rest):
        key = _present_key(options[name], mapping)
        value = mapping.get(key) if isinstance(mapping, dict) else None
        part = _part(options[name], hints[name], kind, (*path, key), value)
        if part is not None:
            found.append(dataclasses.replace(part, is_first=name in first))
    has_parameters = any(part.field.shape == "parameters" for part in found)
    # the bounds are columns of the parameters
    return [part for part in found if not (has_parameters and part.option.name == "bounds")]


def _present_key(option: Option, mapping: Any) -> str:
    if isinstance(mapping, dict):
        for name in (option.name, *option.aliases):
            if name in mapping:
                return name
    return option.name


def _part(option: Option, hint: Any, kind: str, path: Path, value: Any) -> FieldPart | None:
    shape = shape_of(option, hint, value)
    if shape is None or (value is not None and not _can_show(shape, value)):
        return None
    nested = option.nested if isinstance(option.nested, type) else None
    choices = tuple(
        choice for member in members(hint) for choice in choices_of(member, option)
    )  # fmt: skip
    if shape == "choice" and (allows_none(hint) or option.required):
        choices = ("", *choices)
    field = FormField(
        id=f"{kind}.{option.name}",
        path=path,
        title=option.name.replace("_", " "),
        shape=shape,
        doc=option.doc,
        facts=tuple(option_facts(hint, option)),
        choices=choices,
        default=_default_of(option),
        unit=option.unit or "",
        example=_example_of(option, shape),
        columns=_columns(option, shape, nested),
        is_required=option.required,
    )
    offered: Value = ""
    if option.name in _OFFERED and isinstance(option.example, dict):
        offered = rows_with_old(option.example)
    return FieldPart(field, option, hint, is_first=False, nested=nested, offered=offered)


def _can_show(shape: str, value: Any) -> bool:
    """Tell whether a value that is there can be shown in its shape."""
    if shape in ("text", "number", "command") and isinstance(value, str):
        return "\n" not in value
    if shape == "command":
        return isinstance(value, list) and not any(
            isinstance(item, dict | list) or "\n" in str(item) for item in value
        )
    if shape == "numbers":
        return not isinstance(value, list) or not any(
            isinstance(item, dict | list) for item in value
        )  # fmt: skip
    if shape in ("list", "pairs"):
        items = value.values() if isinstance(value, dict) else value
        return isinstance(value, dict if shape == "pairs" else list) and not any(
            isinstance(item, dict | list) or (shape == "list" and "\n" in str(item))
            for item in items
        )
    return True


def _default_of(option: Option) -> str:
    if option.required or option.default is None or isinstance(option.default, dict | list):
        return ""
    return shown_text(option.default)


def _example_of(option: Option, shape: str) -> str:
    example = option.example
    if example is None or isinstance(example, dict):
        return ""
    if shape == "command" and isinstance(example, list):
        from enchanted_tui.config.forms.word_line import line_of

        return line_of(example)
    return shown_text(example) if not isinstance(example, list) else one_line(example)[1:-1]


def _columns(option: Option, shape: str, nested: Any) -> tuple[FormColumn, ...]:
    if shape == "parameters":
        return row_shapes.parameter_columns(nested)
    if shape == "outputs":
        return row_shapes.output_columns(nested)
    if shape == "list":
        return (FormColumn("value", option.name, option.doc),)
    value = FormColumn("value", "value", option.doc, is_long=option.name in _LONG_TEXTS)
    return (FormColumn("name", "name", option.doc), value) if shape == "pairs" else ()


def type_field(
    kind: str, path: Path, chosen: str, find: Callable[[str], type[Any] | None]
) -> FormField:
    """Return the field that names the class of a component; `find` gives the class of a name, None
    where it is not installed.
    """
    known = _TYPES.get(kind) or tuple(
        name
        for name in BUILTIN[kind]
        if name not in _NOT_FOR_PEOPLE and _draws_from_a_box(find(name))
    )
    names = known if chosen in known else (chosen, *known)
    said = [(name, find(name)) for name in names]
    about = " ".join(
        f"{name}: {first_sentence(cls.__doc__)}" for name, cls in said if cls is not None
    )
    return FormField(
        id=f"{kind}.type",
        path=(*path, "type"),
        title={"runner": "kind", "sampler": "sampler", "executor": "executor"}[kind],
        shape="choice",
        doc=about,
        choices=names,
    )


def _draws_from_a_box(cls: type[Any] | None) -> bool:
    """Tell whether a sampler's parameters are ranges or values, as rows of a form say them."""
    if cls is None or not issubclass(cls, Declared):
        return False
    option = cls.options().get("parameters")
    return option is not None and isinstance(option.nested, type)


__all__ = ["KINDS_IN_FORM", "TITLES", "FieldPart", "FormSection", "parts_of", "type_field"]
