"""The files besides the configuration that a runner's results depend on: modules, included
templates, the program.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import all_suffixes

from enchanted_tui.config.lookup import is_own
from enchanted_tui.config.models import CampaignConfig, ComponentSpec
from enchanted_tui.config.options import asked

_INSTALLED = ("site-packages", "dist-packages")
_IMPORTS = re.compile(rb"\b(?:from|import)\b[^\r\n]*")
_TOPS = re.compile(rb"(?<![.\w\x80-\xff])[\w\x80-\xff]+")
_MOST_FILES = 500
_MOST_BYTES = 4 << 20  #: of a module whose imports are looked for
_MOST_KNOWN = 2_000
#: what modules import, by a digest of their source and the names that were looked for
_known: dict[tuple[bytes, frozenset[str]], frozenset[str]] = {}


def code_files(config: CampaignConfig, spec: ComponentSpec) -> list[str]:
    """Return the paths of the files, as far as they are here: the module of a plugin or of a
    function with the modules beside it that it imports, the templates that others include, and the
    program if it is named by its path.
    """
    directories = [
        *map(str, config.python_path),
        *(spec.options.get("python_path") or ()),
        *sys.path,
    ]
    modules = [path.partition(":")[0] for path in _named_modules(spec)]
    found = [path for module in modules for path in _modules(module, directories)]
    if is_own(spec.class_path):
        found += asked(spec.cls, "code_files", spec.options) or []
    return list(dict.fromkeys(found))[:_MOST_FILES]


def _named_modules(spec: ComponentSpec) -> Iterator[str]:
    if not is_own(spec.class_path):
        yield spec.class_path
    function = spec.options.get("function")
    if isinstance(function, str) and ":" in function:
        yield function


def _modules(name: str, directories: Sequence[str]) -> list[str]:
    """Return the files of a module and of those that it imports and that lie in the same directory
    or package. What is installed beside an installed plugin changes with a version of its own, and
    can be thousands of files: it is left out.
    """
    place = next(
        (place for place in directories if _files_of(name.split(".")[0], place or ".")), None
    )
    if place is None:
        return []
    found: dict[str, None] = {}
    top = name.split(".")[0]
    beside = frozenset() if os.path.basename(place) in _INSTALLED else _tops_in(place or ".")
    waiting, left = [top], set(beside - {top})
    while waiting and len(found) < _MOST_FILES:
        files = _files_of(waiting.pop(), place or ".")
        found.update(dict.fromkeys(files))
        imported = {name for path in files for name in _imported_by(path, beside)} & left
        left -= imported
        waiting += sorted(imported)
    return list(found)


def _tops_in(directory: str) -> frozenset[str]:
    """Name the modules and packages that can be imported from a directory."""
    with contextlib.suppress(OSError):
        names = (name.partition(".")[0] for name in os.listdir(directory))
        return frozenset(name for name in names if name.isidentifier())
    return frozenset()


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


def _imported_by(path: str, of: frozenset[str]) -> frozenset[str]:
    """Name those top modules among `of` that a file imports; none if it is not Python source."""
    if not path.endswith(".py"):
        return frozenset()
    try:
        with open(path, "rb") as file:
            return _imports_in(file.read(_MOST_BYTES), of)
    except OSError:
        return frozenset()


def _imports_in(source: bytes, of: frozenset[str]) -> frozenset[str]:
    """Name those top modules among `of` that a source imports. To parse one takes a hundred times
    as long as to read it, so that it is done only where their names stand after `import` or `from`,
    and once in a process.
    """
    key = (hashlib.sha256(source).digest(), of)
    found = _known.get(key)  # another thread may clear it at any moment
    if found is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        found = _known[key] = _parsed_imports(source, of)
    return found


def _parsed_imports(source: bytes, of: frozenset[str]) -> frozenset[str]:
    if not any(name.decode("utf-8", "replace") in of for name in _names_after_import(source)):
        return frozenset()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return frozenset()
    names: list[str] = []
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return of.intersection(name.partition(".")[0] for name in names)


def _names_after_import(source: bytes) -> Iterator[bytes]:
    """Give all words that may be names of top modules that are imported, and others."""
    for line in _IMPORTS.finditer(source.replace(b"\\\n", b" ").replace(b"\\\r\n", b" ")):
        yield from _TOPS.findall(line[0])


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Give all statements, and not their expressions, which hold no import."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, ())
            if isinstance(inner, list):  # an expression has these names too: a lambda, a condition
                waiting += inner
