"""How a component declares its options: one typed field each, from which validation, schema, docs
and help come.

    class RandomSampler(Sampler):
        budget: int = option(doc="How many samples to draw in all.", ge=0)

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, ClassVar


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


class Option:
    """One declared option: default, help text and limits. Its type is the class annotation beside
    it.
    """

    __slots__ = (
        "aliases",
        "choices",
        "default",
        "doc",
        "example",
        "ge",
        "gt",
        "le",
        "lt",
        "name",
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
        path: bool,
        example: Any,
    ) -> None:
        self.name = ""
        self.default, self.doc, self.unit = default, doc, unit
        self.ge, self.gt, self.le, self.lt = ge, gt, le, lt
        self.choices, self.aliases, self.path, self.example = choices, aliases, path, example

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else copy.copy(self.default)

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


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
    path: bool = False,
    example: Any = None,
) -> Any:
    """Declare an option of a component.

    `ge`, `gt`, `le`, `lt` bound a number (for a list or mapping: every number in it); `choices` are
    the spellings allowed, matched regardless of case; `aliases` are other accepted names; `path`
    marks a file or directory that expands ``~`` and ``$VAR`` and, when relative, starts at the
    config file's directory; `example` fills docs and templates.
    """
    return Option(default, doc, unit, ge, gt, le, lt, choices, aliases, path, example)


class Component:
    """A sampler, runner or executor: built from keyword options, with the declared defaults for
    those not given.

    Keys that are not declared are kept in `extra` and otherwise ignored; the configuration warns
    about them.
    """

    kind: ClassVar[str] = "component"
    #: Options that hold components themselves, as mappings of names to configurations, and the kind
    #: of these components.
    part_options: ClassVar[dict[str, str]] = {}

    def __init__(self, **config: Any) -> None:
        for name, declared in type(self).options().items():
            if name in config:
                setattr(self, name, config.pop(name))
            elif declared.required:
                raise TypeError(f"{type(self).__name__} needs the option {name!r}: {declared.doc}")
            else:
                setattr(self, name, copy.copy(declared.default))
        self.extra = config

    @classmethod
    def options(cls) -> dict[str, Option]:
        """Give the declared options by name, those of base classes first."""
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
