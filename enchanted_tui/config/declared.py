"""What a component's class declares: the types of its options, and how to say them in words."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union
from weakref import WeakKeyDictionary

from enchanted_tui.config.options import Declared, Nested, Option

_NAMES = {
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    str: ("text", "text"),
    bool: ("true or false", "booleans"),
}
_UNIONS = (Union, types.UnionType)
LIMITS = (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<"))


_known_types: WeakKeyDictionary[type, dict[str, Any]] = WeakKeyDictionary()


def option_types(cls: type[Declared]) -> Mapping[str, Any]:
    """Return the type of each declared option. Raises NameError if an annotation names what its
    module does not have.
    """
    found = _known_types.get(cls)
    if found is None:
        hints = typing.get_type_hints(cls)
        found = _known_types[cls] = {name: hints.get(name, Any) for name in cls.options()}
    return found


def members(hint: Any) -> tuple[Any, ...]:
    """Return what a union is made of, None left out; a type that is no union is its only member."""
    if typing.get_origin(hint) in _UNIONS:
        return tuple(member for member in typing.get_args(hint) if member is not type(None))
    return (hint,)


def allows_none(hint: Any) -> bool:
    """Tell whether null is a value of its own."""
    return (
        hint is Any
        or hint is None
        or (typing.get_origin(hint) in _UNIONS and type(None) in typing.get_args(hint))
    )


def split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the kind of a type that is no union (list, dict, tuple, Literal, or itself) and its
    parameters.
    """
    origin = typing.get_origin(hint)
    return (hint, ()) if origin is None else (origin, typing.get_args(hint))


def choices_of(hint: Any, option: Option) -> tuple[str, ...]:
    """Return the spellings allowed for text: those of the option, or of a Literal type."""
    kind, parameters = split(hint)
    return tuple(map(str, parameters)) if kind is Literal else option.choices


def nested_of(hint: Any, option: Option) -> type[Nested] | None:
    """Return the declaration that a type which is no union stands for: that of the option where it
    is ``dict[str, Any]``.
    """
    nested = option.nested
    is_one = isinstance(nested, type) and split(hint) == (dict, (str, Any))
    return nested if is_one else None  # type: ignore[return-value]


def expected(hint: Any, option: Option) -> str:
    """Say what is expected: ``an integer >= 1``, ``a list of pairs of numbers``, ``one of 'csv',
    'parquet'``.
    """
    return " or ".join(
        dict.fromkeys(_words(member, option, 0) for member in _without_parts(members(hint)))
    )


def limits_of(option: Option) -> str:
    """Say the limits of a number: ``>= 0 and < 1``, or nothing."""
    return " and ".join(
        f"{sign} {_in_full(getattr(option, name))}"
        for name, sign in LIMITS
        if getattr(option, name) is not None
    )


def _in_full(number: float) -> str:
    """Return a limit as one would type it: whole numbers with all their digits."""
    return f"{number:.0f}" if number == int(number) and abs(number) < 1e15 else f"{number:g}"


def type_name(hint: Any, option: Option) -> str:
    """Name the type in a table: ``integer``, ``list of numbers or number``."""
    words = expected(hint, option)
    for article in ("an ", "a "):
        words = words.removeprefix(article).replace(f" or {article}", " or ")
    return words


def _without_parts(kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out the whole numbers where any number will do."""
    return tuple(kind for kind in kinds if not (kind is int and float in kinds))


def _words(hint: Any, option: Option, plural: int) -> str:
    kind, parameters = split(hint)
    choices = choices_of(hint, option)
    if choices and kind in (str, Literal):
        return ("" if plural or len(choices) == 1 else "one of ") + ", ".join(map(repr, choices))
    if kind in _NAMES:
        limits = limits_of(option) if kind in (int, float) else ""
        return f"{_NAMES[kind][plural]} {limits}".rstrip()
    if kind is list:
        return f"{'lists' if plural else 'a list'}{_of(parameters[:1], option)}"
    if kind is tuple:
        return _tuple_words(parameters, option, plural)
    if kind is dict:
        return (
            f"{'mappings' if plural else 'a mapping'}{_of(parameters[1:2], option, ' of names to')}"
        )
    return "values" if plural else "any value"


def _of(parameters: tuple[Any, ...], option: Option, link: str = " of") -> str:
    if not parameters or parameters[0] is Any:
        return ""
    return f"{link} " + " or ".join(
        dict.fromkeys(
            _words(member, option, 1) for member in _without_parts(members(parameters[0]))
        )
    )


def _tuple_words(parameters: tuple[Any, ...], option: Option, plural: int) -> str:
    if len(parameters) == 2 and parameters[1] is not Ellipsis:
        return f"{'pairs' if plural else 'a pair'}{_of(parameters[:1], option)}"
    if parameters[-1:] == (Ellipsis,):
        return f"{'lists' if plural else 'a list'}{_of(parameters[:1], option)}"
    return f"{'lists' if plural else 'a list'} of {len(parameters)} values"
