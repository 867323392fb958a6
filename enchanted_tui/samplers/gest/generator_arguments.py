"""Which arguments the class of a generator takes, found by reading files: importing a library of
generators takes seconds, some minutes on a slow file system.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from enchanted_tui.samplers.gest.generator_class import path_of, source_of
from enchanted_tui.suggestions import did_you_mean

_DEEPEST = 20  #: imports and base classes that are followed, one after another
#: packages whose classes add no argument of a generator's own
_PLAIN = frozenset(("abc", "typing", "typing_extensions", "gest_api", "builtins", "object"))


class _Module(NamedTuple):
    name: str  #: with dots; empty for a file of one's own
    source: str
    tree: ast.Module


class _Family(NamedTuple):
    """A class and those that it is derived from, itself first."""

    classes: list[ast.ClassDef]
    whole: bool  #: all of them have been found
    is_model: bool  #: of pydantic, whose fields are the arguments


class Misnamed(NamedTuple):
    """An option that the class of a generator does not name."""

    key: str
    sentence: str
    is_fatal: bool  #: it cannot be made with it


def misnamed(name: str, file: str | None, options: Mapping[str, object]) -> Iterator[Misnamed]:
    """Yield the options that the class of a generator does not name; none where its arguments
    cannot be told without importing it, or where it takes others and none is alike.
    """
    family = _family(name, file)
    known = None if family is None else _arguments(family)
    if family is None or known is None:
        return
    cls, (names, takes_others) = path_of(name).rpartition(".")[2], known
    names.discard("vocs")
    for key in sorted(options.keys() - names - {"vocs"}):
        near = did_you_mean(key, names)
        hint = near or f"; there are {', '.join(sorted(names)) or 'none'}"
        if family.is_model:
            said = f"{cls} has no such field, and many models ignore what they do not know{hint}"
            yield Misnamed(key, said, False)
        elif not takes_others:
            yield Misnamed(key, f"{cls} takes no such argument{hint}", True)
        elif near:
            said = f"{cls} names no such argument, and may take it without using it{near}"
            yield Misnamed(key, said, False)


def _arguments(family: _Family) -> tuple[set[str], bool] | None:
    """Return the arguments besides vocs, and whether others are taken too; None where that cannot
    be told.
    """
    if family.is_model:
        return (set(_fields(family.classes)), True) if family.whole else None
    names, passed_on = set[str](), False
    for cls in family.classes:
        init = next(
            (e for e in cls.body if isinstance(e, ast.FunctionDef) and e.name == "__init__"), None
        )
        if init is None:
            if cls.decorator_list:  # a dataclass, or whatever it makes of the class
                return None
            continue
        arguments = init.args
        own = [*arguments.posonlyargs, *arguments.args][2:]  # without self and vocs
        names |= {each.arg for each in (*own, *arguments.kwonlyargs)} - {"vocs"}
        if arguments.kwarg is None:
            return names, passed_on
        passed_on = True  # to the next one, or kept
    return (names, True) if passed_on else None


def _fields(classes: list[ast.ClassDef]) -> Iterator[str]:
    """Return the fields of a pydantic model, and the names that they have besides."""
    for cls in classes:
        for each in cls.body:
            if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                yield from (a.arg for a in (*each.args.args[1:], *each.args.kwonlyargs))
            if not (isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)):
                continue
            if not each.target.id.startswith("_") and "ClassVar" not in ast.dump(each.annotation):
                yield each.target.id
            if isinstance(each.value, ast.Call):
                for given in each.value.keywords:
                    if given.arg in ("alias", "validation_alias") and isinstance(
                        given.value, ast.Constant
                    ):
                        yield str(given.value.value)


def _family(name: str, file: str | None) -> _Family | None:
    """Return the class of a generator with its bases; None where there is no such class."""
    module, _, cls = path_of(name).rpartition(".")
    found = _read("", file) if file is not None else _module(module)
    start = None if found is None else _find(found, name if file is not None else cls)
    if start is None:
        return None
    classes, whole, is_model = list[ast.ClassDef](), True, False
    waiting = [start]
    while waiting and len(classes) < _DEEPEST:
        module_of, node = waiting.pop(0)
        classes.append(node)
        bases = list[tuple[_Module, ast.ClassDef]]()
        for base in node.bases:
            text = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
            origin = _origin(module_of, text)
            root = origin.split(".")[0]
            if root == "pydantic":
                is_model = True
            elif root not in _PLAIN:
                module_name, _, attribute = origin.rpartition(".")
                place = module_of if not module_name else _module(module_name)
                there = None if place is None else _find(place, attribute)
                whole = whole and there is not None
                bases += [there] if there is not None else []
        waiting = [*bases, *waiting]
    return _Family(classes, whole and not waiting, is_model)


def _find(module: _Module, name: str, depth: int = 0) -> tuple[_Module, ast.ClassDef] | None:
    """Return a class that a module has, and the module that defines it."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
    origin = _origin(module, name)
    place, _, attribute = origin.rpartition(".")
    there = _module(place) if place and depth < _DEEPEST else None
    return None if there is None else _find(there, attribute, depth + 1)


def _origin(module: _Module, text: str) -> str:
    """Return the import path of what a module calls `text`; the text itself where it is the
    module's own.
    """
    first, _, rest = text.partition(".")
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for alias in node.names:
            if (alias.asname or alias.name.split(".")[0]) != first:
                continue
            if isinstance(node, ast.Import):
                whole = alias.name if alias.asname else first
            else:
                whole = f"{_package(module, node)}.{alias.name}"
            return f"{whole}.{rest}" if rest else whole
    return text


def _package(module: _Module, node: ast.ImportFrom) -> str:
    """Return the module that a statement imports from, with dots alone."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    is_package = module.source.endswith("__init__.py")
    above = parts[: len(parts) - node.level + is_package]
    return ".".join([*above, *([node.module] if node.module else [])])


def _module(name: str) -> _Module | None:
    package, *parts = name.split(".")
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or ())
    source = source_of(places, parts) if places else spec.origin
    return None if source is None else _read(name, source)


def _read(name: str, source: str) -> _Module | None:
    try:
        with open(source, encoding="utf-8") as file:
            return _Module(name, source, ast.parse(file.read()))
    except (OSError, SyntaxError, ValueError):  # also compiled, no text
        return None
