"""Texts with placeholders, rendered on the supervisor's side by Jinja2.

Undefined names are errors, nothing is escaped, numbers are written exactly, and templates are
sandboxed, since they may come from others.
"""

from __future__ import annotations

import functools
import json
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from enchanted_tui import neighbours, values
from enchanted_tui.runners.command.expansion import marked
from enchanted_tui.runners.command.shell import UnsafePlaceError, fence, quote_values
from enchanted_tui.runners.command.template_errors import (
    ALL,
    RAW,
    beside,
    failed_rendering,
    syntax_sentence,
)
from enchanted_tui.runners.failure import SampleFailed

if TYPE_CHECKING:
    import jinja2
    from jinja2 import nodes

_BEGINS = ("{{", "{%", "{#")
_METHODS = frozenset(dir(dict))


def has_placeholders(text: str) -> bool:
    return any(begin in text for begin in _BEGINS)


class Text:
    """A text with placeholders. `where` names it in messages; `path` is the file it comes from,
    beside which it finds what it includes.
    """

    def __init__(self, source: str, where: str, path: str | None = None) -> None:
        self.source, self.where, self.path, self.shell = source, where, path, False
        self.expanded = False
        self._constant = not has_placeholders(source)

    @classmethod
    def for_shell(cls, source: str, where: str) -> Text:
        """Make the text of a shell command: every value in it is quoted."""
        text = cls(source, where)
        text.shell = True
        return text

    @classmethod
    def for_expansion(cls, source: str, where: str) -> Text:
        """Make a text in which variables will be expanded: values are marked, so that theirs are
        not.
        """
        text = cls(source, where)
        text.expanded = True
        return text

    @classmethod
    def from_file(cls, path: str, where: str) -> Text:
        """Read a template. Bytes that are not UTF-8 come out as they were.

        Raises OSError.
        """
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return cls(file.read(), where, path)

    def render(self, names: Mapping[str, Any]) -> str:
        """Return the text with its placeholders filled from `names` (see `context`).

        Raises SampleFailed, kind ``prepare``, with place and reason.
        """
        if self._constant:
            return self.source
        try:
            text = self._compiled().render(names)
            return quote_values(text) if self.shell else text
        except UnsafePlaceError as error:
            raise SampleFailed(f"{self.where}: {error}", "prepare") from None
        # whatever a template's expression raises is a fact about this sample
        except Exception as error:  # noqa: BLE001
            raise SampleFailed(self._failure(error, names), "prepare") from None

    def _failure(self, error: Exception, names: Mapping[str, Any]) -> str:
        """Say why the text could not be rendered, with the file and line in which that happened."""
        environment = self._environment()
        path, line, sentence = failed_rendering(error, names, environment, self._is_template)
        if line is None or (self.path is None and "\n" not in self.source):
            return f"{self.where}: {sentence}"
        file = f" ({os.path.basename(path)})" if path and path != self.where else ""
        return f"{self.where}{file}, line {line}: {sentence}"

    def _is_template(self, path: str) -> bool:
        directory = None if self.path is None else os.path.dirname(os.path.abspath(self.path))
        return path == self._filename or beside(path, directory)

    def problem(self) -> str | None:
        """Say what is wrong with the template itself, or None."""
        import jinja2

        if self._constant:
            return None
        text = self
        try:
            for text in self._with_included({self.path}):
                text._compiled()
        except jinja2.TemplateSyntaxError as error:
            return f"{text._filename}:{error.lineno}: {syntax_sentence(error, self._environment())}"
        except OSError as error:
            return f"the included {error.filename} cannot be read: {error.strerror}"
        if self.shell and "{%" not in self.source:
            return self._shell_problem()
        return None

    def lost_parts(self) -> Iterator[str]:
        """Say which comments of the template are hardly meant as such: ``${#list[@]}`` of a shell,
        ``{#1}`` of TeX.
        """
        if self._constant or self.problem() is not None:
            return
        for text in self._with_included({self.path}):
            before = ""
            for line, kind, piece in self._environment().lex(text.source):
                if kind == "comment" and (before.endswith("$") or piece[:1].isdigit()):
                    shown = " ".join(piece.split())
                    yield (
                        f"{text._filename}:{line}: {{#{shown:.20} begins a comment of the template,"
                        f" so all up to #}} is left out; {RAW}"
                    )
                before = piece if kind != "comment_begin" else before

    def included_files(self) -> list[str]:
        """Return the paths of the templates that this one includes, and of those that they include.
        Raises OSError.
        """
        included = list(self._with_included({self.path}))[1:]
        return [text.path for text in included if text.path is not None]

    def used_names(self) -> set[str] | None:
        """Name all parameters that the text mentions; None if it may use any, by ``params``."""
        from jinja2 import meta

        if self._constant:
            return set()
        found: set[str] = set()
        for text in self._with_included({self.path}):
            tree = text._parsed()
            found |= meta.find_undeclared_variables(tree) | _looked_up_names(tree)
            if _uses_any(tree) or None in meta.find_referenced_templates(tree):
                return None
        return found - {ALL}

    def required_names(self) -> set[str]:
        """Name the parameters that the text cannot do without: not those it tests with ``is
        defined`` or gives a default.
        """
        from jinja2 import meta

        if self._constant:
            return set()
        environment = self._environment()
        found: set[str] = set()
        for text in self._with_included({self.path}):
            tree = environment.parse(text.source)
            names = (
                set(meta.find_undeclared_variables(tree))
                - set(environment.globals)
                - _optional_names(tree)
            )
            found |= (names - {ALL}) | _looked_up_names(tree)
        return found

    def _shell_problem(self) -> str | None:
        parts = [
            fence("x") if kind == "variable" else text
            for kind, text in _pieces(self._environment(), self.source)
        ]
        try:
            quote_values("".join(parts))
        except UnsafePlaceError as error:
            return str(error)
        return None

    def _with_included(self, seen: set[str | None]) -> Iterator[Text]:
        """Return this text, the templates that it includes, and those that they include, each
        once.
        """
        from jinja2 import meta

        yield self
        if self.path is None or self._constant:
            return
        for name in meta.find_referenced_templates(self._parsed()):
            path = os.path.join(os.path.dirname(self.path), name or "")
            if name is not None and path not in seen:
                seen.add(path)
                yield from Text.from_file(path, name)._with_included(seen)

    def _parsed(self) -> nodes.Template:
        return self._environment().parse(self.source, filename=self._filename)

    @property
    def _filename(self) -> str:
        return self.path or self.where

    def _environment(self) -> jinja2.Environment:
        finalize = _shell_word if self.shell else _marked if self.expanded else _written
        return _environment(
            finalize, None if self.path is None else os.path.dirname(os.path.abspath(self.path))
        )

    def _compiled(self) -> jinja2.Template:
        return _compiled(self.source, self._filename, self._environment())


def context(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a template can name: each parameter, and all of them as ``params``. Where a
    sample starts cold, the neighbour's run directory is an empty text.
    """
    if params.get(neighbours.RUN_DIR, ...) is None:
        params = {**params, neighbours.RUN_DIR: ""}
    return {ALL: params, **params}


@functools.lru_cache(maxsize=64)
def _environment(finalize: Callable[[Any], Any], directory: str | None) -> jinja2.Environment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
        loader=None if directory is None else jinja2.FileSystemLoader(directory),
    )
    # a value in a shell command is quoted anyway
    environment.filters["quote"] = _written if finalize is _shell_word else _quoted
    environment.policies["json.dumps_function"] = _json
    environment.policies["json.dumps_kwargs"] = {}
    return environment


@functools.lru_cache(maxsize=256)
def _compiled(source: str, filename: str, environment: jinja2.Environment) -> jinja2.Template:
    code = environment.compile(source, filename, filename)
    return environment.template_class.from_code(environment, code, environment.make_globals(None))


def _written(value: Any) -> Any:
    """Return a value as it goes into a text: numpy's numbers and arrays like Python's, whole and
    exact.
    """
    if value is None:
        raise ValueError(
            "a value is None, which no input file means; give it with a default, such as {{ name or"
            " 0 }}"
        )
    if hasattr(value, "dtype"):
        return value.tolist() if getattr(value, "ndim", 0) else values.plain(value)
    return value


def _shell_word(value: Any) -> str:
    return fence(str(_written(value)))


def _marked(value: Any) -> str:
    return marked(str(_written(value)))


def _quoted(value: Any) -> str:
    return shlex.quote(str(_written(value)))


def _json(value: Any, **options: Any) -> str:
    return json.dumps(
        value,
        default=lambda item: item.tolist() if hasattr(item, "tolist") else str(item),
        **options,
    )


def _pieces(environment: jinja2.Environment, source: str) -> Iterator[tuple[str, str]]:
    """Split a template without blocks into text and variables."""
    inside = False
    for _, kind, text in environment.lex(source):
        if kind == "variable_begin":
            inside = True
            yield "variable", ""
        elif kind == "variable_end":
            inside = False
        elif kind == "data" and not inside:
            yield kind, text


def _optional_names(tree: nodes.Template) -> set[str]:
    from jinja2 import nodes

    tested = [
        test.node for test in tree.find_all(nodes.Test) if test.name in ("defined", "undefined")
    ]
    tested += [
        given.node
        for given in tree.find_all(nodes.Filter)
        if given.name in ("default", "d") and given.node is not None
    ]
    return {node.name for node in tested if isinstance(node, nodes.Name)}


def _looked_up_names(tree: nodes.Template) -> set[str]:
    """Name the parameters taken out of the mapping of all of them, as in ``params["my-name"]`` or
    ``params.x``.
    """
    from jinja2 import nodes

    def from_all(node: nodes.Expr) -> bool:
        return isinstance(node, nodes.Name) and node.name == ALL

    found = {
        str(item.arg.value)
        for item in tree.find_all(nodes.Getitem)
        if from_all(item.node) and isinstance(item.arg, nodes.Const)
    }
    return found | {
        item.attr
        for item in tree.find_all(nodes.Getattr)
        if from_all(item.node) and item.attr not in _METHODS
    }


def _uses_any(tree: nodes.Template) -> bool:
    """Tell whether a template may use any parameter: it takes the mapping of all of them otherwise
    than by a name.
    """
    from jinja2 import nodes

    whole = sum(node.name == ALL for node in tree.find_all(nodes.Name))
    attributes = (item.node for item in tree.find_all(nodes.Getattr) if item.attr not in _METHODS)
    items = (
        item.node for item in tree.find_all(nodes.Getitem) if isinstance(item.arg, nodes.Const)
    )
    by_name = sum(
        isinstance(node, nodes.Name) and node.name == ALL for node in (*attributes, *items)
    )
    return whole > by_name
