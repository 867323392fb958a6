"""Plain values as YAML text that is read back as the same values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from enchanted_tui.config.tree import plain

TAG = "tag:yaml.org,2002:"
# YAML 1.1 takes 1e-3 for text, as it wants a dot, and a sign in the exponent
EXPONENT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)[eE][-+]?[0-9]+\Z")
EXPONENT_SIGNS = "-+0123456789."  #: what such a number begins with


@dataclass(frozen=True)
class TypedNumber:
    """A number with the text that a person has typed for it, which is written as it is."""

    text: str
    value: int | float


class _Dumper(yaml.SafeDumper):
    """Writes text that is read back by `source` as the same values."""


class _OneLine(_Dumper):
    """Writes text with line breaks in double quotes, so that it stays in one line."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if not text.replace("\n", "").isprintable():
        style: str | None = '"'  # other styles lose line breaks such as U+0085
    else:
        style = "|" if "\n" in text else None
    return dumper.represent_scalar(TAG + "str", text, style=style)


def _represent_in_line(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_printable = text.isprintable()
    return dumper.represent_scalar(TAG + "str", text, style=None if is_printable else '"')


def _represent_typed(dumper: yaml.SafeDumper, number: TypedNumber) -> yaml.ScalarNode:
    kind = "int" if isinstance(number.value, int) else "float"
    return dumper.represent_scalar(TAG + kind, number.text)


_Dumper.add_implicit_resolver(TAG + "float", EXPONENT, list(EXPONENT_SIGNS))
_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(TypedNumber, _represent_typed)
_OneLine.add_representer(str, _represent_in_line)


def dump(tree: Any) -> str:
    """Return plain values as YAML text that reads back as the same values."""
    text: str = yaml.dump(
        plain(tree),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=120,
    )
    return text


def one_line(value: Any) -> str:
    """Return a value as YAML in one line, without a line break at its end."""
    text: str = yaml.dump(
        plain(value),
        Dumper=_OneLine,
        default_flow_style=True,
        width=10**6,
        allow_unicode=True,
        sort_keys=False,
    )
    return text.rstrip("\n").removesuffix("\n...")
