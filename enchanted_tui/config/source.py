"""YAML text to a tree that knows where everything stands.

The events of the YAML parser are composed here rather than by its own composer, which gives no
place for an alias, keeps only the last of two equal keys and overflows the stack of the process on
deep nesting.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from enchanted_tui.config import syntax
from enchanted_tui.config.problems import ConfigError, Path, Problem, key_text, shortened
from enchanted_tui.config.tree import Document, Map, Seq, TextPlace, measure
from enchanted_tui.config.yaml_text import EXPONENT, EXPONENT_SIGNS, TAG

#: More values than this, aliases expanded, are taken for an alias bomb.
MAX_VALUES = 1_000_000
#: Deeper nesting is refused.
MAX_DEPTH = 100
_TOO_DEEP = f"the nesting is deeper than {MAX_DEPTH} levels"

_TAG = TAG
_QUOTED = ("'", '"', "|", ">")
_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE
_ParserBase: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Parser(_ParserBase):  # type: ignore[misc]
    """Gives events, and the types of plain scalars."""


_Parser.add_implicit_resolver(_TAG + "float", EXPONENT, list(EXPONENT_SIGNS))
_constructor = SafeConstructor()
_CONSTRUCT = {
    _TAG + "null": _constructor.construct_yaml_null,
    _TAG + "bool": _constructor.construct_yaml_bool,
    _TAG + "int": _constructor.construct_yaml_int,
    _TAG + "float": _constructor.construct_yaml_float,
    _TAG + "timestamp": _constructor.construct_yaml_timestamp,
    _TAG + "binary": _constructor.construct_yaml_binary,
    _TAG + "str": _constructor.construct_yaml_str,
    _TAG + "value": _constructor.construct_yaml_str,  # a lone equals sign
}


def read_document(text: str, file: str) -> tuple[Document, list[Problem]]:
    """Read a YAML mapping. Raises ConfigError if there is no reading it; other problems come with
    the document.
    """
    reader = _Reader(text, file)
    root = reader.read()
    if root is None:
        raise ConfigError(
            [
                *reader.problems,
                Problem(
                    "error", file, 1, 1, "", "the file is empty; it needs the keys of a campaign"
                ),
            ]
        )
    if not isinstance(root, Map):
        what = "a list" if isinstance(root, Seq) else "a single value"
        message = f"expected a mapping of keys to values at the top, found {what}"
        if re.match(r"\s*[\w.-]+:\S", text):
            message += "; a key needs a space after its ':'"
        raise ConfigError([*reader.problems, Problem("error", file, 1, 1, "", message)])
    return Document(file, root), reader.problems


def read_value(text: str, file: str) -> Any:
    """Read one YAML value, such as that of an override. Raises ConfigError."""
    reader = _Reader(text, file)
    value = reader.read()
    if reader.problems:
        raise ConfigError(reader.problems)
    return value


def events(text: str) -> Iterator[Any]:
    """Give the events of the YAML parser for a text that can be read."""
    yield from yaml.parse(text, Loader=_Parser)


class _Reader:
    """Composes one document."""

    def __init__(self, text: str, file: str) -> None:
        self.problems: list[Problem] = []
        self._file, self._text = file, text
        self._lines = text.count("\n") + (not text.endswith("\n")) or 1
        self._anchors: dict[str, tuple[Any, str | None, bool]] = {}
        self._open_anchors: set[str] = set()
        self._path: list[Any] = []

    def read(self) -> Any:
        odd = _UNPRINTABLE.search(self._text)
        if odd is not None:
            line, column = _line_and_column(self._text, odd.start())
            self._stop(
                line, column, f"the character {odd.group()!r} is not allowed in YAML; remove it"
            )
        self._parser = _Parser(self._text)
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            self._stop(*self._syntax_problem(error))
        finally:
            self._parser.dispose()

    def _document(self) -> Any:
        self._next()  # the start of the stream
        if isinstance(self._parser.peek_event(), yaml.StreamEndEvent):
            return None
        self._next()  # the start of the document
        value, _ = self._node(0)
        self._next()
        after = self._parser.peek_event()
        if not isinstance(after, yaml.StreamEndEvent):
            self._stop(
                *_at(after),
                "a second document starts here; a configuration is one, so remove what follows this"
                " '---'",
            )
        count, height = measure(value)
        if count > MAX_VALUES:
            self._stop(
                1,
                1,
                f"there are more than {MAX_VALUES:,} values once aliases are expanded; write fewer"
                " aliases of aliases",
            )
        if height > MAX_DEPTH:
            self._stop(
                1,
                1,
                f"the nesting is deeper than {MAX_DEPTH} levels once aliases are expanded; write"
                " fewer aliases of aliases",
            )
        return value

    def _next(self) -> Any:
        return self._parser.get_event()

    # -- nodes -------------------------------------------------------------------------------------

    def _node(self, depth: int) -> tuple[Any, TextPlace]:
        """Read the next value with the place that it has as an item of a list."""
        event = self._next()
        line, column = _at(event)
        if isinstance(event, yaml.AliasEvent):
            value, text, quoted = self._aliased(event)
            return value, TextPlace(line, column, line, column, text, quoted)
        if depth > MAX_DEPTH:
            self._stop(line, column, _TOO_DEEP)
        if event.anchor is not None:
            self._open_anchors.add(event.anchor)
        place = TextPlace(line, column, line, column)
        if isinstance(event, yaml.ScalarEvent):
            value, place = self._scalar(event, place)
        else:
            is_map = isinstance(event, yaml.MappingStartEvent)
            if event.tag not in (None, "!", _TAG + ("map" if is_map else "seq")):
                place = self._refuse_tag(event.tag, place)
            value = self._mapping(depth) if is_map else self._sequence(depth)
        if event.anchor is not None:
            self._open_anchors.discard(event.anchor)
            self._anchors[event.anchor] = value, place.text, place.quoted
        return value, place

    def _aliased(self, event: Any) -> tuple[Any, str | None, bool]:
        if event.anchor in self._open_anchors:
            self._stop(*_at(event), f"the alias *{event.anchor} stands inside what it refers to")
        if event.anchor not in self._anchors:
            known = (
                f"; there are {', '.join('&' + name for name in self._anchors)}"
                if self._anchors
                else ""
            )
            self._stop(*_at(event), f"there is no anchor &{event.anchor} above{known}")
        return self._anchors[event.anchor]

    def _scalar(self, event: Any, place: TextPlace) -> tuple[Any, TextPlace]:
        quoted = event.style in _QUOTED
        place = place._replace(text=event.value, quoted=quoted)
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._parser.resolve(
                yaml.ScalarNode, event.value, event.implicit if tag is None else (False, True)
            )
        construct = _CONSTRUCT.get(tag)
        if construct is None:
            if tag == _TAG + "merge":
                return event.value, place
            return None, self._refuse_tag(tag, place)
        try:
            value = construct(yaml.ScalarNode(tag, event.value))
        except (ValueError, OverflowError, KeyError, yaml.YAMLError):
            kind = tag.removeprefix(_TAG)
            self._report(
                place.line,
                place.column,
                f"{shortened(repr(event.value))} cannot be read as a {kind}; put it in quotes if it"
                " is text",
            )
            return None, place._replace(broken=True)
        if isinstance(value, float) and math.isinf(value) and "inf" not in event.value.lower():
            return event.value, place  # such as a commit id 123e4567
        return value, place

    def _sequence(self, depth: int) -> Seq:
        found = Seq()
        while not isinstance(self._parser.peek_event(), yaml.SequenceEndEvent):
            self._path.append(len(found))
            value, found.places[len(found)] = self._node(depth + 1)
            self._path.pop()
            found.append(value)
        self._next()
        return found

    def _mapping(self, depth: int) -> Map:
        own = Map()
        merged: list[Map] = []
        while not isinstance(self._parser.peek_event(), yaml.MappingEndEvent):
            key_event = self._parser.peek_event()
            is_merge = (
                isinstance(key_event, yaml.ScalarEvent)
                and key_event.value == "<<"
                and key_event.style not in _QUOTED
            )
            key, key_place = self._node(depth + 1)
            self._path.append(key if not isinstance(key, dict | list) else "?")
            value, place = self._node(depth + 1)
            self._path.pop()
            place = place._replace(
                key_line=key_place.line, key_column=key_place.column, key=key_place.text
            )
            if is_merge:
                merged += self._merged(value, place)
            else:
                self._put(own, key, value, place)
        self._next()
        return _with_merged(own, merged) if merged else own

    def _put(self, own: Map, key: Any, value: Any, place: TextPlace) -> None:
        line, column = place.key_line, place.key_column
        if isinstance(key, dict | list):
            self._report(
                line,
                column,
                "a key must be a single value, not a list or a mapping; put text such as '{x}' in"
                " quotes",
            )
            return
        earlier = own.places.get(key)
        if earlier is not None:
            message = (
                f"this key is given twice, first in line {earlier.key_line}; remove one of them"
            )
            self._report(line, column, message, below=(key,))
        own[key] = value
        own.places[key] = place

    def _merged(self, value: Any, place: TextPlace) -> list[Map]:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, Map) for source in sources):
            self._report(
                place.line,
                place.column,
                "'<<' takes a mapping or a list of mappings, such as <<: *defaults",
                below=("<<",),
            )
            return []
        return list(sources)

    # -- problems ----------------------------------------------------------------------------------

    def _refuse_tag(self, tag: str, place: TextPlace) -> TextPlace:
        shown = tag.replace(_TAG, "!!") if tag.startswith(_TAG) else tag
        self._report(
            place.line,
            place.column,
            f"the tag {shortened(shown)!r} is not allowed; a configuration holds plain values only",
        )
        return place._replace(broken=True)

    def _report(self, line: int, column: int, message: str, *, below: Path = ()) -> None:
        self.problems.append(
            Problem("error", self._file, line, column, key_text((*self._path, *below)), message)
        )

    def _stop(self, line: int, column: int, message: str) -> Any:
        self._path.clear()
        self._report(min(line, self._lines), column, message)
        raise ConfigError(self.problems)

    def _syntax_problem(self, error: yaml.MarkedYAMLError) -> tuple[int, int, str]:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        # libyaml has a limit of its own, and reads ahead of the events
        if "maximum nesting depth" in (error.problem or ""):
            return line, column, _TOO_DEEP
        rows = self._text.splitlines()
        if line > len(rows):
            line, column = max(1, len(rows)), len(rows[-1]) + 1 if rows else 1
        row = rows[line - 1] if rows else ""
        if "\t" in row[: len(row) - len(row.lstrip())] or row[column - 1 : column] == "\t":
            return (
                line,
                row.index("\t") + 1,
                "a tab stands where YAML allows only spaces; indent with spaces",
            )
        line, column, sentence = syntax.meaning(error, rows, line, column)
        return line, column, f"not valid YAML: {sentence}"


def _with_merged(own: Map, merged: list[Map]) -> Map:
    """Return a mapping with the keys it takes from others: its own come first, then those of the
    earlier one.
    """
    whole = Map()
    for source in [*reversed(merged), own]:
        whole.update(source)
        whole.places.update(source.places)
    return whole


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _at(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1) + 1
