"""How a component declares its options: one typed field each, from which validation, schema, docs
and help come.

    class RandomSampler(Sampler):
        budget: int = option(doc="How many samples to draw in all.", ge=0)

Options nest: where the value of one is a mapping, or holds mappings, a `Nested` declares what these
may say.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()
_UNCHANGEABLE = frozenset((type(None), bool, int, float, str))  #: of which nobody needs a copy


class Option:
    """One declared option: default, help text and limits. Its type is the class annotation beside
    it.
    """

    __slots__ = (
        "aliases",
        "choices",
        "default",
        "doc",
        "exact",
        "example",
        "ge",
        "gt",
        "le",
        "lt",
        "name",
        "nested",
        "path",
        "unit",
    )

    def __init__(
        self,
        default: Any,
        doc: str,
        unit: str | None,
        ge: float | None,
        gt: float | None,
        le: float | None,
        lt: float | None,
        choices: tuple[str, ...],
        aliases: tuple[str, ...],
        path: bool | str,
        example: Any,
        nested: type[Nested] | str | None,
    ) -> None:
        self.name, self.exact = "", False
        self.default, self.doc, self.unit = default, doc, unit
        self.ge, self.gt, self.le, self.lt = ge, gt, le, lt
        self.choices, self.aliases, self.path, self.example = choices, aliases, path, example
        self.nested = nested

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.exact = name, issubclass(owner, Nested)

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else copy.copy(self.default)

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def is_rooted(self) -> bool:
        """True if it is a path that starts at the config file's directory."""
        return self.path in (True, "whole")


def option(
    default: Any = REQUIRED,
    *,
    doc: str,
    unit: str | None = None,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    path: bool | str = False,
    example: Any = None,
    nested: type[Nested] | str | None = None,
) -> Any:
    """Declare an option of a component.

    `ge`, `gt`, `le`, `lt` bound a number (for a list or mapping: every number in it); `choices` are
    the spellings allowed, matched regardless of case; `aliases` are other accepted names; `path`
    marks a file or directory that expands ``~`` and ``$VAR`` and, when relative, starts at the
    config file's directory, while with ``"absolute"`` it must be absolute and is left to the
    component; with ``"whole"`` a campaign knows the file by all that it holds, however large, and
    not by its ends alone; `example` fills docs and templates. `nested` says what each
    ``dict[str, Any]`` in the annotation is: the class of a `Nested`, or the kind of a component
    (``"sampler"``). The value stays a plain mapping, checked.
    """
    return Option(default, doc, unit, ge, gt, le, lt, choices, aliases, path, example, nested)


class Variant(NamedTuple):
    """What goes with one of several options of which a nested mapping has exactly one."""

    needs: tuple[str, ...] = ()  #: that must be given beside it
    may: tuple[str, ...] = ()  #: that may be given beside it
    some: bool = False  #: whether at least one of `may` must be given


class Declared:
    """Built from keyword options, with the declared defaults for those not given."""

    def __init__(self, **config: Any) -> None:
        _fill(self, config)

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Return the declared options by name, those of base classes first."""
        found = cls.__dict__.get("_options")
        if found is None:
            found = {}
            for base in reversed(cls.__mro__):
                for name, value in vars(base).items():
                    if isinstance(value, Option):
                        found[name] = value
                    elif (
                        name in found
                    ):  # a subclass withdraws an option by overriding it with something else
                        del found[name]
            cls._options = found  # type: ignore[attr-defined]
        return found

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (option, sentence) for what is wrong with options that are well typed one by one.

        The option may be a path such as ``bounds[1]``; the sentence says what is wrong and what to
        do.
        """
        return iter(())

    def warnings(self) -> Iterator[tuple[str, str]]:
        """Yield (option, sentence) for what is allowed but probably not meant."""
        return iter(())


class Nested(Declared):
    """A mapping with declared options: what is written under an option of a component.

    Values have the declared types as they are written: text in quotes is no number, and null stands
    for the default only where there is one.
    """

    #: Whether keys that are not declared are passed on, with a warning; otherwise they are errors.
    passes_on: ClassVar[bool] = False
    #: Further keys that are known and passed on as they are; what they mean is described elsewhere.
    also: ClassVar[tuple[str, ...]] = ()
    #: Keys that are an error for a reason of their own, in lower case, with the sentence to say.
    refused: ClassVar[Mapping[str, str]] = {}
    #: Options of which exactly one is given, and what goes with each; those named in none go with
    #: all.
    variants: ClassVar[Mapping[str, Variant]] = {}

    def __init__(self, **config: Any) -> None:
        self.given = frozenset(config)  #: the names of what was written
        _fill(self, config)

    @classmethod
    def excluded(cls, given: Iterable[str]) -> dict[str, str]:
        """Return the options that do not go with the one of `variants` that is given, each with the
        names of those it goes with; nothing while not exactly one of them is given.
        """
        chosen = [name for name in cls.variants if name in set(given)]
        if len(chosen) != 1:
            return {}
        owners: dict[str, list[str]] = {}
        for name, variant in cls.variants.items():
            for companion in (*variant.needs, *variant.may):
                owners.setdefault(companion, []).append(name)
        found = {name: name for name in cls.variants if name != chosen[0]}
        found.update(
            (companion, " or ".join(names))
            for companion, names in owners.items()
            if chosen[0] not in names
        )
        return found


def asked(cls: type, question: str, *arguments: Any) -> Any:
    """Return what a component's class says by its method ``__enchanted_<question>__``, a name that
    no option of a plugin has; None where it says nothing, as a class without our base.
    """
    method = getattr(cls, f"__enchanted_{question}__", None)
    return None if method is None else method(*arguments)


class Component(Declared):
    """A sampler, runner or executor. Keys that are not declared are kept in `extra` and otherwise
    ignored; the configuration warns about them.
    """

    kind: ClassVar[str] = "component"

    def __init__(self, **config: Any) -> None:
        _fill(self, config)
        self.extra = config


def part_options(cls: type) -> dict[str, str]:
    """Return the options of a class that hold components themselves, as mappings of names to
    configurations, with the kind of these components.
    """
    declared = cls.options() if issubclass(cls, Declared) else {}
    return {
        name: option.nested for name, option in declared.items() if isinstance(option.nested, str)
    }


def _fill(instance: Declared, config: dict[str, Any]) -> None:
    """Set the declared options, taking them out of what was given. Raises TypeError if a required
    one is missing.
    """
    for name, declared in type(instance).options().items():
        if name in config:
            setattr(instance, name, config.pop(name))
            continue
        default = declared.default
        if type(default) not in _UNCHANGEABLE:
            if declared.required:
                missing = f"{type(instance).__name__} needs the option {name!r}: {declared.doc}"
                raise TypeError(missing)
            default = copy.copy(default)
        setattr(instance, name, default)
