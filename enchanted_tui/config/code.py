"""The files besides the configuration that a runner's results depend on: modules, included
templates, the program.
"""

from __future__ import annotations

import ast
import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import all_suffixes
from typing import Any

from enchanted_tui.config.lookup import is_own
from enchanted_tui.config.models import CampaignConfig, ComponentSpec

_MOST_FILES = 500
_MOST_BYTES = 4 << 20  #: of a module whose imports are looked for


def code_files(config: CampaignConfig, spec: ComponentSpec) -> list[str]:
    """Return the paths of the files, as far as they are here: the module of a plugin or of a
    function with the modules
    beside it that it imports, the templates that others include, and the program if it is named by
    its path."""
    directories = [
        *map(str, config.python_path),
        *(spec.options.get("python_path") or ()),
        *sys.path,
    ]
    modules = [path.partition(":")[0] for path in _named_modules(spec)]
    found = [path for module in modules for path in _modules(module, directories)]
    if spec.class_path.endswith(":CommandRunner"):
        found += _files_of_command(spec)
    return list(dict.fromkeys(found))[:_MOST_FILES]


def _named_modules(spec: ComponentSpec) -> Iterator[str]:
    if not is_own(spec.class_path):
        yield spec.class_path
    function = spec.options.get("function")
    if isinstance(function, str) and ":" in function:
        yield function


def _modules(name: str, directories: Sequence[str]) -> list[str]:
    """Return the files of a module and of those that it imports and that lie in the same directory
    or package.
    """
    place = next(
        (place for place in directories if _files_of(name.split(".")[0], place or ".")), None
    )
    if place is None:
        return []
    found: dict[str, None] = {}
    waiting = [name.split(".")[0]]
    seen = set(waiting)
    while waiting and len(found) < _MOST_FILES:
        files = _files_of(waiting.pop(), place or ".")
        found.update(dict.fromkeys(files))
        for imported in {name for path in files for name in _imported_by(path)} - seen:
            seen.add(imported)
            waiting.append(imported)
    return list(found)


def _files_of(top: str, directory: str) -> list[str]:
    """Return the files of a module or package of that name in a directory."""
    package = os.path.join(directory, top)
    if os.path.isfile(os.path.join(package, "__init__.py")):
        return sorted(_sources(package))
    return [path for suffix in all_suffixes() if os.path.isfile(path := package + suffix)][:1]


def _sources(package: str) -> Iterator[str]:
    endings = tuple(all_suffixes())
    for place, directories, names in os.walk(package):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        yield from (os.path.join(place, name) for name in names if name.endswith(endings))


def _imported_by(path: str) -> Iterable[str]:
    """Name the top modules that a file imports; none if it is not Python source."""
    if not path.endswith(".py"):
        return ()
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(_MOST_BYTES))
    except (OSError, SyntaxError, ValueError):
        return ()
    nodes = list(ast.walk(tree))
    whole = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    parts = [
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    ]
    return {name.split(".")[0] for name in (*whole, *parts)}


def _files_of_command(spec: ComponentSpec) -> list[str]:
    from enchanted_tui.runners.command.rendering import Text

    found: list[str] = []
    for name, path in (spec.options.get("templates") or {}).items():
        with contextlib.suppress(Exception):  # what is wrong with a template is told elsewhere
            found += Text.from_file(path, name).included_files()
    program = _program(spec.options)
    return [*found, program] if program is not None and os.path.isfile(program) else found


def _program(options: dict[str, Any]) -> str | None:
    """Return the path of the program, if it is named by one that says where it is."""
    command = options.get("command")
    if options.get("shell") or not isinstance(command, list) or not command:
        return None
    path = os.path.expandvars(os.path.expanduser(str(command[0])))
    return path if os.path.isabs(path) else None
