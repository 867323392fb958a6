"""Components by the name of their type: plugins, modules of this package, built-in ones of
enchanted-tui.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

from enchanted_surrogates import load_plugins

_found: dict[str, Any] = {}


def snake_to_pascal(s: str) -> str:
    """Return ``my_runner`` as ``MyRunner``."""
    return "".join(word.title() for word in s.split("_"))


def camel_or_pascal_to_snake(s: str) -> str:
    """Return ``MyRunner`` as ``my_runner``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", s).lower()


def get_snake_and_pascal(string: str) -> tuple[str, str]:
    """Return both spellings of a name. Raises ValueError if it has neither."""
    if "_" in string and string == string.lower():
        return string, snake_to_pascal(string)
    if re.fullmatch(r"[A-Z][a-z]+([A-Z][a-z]*)*", string):
        return camel_or_pascal_to_snake(string), string
    raise ValueError(f"the type {string!r} must be written as my_type or MyType")


def clear_import_cache() -> None:
    """Forget what has been imported; plugins are looked for again."""
    _found.clear()


def cached_import(type_name: str, base_module: str) -> Any:
    """Return the class called `type_name` of ``runners``, ``parsers``, ``samplers`` or
    ``executors``. Raises ImportError.
    """
    snake, pascal = get_snake_and_pascal(type_name)
    if not _found:
        _found.update(load_plugins())
    if snake not in _found:
        module = f"enchanted_surrogates.{base_module}.{snake}"
        try:
            _found[snake] = getattr(importlib.import_module(module), pascal)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            _found[snake] = _built_in(base_module, type_name)
    return _found[snake]


def _built_in(base_module: str, type_name: str) -> Any:
    try:
        lookup = importlib.import_module("enchanted_tui.config.lookup")
        return lookup.find(base_module[:-1], type_name).cls
    except Exception as error:
        raise ImportError(f"there is no {type_name} among the {base_module}") from error


def import_sampler(sampler_type: str, sampler_config: Mapping[str, Any]) -> Any:
    """Return a sampler made from its options."""
    return cached_import(sampler_type, "samplers")(
        **{key: value for key, value in sampler_config.items() if key != "type"}
    )


def import_runner(runner_type: str, runner_config: Mapping[str, Any]) -> Any:
    """Return a runner made from its options."""
    return cached_import(runner_type, "runners")(**runner_config)


def import_executor(executor_type: str, executor_config: Mapping[str, Any]) -> Any:
    """Return an executor made from its options."""
    return cached_import(executor_type, "executors")(**executor_config)


def import_parser(parser_type: str, parser_config: Mapping[str, Any]) -> Any:
    """Return a parser made from its options."""
    return cached_import(parser_type, "parsers")(**parser_config)
