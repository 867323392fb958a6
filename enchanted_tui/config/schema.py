"""The JSON schema of a configuration file (draft 2020-12), made from what the components declare.

Editors use it for completion and help. It is stricter than the program in one respect: numbers in
quotes are none.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterable
from typing import Any, Literal

from enchanted_tui.config.declared import (
    allows_none,
    choices_of,
    members,
    nested_of,
    option_types,
    split,
)
from enchanted_tui.config.lookup import ALIASES, BUILTIN, KINDS, find
from enchanted_tui.config.models import SupervisorOptions
from enchanted_tui.config.options import Declared, Nested, Option
from enchanted_tui.config.stage_options import StageOptions
from enchanted_tui.config.validation import LOG_LEVELS

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_KINDS = ("executor", "sampler", "runner")
_PART = "part of a NestedSampler"  #: it may get its budget from the others
_SCALARS: dict[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": ["string", "number", "boolean"]},  # a bare 5 is taken for the text "5"
}
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def campaign_schema() -> Schema:
    """Return the schema of a whole configuration file."""
    return copy.deepcopy(_campaign_schema())


@functools.lru_cache(maxsize=1)
def _campaign_schema() -> Schema:
    definitions: Schema = {}
    for kind in _KINDS:
        definitions[kind] = _choice_of_component(kind)
        for name in BUILTIN[kind]:
            definitions[name] = options_schema(find(kind, name).cls)
    definitions[_PART] = _choice_of_component("sampler", free=("budget",))
    return {
        "$schema": _DRAFT,
        "title": "Campaign of enchanted-tui",
        "type": "object",
        "properties": {
            "logging": {
                "description": "Level of the campaign's log.",
                "anyOf": [_one_of(LOG_LEVELS), {"type": ["integer", "null"]}],
                "default": "INFO",
            },
            **{KINDS[kind]: _section(kind) for kind in _KINDS},
            "supervisor": _supervisor_schema(),
            "storage": {
                "description": "HDF5 output.",
                "type": ["object", "null"],
                "properties": {
                    "type": {
                        "description": (
                            "table writes runs.h5 with one table for each stage in place of a group"
                            " for each sample, none turns it off."
                        ),
                        "enum": ["hdf5", "table", "none", "None", None],
                        "default": "hdf5",
                    }
                },
            },
        },
        "required": [*(KINDS[kind] for kind in _KINDS), "supervisor"],
        "$defs": definitions,
    }


def options_schema(cls: type[Declared]) -> Schema:
    """Return the schema of the options that a class declares, but for which of a component's are
    required.
    """
    types = option_types(cls)
    schema: Schema = {"type": "object", "description": _first_paragraph(cls), "properties": {}}
    for name, option in cls.options().items():
        schema["properties"][name] = option_schema(types[name], option)
        for alias in option.aliases:
            schema["properties"][alias] = {
                **option_schema(types[name], option),
                "description": f"Another name of {name}.",
            }
    if issubclass(cls, Nested):
        schema["properties"].update((name, {}) for name in cls.also)
        schema["properties"].update((name, False) for name in cls.refused)
        schema["additionalProperties"] = cls.passes_on
        schema.update(_required(cls))
        if cls.variants:
            schema["oneOf"] = [_variant_schema(cls, name) for name in cls.variants]
    return schema


def _required(cls: type[Declared], free: tuple[str, ...] = ()) -> Schema:
    """Return the schema that says which options are required, but for those that are `free`."""
    required = [
        {"anyOf": [{"required": [spelling]} for spelling in (name, *option.aliases)]}
        for name, option in cls.options().items()
        if option.required and name not in free
    ]
    return {"allOf": required} if required else {}


def _variant_schema(cls: type[Nested], name: str) -> Schema:
    """Return the schema of a nested mapping in which, of its variants, that one is given."""
    variant = cls.variants[name]
    excluded = cls.excluded([name])
    schema: Schema = {
        "required": [name, *variant.needs],
        "properties": dict.fromkeys(sorted(excluded), False),
    }
    if variant.some:
        schema["anyOf"] = [{"required": [companion]} for companion in variant.may]
    return schema


def option_schema(hint: Any, option: Option) -> Schema:
    """Return the schema of one option. Null stands for the default, except where it is a value of
    its own.
    """
    kinds = [_type_schema(member, option) for member in members(hint)]
    if allows_none(hint) or not (option.required or (option.exact and option.default is None)):
        kinds.append({"type": "null"})
    if len(kinds) == 2 and kinds[0].get("type") == "array" and kinds[1] == {"type": "null"}:
        kinds = [{**kinds[0], "type": ["array", "null"]}]  # so that the item is told that is wrong
    schema: Schema = {
        "description": option.doc if option.unit is None else f"{option.doc} Unit: {option.unit}."
    }
    schema.update(kinds[0] if len(kinds) == 1 or kinds[0] == {} else {"anyOf": kinds})
    if not option.required and option.default is not None:
        schema["default"] = option.default
    if option.example is not None:
        schema["examples"] = [option.example]
    return schema


def _type_schema(hint: Any, option: Option) -> Schema:
    kind, parameters = split(hint)
    choices = choices_of(hint, option)
    if choices and kind in (str, Literal):
        return {"enum": list(choices)} if option.exact else _one_of(choices)
    if option.exact and kind is str:
        return {"type": "string"}
    if kind in _SCALARS:
        limits = {
            word: getattr(option, name)
            for name, word in _LIMITS.items()
            if getattr(option, name) is not None
        }
        return {**_SCALARS[kind], **(limits if kind in (int, float) else {})}
    if kind is tuple and parameters[-1:] != (Ellipsis,):
        items = [_any_of(parameter, option) for parameter in parameters]
        return {
            "type": "array",
            "prefixItems": items,
            "minItems": len(items),
            "maxItems": len(items),
        }
    if kind in (list, tuple):
        return {"type": "array", "items": _any_of(parameters[0], option) if parameters else {}}
    nested = nested_of(hint, option)
    if nested is not None:
        return options_schema(nested)
    if isinstance(option.nested, str) and split(hint) == (dict, (str, Any)):
        return {"$ref": f"#/$defs/{_PART}"}
    if kind is dict:
        return {
            "type": "object",
            "additionalProperties": _any_of(parameters[1], option) if parameters else {},
        }
    return {}


def _any_of(hint: Any, option: Option) -> Schema:
    kinds = [_type_schema(member, option) for member in members(hint)]
    if allows_none(hint) and {} not in kinds:
        kinds.append({"type": "null"})
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _section(kind: str) -> Schema:
    return {
        "description": f"The {KINDS[kind]}, by names of your choice.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"$ref": f"#/$defs/{kind}"},
    }


def _choice_of_component(kind: str, free: tuple[str, ...] = ()) -> Schema:
    """Return the schema of one component: `type` decides which options there are; a plugin's are
    its own. What is `free` need not be given.
    """
    described = f"Which {kind}: a built-in, the name of a plugin, or package.module:Class."
    cases = [
        {
            "if": {
                "properties": {"type": {"pattern": _any_spelling(_names(kind, name))}},
                "required": ["type"],
            },
            "then": {"$ref": f"#/$defs/{name}", **_required(find(kind, name).cls, free)},
        }
        for name in BUILTIN[kind]
    ]
    names = [*BUILTIN[kind], *ALIASES.get(kind, ())]
    return {
        "type": "object",
        "properties": {
            "type": {"description": described, "anyOf": [{"enum": names}, {"type": "string"}]}
        },
        "required": ["type"],
        "allOf": cases,
    }


def _names(kind: str, name: str) -> list[str]:
    return [name, *(alias for alias, meant in ALIASES.get(kind, {}).items() if meant == name)]


def _one_of(choices: Iterable[str]) -> Schema:
    """Return the schema of an enumeration: the spellings to offer, and any case."""
    return {
        "anyOf": [
            {"enum": list(choices)},
            {"type": "string", "pattern": f"^({'|'.join(map(_any_case, choices))})$"},
        ]
    }


def _any_spelling(names: Iterable[str]) -> str:
    """Return a pattern for class names, in any case and with underscores anywhere, as `lookup`
    matches them.
    """
    return f"^_*({'|'.join('_*'.join(map(_any_case, name)) for name in names)})_*$"


def _any_case(text: str) -> str:
    return "".join(
        f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else re.escape(letter)
        for letter in text
    )


def _supervisor_schema() -> Schema:
    schema = options_schema(SupervisorOptions) | _required(SupervisorOptions)
    name = {"type": ["string", "number", "boolean"]}
    one_or_several = {"anyOf": [name, {"type": "array", "items": name, "minItems": 1}]}
    schema["description"] = "How the campaign runs and what it leaves behind."
    schema["properties"]["run_order"] = {
        "description": (
            "The stages, each combining every row of the one before with its own samples."
        ),
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "properties": {
                "executor": {
                    "description": "Name of an executor, or of one for each step.",
                    **one_or_several,
                },
                "sampler": {"description": "Name of the sampler.", **name},
                "runner": {
                    "description": "Name of a runner, or of one for each step.",
                    **one_or_several,
                },
                **options_schema(StageOptions)["properties"],
            },
            "required": ["executor", "sampler", "runner"],
        },
    }
    schema["required"] = ["run_order"]
    return schema


def _first_paragraph(cls: type) -> str:
    text = (cls.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(text.split())
