"""Find a function without importing its module, which may be slow, or crash: by reading its
source.
"""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import os
import sys
import tokenize
from collections.abc import Sequence
from typing import NamedTuple

from enchanted_tui.suggestions import did_you_mean


class SourceFunction(NamedTuple):
    """What a function's source says about its arguments."""

    accepted: frozenset[str]
    required: frozenset[str]
    positional_only: tuple[str, ...]
    takes_any: bool


def find_function(path: str, directories: Sequence[str] = ()) -> SourceFunction | None:
    """Find ``package.module:name`` on Python's search path or in `directories`, without running any
    of it.

    Gives None if it is there, or may be there, but its arguments cannot be told (a class, a
    decorated function, a compiled module).

    Raises LookupError with a sentence if the module is not there, or has no such name.
    """
    module, _, qualified = path.partition(":")
    spec = _find_module(module, directories)
    if spec.origin is None and spec.submodule_search_locations is not None:
        raise LookupError(
            f"{module} is a directory without __init__.py, so it has no functions; name a module"
            " in it"
        )
    if spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        with tokenize.open(spec.origin) as file:
            tree = ast.parse(file.read(), spec.origin)
    except (SyntaxError, UnicodeDecodeError) as error:
        place = f"{spec.origin}:{error.lineno}" if isinstance(error, SyntaxError) else spec.origin
        raise LookupError(f"{place} cannot be read as Python: {error}") from None
    except OSError:
        return None
    first, _, rest = qualified.partition(".")
    names = _TopLevel()
    names.visit(tree)
    if first not in names.found and not names.open_ended:
        raise LookupError(
            f"{module} ({spec.origin}) has no {first!r}{did_you_mean(first, names.found)}"
        )
    function = names.functions.get(first)
    return (
        None if rest or function is None or function.decorator_list else _arguments(function.args)
    )


def _find_module(module: str, directories: Sequence[str]) -> importlib.machinery.ModuleSpec:
    """Find a module as `import` would, but without importing the packages it lies in."""
    importlib.invalidate_caches()
    search: Sequence[str] | None = None
    found = None
    parts = module.split(".")
    for depth in range(len(parts)):
        name = ".".join(parts[: depth + 1])
        found = _ask_finders(name, search)
        if found is None and depth == 0:
            found = importlib.machinery.PathFinder.find_spec(
                name, [os.fspath(path) for path in directories]
            )
        if found is None:
            raise LookupError(_absence(parts, depth, _module_names(search, directories)))
        search = found.submodule_search_locations
        if search is None and depth + 1 < len(parts):
            raise LookupError(f"{name!r} is a module, not a package, so there is no {module!r}")
    assert found is not None
    return found


def _absence(parts: list[str], depth: int, others: set[str]) -> str:
    name = ".".join(parts[: depth + 1])
    nearest = did_you_mean(parts[depth], others)
    if depth:
        return f"there is no module {name!r} in the package {'.'.join(parts[:depth])!r}{nearest}"
    remedy = (
        "give its directory in python_path, install it, or set check_function: false if it is only"
        " where the tasks run"
    )
    return f"there is no module {name!r} to import; {remedy}{nearest}"


def _ask_finders(name: str, search: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, search)
        if spec is not None:
            return spec
    return None


def _module_names(search: Sequence[str] | None, directories: Sequence[str]) -> set[str]:
    """Name the modules beside which a missing one would be."""
    names: set[str] = set()
    for directory in [*directories, *sys.path] if search is None else search:
        try:
            names.update(entry.partition(".")[0] for entry in os.listdir(directory or "."))
        except OSError:
            continue
    return names


def _arguments(arguments: ast.arguments) -> SourceFunction:
    by_position = [argument.arg for argument in arguments.args]
    by_name = [argument.arg for argument in arguments.kwonlyargs]
    with_default = set(
        by_position[len(by_position) - min(len(arguments.defaults), len(by_position)) :]
    )
    with_default.update(
        argument.arg
        for argument, given in zip(arguments.kwonlyargs, arguments.kw_defaults)  # noqa: B905
        if given is not None
    )
    positional_only = [argument.arg for argument in arguments.posonlyargs]
    given = max(0, len(arguments.defaults) - len(by_position))
    accepted = frozenset((*by_position, *by_name))
    return SourceFunction(
        accepted,
        accepted - with_default,
        tuple(positional_only[: len(positional_only) - given]),
        arguments.kwarg is not None,
    )


class _TopLevel(ast.NodeVisitor):
    """Collect the names that a module defines; `open_ended` if it may define more than its source
    shows.
    """

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.functions: dict[str, ast.FunctionDef] = {}
        self.open_ended = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.found.add(node.name)
        self.functions[node.name] = node
        self.open_ended = self.open_ended or node.name == "__getattr__"

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.found.add(node.name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.found.add(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        return None

    def visit_Import(self, node: ast.Import) -> None:
        self.found.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.open_ended = self.open_ended or any(alias.name == "*" for alias in node.names)
        self.found.update(alias.asname or alias.name for alias in node.names)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.found.add(node.id)
            self.functions.pop(node.id, None)
        elif node.id in ("globals", "exec", "setattr"):
            self.open_ended = True
