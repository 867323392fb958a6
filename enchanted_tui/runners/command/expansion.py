"""``$NAME``, ``${NAME}`` and ``~`` in what a configuration says of programs and variables, expanded
without a shell.

What a sample's value holds is never expanded: it is marked when it is filled in.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_MARK = "\0value:"  #: before a sign of a value; what else holds a NUL is refused
_SIGNS = re.compile(r"[$~]")
_MARKED = re.compile(rf"(?:{_MARK})+([$~])")
_PARTS = re.compile(
    rf"{_MARKED.pattern}|" r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})|(?:^|(?<=:))~(?=[/:]|\Z)"
)


def marked(value: str) -> str:
    """Return a value so that `expanded` gives it as it is; it may be marked already."""
    return _SIGNS.sub(lambda sign: _MARK + sign[0], value)


def has_nul(text: str) -> bool:
    """Tell whether a text with marked values holds a NUL character of its own."""
    return "\0" in _MARKED.sub("", text)


def expanded(text: str, environment: Mapping[bytes, bytes]) -> str:
    """Return a text with variables of `environment` and the home directory in place of their names;
    a variable
    that is not set stays as it is written."""
    if "$" not in text and "~" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        kept, *names = found.groups()
        if kept:
            return str(kept)
        name = names[0] or names[1]
        if name is None:
            return os.fsdecode(environment.get(b"HOME") or os.path.expanduser(b"~"))
        held = environment.get(name.encode())
        return found[0] if held is None else held.decode("utf-8", "surrogateescape")

    return _PARTS.sub(value, text)


def variables_in(text: str) -> list[str]:
    """Name the variables that a text with nothing filled in refers to."""
    return [name for _, *names in _PARTS.findall(text) for name in names if name]
