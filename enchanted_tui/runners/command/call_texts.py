"""Texts with placeholders for a call with many samples: loops over them are rendered sample by
sample, on the supervisor's side, before it is known which samples come together.

    {% for sample in samples %}
    {{ sample.x }} {{ sample.y }}
    {% endfor %}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from enchanted_tui.runners.command.call_files import COUNT, INDEX, INDEX0, LoopText
from enchanted_tui.runners.command.rendering import Text, context
from enchanted_tui.runners.command.shell import quote_values
from enchanted_tui.runners.command.template_errors import ALL, failed_rendering
from enchanted_tui.runners.failure import SampleFailed

if TYPE_CHECKING:
    from typing import TypeGuard

    import jinja2
    from jinja2 import nodes

SAMPLES, LOOP = "samples", "loop"
_FIRST, _LAST = "enchanted_is_first", "enchanted_is_last"
_PLACES = {"index": INDEX, "index0": INDEX0, "length": COUNT}
_USES = (
    "samples can be looped over, by {% for sample in samples %} that stands in no other block, and"
    " counted, by {{ samples | length }}"
)


class _Loop(NamedTuple):
    """A loop over the samples: the name that each has in it, and what is rendered for each."""

    name: str
    body: jinja2.Template
    knows_ends: bool  #: whether it asks for the first or the last sample


class CallText(Text):
    """A text for all samples of a call. Outside of its loops it knows of no sample's parameters."""

    _parts: list[str | _Loop] | None = None

    @classmethod
    def of(cls, text: Text) -> CallText:
        """Return an ordinary text as one of a call."""
        made = cls(text.source, text.where, text.path)
        made.shell, made.expanded = text.shell, text.expanded
        return made

    def segments(self) -> list[str | int]:
        """Return what is the same for all samples, with a number where each adds its own, see
        `call_files`. Raises SampleFailed, kind ``prepare``.
        """
        found: list[str | int] = []
        loops = 0
        for part in self._split():
            if isinstance(part, str):
                found.append(part)
            else:
                found.append(loops)
                loops += 1
        return found

    def constant(self) -> str:
        """Return a text without loops. Raises SampleFailed, kind ``prepare``."""
        text = "".join(part for part in self._split() if isinstance(part, str))
        return quote_values(text) if self.shell else text

    def of_sample(self, params: Mapping[str, Any]) -> list[LoopText]:
        """Return what a sample adds in each loop. Raises SampleFailed, kind ``prepare``."""
        return [
            self._for_sample(loop, params)
            for loop in self._split()
            if not isinstance(loop, str)
        ]  # fmt: skip

    def _for_sample(self, loop: _Loop, params: Mapping[str, Any]) -> LoopText:
        ends = ((False, False), (True, False), (False, True), (True, True))
        named = context(params)[ALL]
        try:
            texts = [
                loop.body.render({loop.name: named, _FIRST: first, _LAST: last})
                for first, last in (ends if loop.knows_ends else ends[:1])
            ]
        # whatever a template's expression raises is a fact about this sample
        except Exception as error:  # noqa: BLE001
            raise self._failed(error, params) from None
        return texts if loop.knows_ends else texts[0]

    def _split(self) -> list[str | _Loop]:
        """Return the parts of the text, the constant ones rendered."""
        if self._parts is None:
            try:
                self._parts = list(self._rendered_parts())
            except Exception as error:  # noqa: BLE001 - the same
                raise self._failed(error, {}) from None
        return self._parts

    def _failed(self, error: Exception, names: Mapping[str, Any]) -> SampleFailed:
        path, line, sentence = failed_rendering(
            error, names, self._environment(), self._is_template
        )
        del path
        place = self.where if line is None else f"{self.where}, line {line}"
        return SampleFailed(f"{place}: {sentence}", "prepare")

    def _rendered_parts(self) -> Iterator[str | _Loop]:
        if self._constant:
            yield self.source
            return
        for name, definitions, part in self._tree_parts():
            if name is None:
                yield self._template([*definitions, *part]).render()
            else:
                names = _names_in(part)
                body = self._template([*definitions, *part])
                yield _Loop(name, body, bool(names & {_FIRST, _LAST}))

    def _tree_parts(self) -> Iterator[tuple[str | None, list[nodes.Node], list[nodes.Node]]]:
        """Yield, for each part, the name of a sample if it is a loop, what the text has defined
        before, and what it holds.
        """
        from jinja2 import nodes

        definitions: list[nodes.Node] = []
        plain: list[nodes.Node] = []
        for node in self._parsed().body:
            if _is_loop(node):
                yield None, list(definitions), plain
                definitions += [item for item in plain if isinstance(item, _defining())]
                plain = []
                assert isinstance(node.target, nodes.Name)
                yield node.target.name, list(definitions), [_placed(item) for item in node.body]
            else:
                plain.append(_placed(node, in_loop=False))
        yield None, definitions, plain

    def _template(self, body: list[nodes.Node]) -> jinja2.Template:
        from jinja2 import nodes

        environment = self._environment()
        tree = nodes.Template(body, lineno=1)
        tree.set_environment(environment)
        code = environment.compile(tree, self._filename, self._filename)
        return environment.template_class.from_code(
            environment, code, environment.make_globals(None)
        )

    # -- before anything runs ----------------------------------------------------------------------

    def has_loop(self) -> bool:
        return not self._constant and any(map(_is_loop, self._parsed().body))

    def says(self, place: str) -> bool:
        """Return whether a loop tells the place of each sample, INDEX or INDEX0."""
        from jinja2 import nodes

        return not self._constant and any(
            item.value == place
            for name, _, part in self._tree_parts()
            if name is not None
            for top in part
            for item in _all(top, nodes.Const)
        )

    def problem(self) -> str | None:
        """Say what is wrong with the text, or None."""
        from jinja2 import nodes

        found = super().problem()
        if found is not None or self._constant:
            return found
        for node in self._parsed().body:
            if _is_loop(node) and (
                not isinstance(node.target, nodes.Name) or node.test or node.else_ or node.recursive
            ):
                return "a loop over samples has a plain name for each, and neither if nor else"
        for name, _, part in self._tree_parts():
            free = _undeclared(self, part)
            if SAMPLES in free:
                return _USES
            if LOOP in free and name is not None:
                return "of loop, a loop over samples has index, index0, length, first and last"
        outside = self.outside_names()
        if outside:
            return (
                f"{sorted(outside)[0]!r} stands outside of a loop over the samples, and with batch"
                " there are many: write {% for sample in samples %}, {{ sample.NAME }} and"
                " {% endfor %}"
            )
        return None

    def outside_names(self) -> set[str]:
        """Name what the text uses where no sample is meant."""
        if self._constant:
            return set()
        found: set[str] = set()
        for name, definitions, part in self._tree_parts():
            found |= _undeclared(self, [*definitions, *part]) - {name, _FIRST, _LAST, SAMPLES, LOOP}
        return found

    def required_names(self) -> set[str]:
        return {name for loop in self._attributes() for name in loop.required}

    def used_names(self) -> set[str] | None:
        found: set[str] = set()
        for loop in self._attributes():
            if loop.any:
                return None
            found |= loop.named
        return found

    def _attributes(self) -> Iterator[_Used]:
        if not self._constant:
            for name, _, part in self._tree_parts():
                if name is not None:
                    yield _used(name, part)


class _Used(NamedTuple):
    """What a loop uses of a sample: parameters by name, those it cannot do without, or any."""

    named: set[str]
    required: set[str]
    any: bool


def _used(sample: str, part: list[nodes.Node]) -> _Used:
    from jinja2 import nodes

    named: set[str] = set()
    optional: set[str] = set()
    by_name = whole = 0
    for top in part:
        for node in _all(top, nodes.Node):
            if isinstance(node, nodes.Name) and node.name == sample:
                whole += 1
            found = _parameter(node, sample)
            if found is not None:
                named.add(found)
                by_name += 1
            if isinstance(node, nodes.Filter) and node.name in ("default", "d"):
                optional.add(_parameter(node.node, sample) or "")
            if isinstance(node, nodes.Test) and node.name in ("defined", "undefined"):
                optional.add(_parameter(node.node, sample) or "")
    return _Used(named, named - optional, whole > by_name)


def _parameter(node: Any, sample: str) -> str | None:
    """Return the parameter that ``sample.x`` or ``sample["x"]`` names."""
    from jinja2 import nodes

    if not isinstance(node, (nodes.Getattr, nodes.Getitem)) or not (
        isinstance(node.node, nodes.Name) and node.node.name == sample
    ):
        return None
    if isinstance(node, nodes.Getattr):
        return None if hasattr(dict, node.attr) else node.attr
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else None


def _is_loop(node: nodes.Node) -> TypeGuard[nodes.For]:
    from jinja2 import nodes

    return (
        isinstance(node, nodes.For)
        and isinstance(node.iter, nodes.Name)
        and node.iter.name == SAMPLES
    )


def _defining() -> tuple[type, ...]:
    from jinja2 import nodes

    return nodes.Assign, nodes.AssignBlock, nodes.Macro, nodes.Import, nodes.FromImport


def _all(top: nodes.Node, kind: type) -> Iterator[Any]:
    if isinstance(top, kind):
        yield top
    yield from top.find_all(kind)


def _names_in(part: list[nodes.Node]) -> set[str]:
    from jinja2 import nodes

    return {node.name for top in part for node in _all(top, nodes.Name)}


def _undeclared(text: CallText, part: list[nodes.Node]) -> set[str]:
    from jinja2 import meta, nodes

    tree = nodes.Template(part, lineno=1)
    tree.set_environment(text._environment())
    return set(meta.find_undeclared_variables(tree))


def _placed(node: nodes.Node, *, in_loop: bool = True) -> nodes.Node:
    """Return a node with marks for what is known on the worker alone."""
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    class Placing(NodeTransformer):
        def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802 - as Jinja calls it
            if (
                node.name in ("length", "count")
                and isinstance(node.node, nodes.Name)
                and node.node.name == SAMPLES
            ):
                return nodes.Const(COUNT, lineno=node.lineno)
            return self.generic_visit(node)

        # as Jinja calls it
        def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802
            of_loop = in_loop and isinstance(node.node, nodes.Name) and node.node.name == LOOP
            if of_loop and node.attr in _PLACES:
                return nodes.Const(_PLACES[node.attr], lineno=node.lineno)
            if of_loop and node.attr in ("first", "last"):
                name = _FIRST if node.attr == "first" else _LAST
                return nodes.Name(name, "load", lineno=node.lineno)
            return self.generic_visit(node)

        def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - as Jinja calls it
            node.iter = self.visit(node.iter)  # in its body, loop is its own
            return node

    placed: nodes.Node = Placing().visit(node)
    return placed
