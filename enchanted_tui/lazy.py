"""Names that a package offers and imports only when they are first used.

Runs on workers: standard library only, Python 3.9 or newer. And before `python -m enchanted_tui`
can keep Python from importing files of the working directory, so nothing but modules that Python
has imported by then.
"""

from __future__ import annotations

import importlib
import sys

TYPE_CHECKING = (
    False  # not by importing typing, for there may be a typing.py in the working directory
)
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable


def offer(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], list[str]]:
    """Return `__getattr__` and `__all__` of a package whose names live in other modules.

    `homes` gives the module of each name. A name is looked up once and kept in the package, so
    that only what is used is ever imported. An unknown one raises AttributeError.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return find, sorted(homes)
