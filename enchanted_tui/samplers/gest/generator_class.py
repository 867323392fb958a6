"""Find the class of a generator: by its import path, or in a file.

Libraries of generators take seconds to import, some minutes on a slow file system. So what can be
said of a name without that is found by reading the files of the package.
"""

from __future__ import annotations

import ast
import glob
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator

from enchanted_tui.errors import UserError
from enchanted_tui.suggestions import did_you_mean


class NoGeneratorError(UserError):
    """There is no such class; the text is a sentence."""


def problem_of(name: str, file: str | None) -> str | None:
    """Say what is wrong with the name of a generator, as far as that can be told without importing
    anything; None if nothing is.
    """
    if file is not None:
        return _problem_in_file(name, file)
    module, _, attribute = path_of(name).rpartition(".")
    if not module:
        return (
            f"{name!r} is no import path, as package.module.Class is; for a class in a file of"
            " your own, give that as generator_file"
        )
    package = module.split(".")[0]
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return (
            f"{package!r} cannot be imported here; install it (pip install {package}), or for a"
            " class in a file of your own, give that as generator_file"
        )
    places = list(spec.submodule_search_locations or ())
    source = source_of(places, module.split(".")[1:]) if places else spec.origin
    if source is None:
        return _no_module(module, places)
    try:
        names = _names_in(source)
    except SyntaxError:  # it may be of another version of Python; importing it says so
        return None
    if names is None or attribute in names:
        return None
    known = [each for each in names if each[:1].isupper()]
    return f"{module!r} has no {attribute!r}{did_you_mean(attribute, known)}"


def path_of(name: str) -> str:
    """Return an import path with dots alone: ``package.module:Class`` is the same."""
    return name.replace(":", ".")


def load(name: str, file: str | None) -> type:
    """Return the class of a generator. Raises NoGeneratorError, and whatever importing raises."""
    if file is not None:
        found = getattr(_module_in(file), name, None)
        where = file
    else:
        where, _, attribute = path_of(name).rpartition(".")
        found = getattr(importlib.import_module(where), attribute, None)
    if not isinstance(found, type):
        raise NoGeneratorError(f"there is no class {name!r} in {where}")
    for method in ("suggest", "ingest"):
        if not callable(getattr(found, method, None)):
            raise NoGeneratorError(
                f"{found.__name__} has no {method}, so it is no generator; name a class with"
                " suggest and ingest"
            )
    return found


def _module_in(file: str) -> object:
    """Import a file; modules beside it can be imported by it."""
    directory, base = os.path.split(os.path.abspath(file))
    if directory not in sys.path:
        sys.path.append(directory)
    name = os.path.splitext(base)[0]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise NoGeneratorError(f"{file} is no file of Python code")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pickling and dataclasses look there
    spec.loader.exec_module(module)
    return module


def _problem_in_file(name: str, file: str) -> str | None:
    if not os.path.isfile(file):
        return f"there is no file {file}"
    try:
        names = _names_in(file)
    except SyntaxError as error:
        return f"{file}, line {error.lineno}: {error.msg}"
    if names is None or name in names:
        return None
    there = f"; there are {', '.join(sorted(names))}" if names else ""
    return f"there is no class {name!r} in {file}{did_you_mean(name, names) or there}"


def _no_module(module: str, places: list[str]) -> str:
    """Say which part of a dotted name there is not."""
    parts = module.split(".")
    depth = 1
    while depth < len(parts) - 1 and source_of(places, parts[1 : depth + 1]) is not None:
        depth += 1
    parent = ".".join(parts[:depth])
    known = _submodules(places, parts[1:depth])
    return f"there is no module {parts[depth]!r} in {parent!r}{did_you_mean(parts[depth], known)}"


def source_of(places: list[str], parts: list[str]) -> str | None:
    """Return the file of a module within a package that is in `places`, compiled ones included."""
    for place in places:
        path = os.path.join(place, *parts)
        compiled = glob.glob(f"{glob.escape(path)}.*.so")
        for file in (os.path.join(path, "__init__.py"), f"{path}.py", *compiled):
            if os.path.isfile(file):
                return file
    return None


def _submodules(places: list[str], parts: list[str]) -> Iterator[str]:
    for place in places:
        directory = os.path.join(place, *parts)
        if os.path.isdir(directory):
            for entry in sorted(os.listdir(directory)):
                stem, ending = os.path.splitext(entry)
                if ending == ".py" or os.path.isdir(os.path.join(directory, entry)):
                    yield stem


def _names_in(source: str) -> set[str] | None:
    """Return the names that a file of Python code defines at its top level; None where that cannot
    be told. Raises SyntaxError.
    """
    try:
        with open(source, encoding="utf-8") as file:
            tree = ast.parse(file.read(), source)
    except SyntaxError:
        raise
    except (OSError, ValueError):  # compiled, not text
        return None
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.asname or alias.name for alias in node.names)
        elif not isinstance(node, ast.Expr):
            found.update(_assigned(node))
    return None if found & {"*", "__getattr__"} else found


def _assigned(node: ast.AST) -> Iterator[str]:
    """Return all names that a statement, or one within it, gives a meaning."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id
        elif isinstance(each, ast.ClassDef | ast.FunctionDef):
            yield each.name
        elif isinstance(each, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in each.names)
