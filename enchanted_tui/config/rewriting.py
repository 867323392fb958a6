"""Change values of a YAML text and leave all else as it is: comments, order, quotes, line ends.

What is to be changed follows from comparing the values of the text with those wanted. The result is
read back before it is given.
"""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.config.node_spans import TextSpan, spans
from enchanted_tui.config.problems import ConfigError, Path, key_text
from enchanted_tui.config.scan import Scan, lines_of
from enchanted_tui.config.source import read_document
from enchanted_tui.config.tree import Map, plain
from enchanted_tui.config.yaml_text import TypedNumber, dump, one_line
from enchanted_tui.errors import UserError

_INDENT = 2
_LONGEST = 80  #: characters of a mapping or list that stands behind its key


class CannotRewriteError(UserError):
    """A text in which something cannot be changed without touching what is to stay."""


def rewritten(text: str, wanted: Mapping[Any, Any]) -> str:
    """Return a configuration's text with the values that are `wanted`, as plain mappings, lists and
    scalars, numbers as TypedNumber where their spelling matters.

    Raises ConfigError if the text cannot be read, CannotRewriteError if it cannot be changed so.
    """
    document, _ = read_document(text, "")
    rewriter = _Rewriter(text)
    rewriter.change(spans(text), document.root, _unshared(wanted), ())
    changed = rewriter.result()
    if not _says(changed, wanted):
        raise CannotRewriteError(
            "the file is written in a way that cannot be changed here without changing more than"
            " was meant; edit its text"
        )
    return changed


def _says(text: str, wanted: Mapping[Any, Any]) -> bool:
    try:
        found, problems = read_document(text, "")
    except ConfigError:
        return False
    return not problems and _same(plain(found.root), _as_read(wanted))


class _Rewriter:
    """Collects what is to be replaced."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []
        self._break = "\r\n" if "\r\n" in text else "\n"

    def result(self) -> str:
        """Return the text with all that has been collected."""
        parts, position = [], 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[0]):
            parts += [self._text[position:start], new]
            position = max(position, end)
        return "".join([*parts, self._text[position:]])

    def change(self, span: TextSpan, old: Any, new: Any, path: Path) -> None:
        """Make the value at a path another one, piece by piece where it is a mapping or list."""
        if _same(plain(old), _as_read(new)):
            return
        if any(key.kind == "alias" or self._written(key) == "<<" for key in span.keys):
            raise CannotRewriteError(
                f"{key_text(path)} takes keys of another mapping (<<), which cannot be changed"
                " here; edit the text"
            )
        if span.is_shared:
            raise CannotRewriteError(
                f"{key_text(path)} is shared with other places (anchor {span.anchor}), which cannot"
                " be changed here; edit the text"
            )
        if span.kind == "map" and isinstance(new, Mapping) and len(old) == len(span.keys):
            self._change_map(span, old, new, path)
        elif span.kind == "seq" and isinstance(new, list):
            self._change_list(span, old, new, path)
        else:
            raise CannotRewriteError(f"{key_text(path)} cannot be changed here; edit the text")

    # -- mappings ----------------------------------------------------------------------------------

    def _change_map(self, span: TextSpan, old: Map, new: Mapping[Any, Any], path: Path) -> None:
        keys = list(old)
        places = {key: index for index, key in enumerate(keys)}
        kept = _in_both(keys, list(new))
        gone = {places[key] for key in keys if key not in kept}
        for key in keys:
            if key in kept:
                self._change_entry(span, places[key], old[key], new[key], (*path, key))
            else:
                self._remove(span, places[key], gone)
        before: int | None = None
        for key in new:
            if key in kept:
                before = places[key]
            elif before is not None:
                self._insert(span, before, {key: new[key]})
            else:
                first = min(places[key] for key in kept)
                self._insert_before(span, first, {key: new[key]})

    def _change_entry(self, span: TextSpan, index: int, old: Any, new: Any, path: Path) -> None:
        """Change the value of a key: inside it where that is possible, or as a whole."""
        value = span.values[index]
        if _same(plain(old), _as_read(new)):
            return
        if value.is_shared or _goes_on_inside(value, old, new):
            self.change(value, old, new, path)
            return
        key = span.keys[index]
        colon = self._text.index(":", key.end)
        if span.is_flow:
            self._replace(colon + 1, max(value.end, colon + 1), f" {_in_brackets(new)}")
            return
        self._replace_in_block(key, colon, value, new)

    def _replace_in_block(self, key: TextSpan, colon: int, value: TextSpan, new: Any) -> None:
        """Replace the whole value of a key; comments in it come before the key."""
        written = _indented(_value_text(new), key.column).lstrip(" ")
        written = written if written.startswith("\n") else f" {written}"
        between = self._text[colon + 1 : value.start] if value.end > value.start else ""
        if "\n" not in between:
            self._replace(colon + 1, max(value.end, colon + 1), written)
            lost = self._comments(value.start, value.end)
        else:
            lost = self._comments(colon + 1, value.end)
            self._replace(colon + 1, value.end, written)
        begin = self._line_start(key.start)
        if lost and not self._text[begin : key.start].strip():
            above = "".join(f"{' ' * key.column}{comment}\n" for comment in lost)
            self._replace(begin, begin, above)

    def _comments(self, start: int, end: int) -> list[str]:
        """Return the comments of a piece of the text that is no text behind ``|``."""
        piece = self._text[start:end]
        if "#" not in piece or "\n" not in piece:
            return []
        first = self._text.count("\n", 0, start)
        last = first + piece.count("\n")
        scan = Scan(lines_of(self._text))
        return [
            scan.lines[line][token.start : token.end]
            for line in range(first, last + 1)
            for token in scan.tokens(line)
            if token.kind == "comment" and line < last
        ]

    def _insert(self, span: TextSpan, before: int, entry: Mapping[Any, Any] | list[Any]) -> None:
        """Put an entry of a mapping, or an item of a list, behind another one."""
        anchor = span.values[before]
        behind = max(anchor.end, span.keys[before].end if span.keys else anchor.end)
        if span.is_flow:
            # an entry without a value ends behind its colon
            self._replace(behind, behind, f", {one_line(entry)[1:-1]}")
            return
        column = span.keys[0].column if span.keys else span.column
        end = self._line_end(behind)
        self._replace(end, end, f"\n{_indented(_entry_text(entry), column)}")

    def _insert_before(
        self, span: TextSpan, index: int, entry: Mapping[Any, Any] | list[Any]
    ) -> None:
        """Put an entry of a mapping, or an item of a list, before another one."""
        head = (span.keys or span.values)[index]
        if span.is_flow:
            self._replace(head.start, head.start, f"{one_line(entry)[1:-1]}, ")
            return
        column = span.keys[0].column if span.keys else span.column
        begin = self._line_start(head.start)
        lead = self._text[begin : head.start]
        if span.keys and "-" in lead and not lead.replace("-", " ").strip():
            # behind the dash of a list: what was first there comes in a line of its own
            written = _indented(_entry_text(entry), column).lstrip(" ")
            self._replace(head.start, head.start, f"{written}\n{' ' * column}")
            return
        if lead.replace("-", "", 0 if span.keys else 1).strip():
            raise CannotRewriteError(
                "nothing can be put before the first entry behind a dash here; edit the text"
            )
        self._replace(begin, begin, f"{_indented(_entry_text(entry), column)}\n")

    def _remove(self, span: TextSpan, index: int, gone: Collection[int]) -> None:
        """Remove an entry of a mapping, or an item of a list; `gone` are all that are removed."""
        heads = span.keys or span.values
        start, end = heads[index].start, max(heads[index].end, span.values[index].end)
        if span.is_flow:
            if any(later not in gone for later in range(index + 1, len(heads))):
                self._replace(start, heads[index + 1].start, "")
            else:
                self._replace(span.values[index - 1].end, end, "")
            return
        begin = self._line_start(start)
        lead = self._text[begin:start]
        end = self._line_end(end)
        if span.kind == "seq":
            lead = lead.replace("-", "", 1)
        if lead.strip():  # it stands behind the dash of a list: the next one takes its place
            if index + 1 >= len(heads):
                raise CannotRewriteError("an item of a list cannot be emptied here; edit the text")
            self._replace(start, heads[index + 1].start, "")
            return
        self._replace(begin, min(end + len(self._break), len(self._text)), "")

    # -- lists -------------------------------------------------------------------------------------

    def _change_list(
        self, span: TextSpan, old: Sequence[Any], new: Sequence[Any], path: Path
    ) -> None:
        """Change a list: items at its beginning and end that stay the same are left alone, those
        between are changed one by one, and what is over is removed or put in.
        """
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        olds, news = len(old) - head - tail, len(new) - head - tail
        shared = min(olds, news)
        for index in range(head, head + shared):
            self._change_item(span, index, old[index], new[index], (*path, index))
        gone = range(head + shared, head + olds)
        for index in gone:
            self._remove(span, index, gone)
        behind = head + shared - 1
        for item in new[head + shared : head + news]:
            if behind < 0:
                self._insert_before(span, 0, [item])
            else:
                self._insert(span, behind, [item])

    def _change_item(self, span: TextSpan, index: int, old: Any, new: Any, path: Path) -> None:
        value = span.values[index]
        if _same(plain(old), _as_read(new)):
            return
        if value.is_shared or _goes_on_inside(value, old, new):
            self.change(value, old, new, path)
        else:
            written = _in_brackets(new) if span.is_flow else one_line(new)
            self._replace(value.start, value.end, written)

    # -- the text ----------------------------------------------------------------------------------

    def _replace(self, start: int, end: int, new: str) -> None:
        self._edits.append((start, end, new.replace("\n", self._break)))

    def _written(self, span: TextSpan) -> str:
        return self._text[span.start : span.end]

    def _line_start(self, position: int) -> int:
        return self._text.rfind("\n", 0, position) + 1

    def _line_end(self, position: int) -> int:
        end = self._text.find("\n", position)
        if end < 0:
            return len(self._text)
        return end - 1 if end > position and self._text[end - 1] == "\r" else end


def _goes_on_inside(span: TextSpan, old: Any, new: Any) -> bool:
    """Tell whether only parts of a value change, so that the rest of it is left alone."""
    if span.kind == "map" and isinstance(new, Mapping):
        return len(old) == len(span.keys) and any(key in new for key in old)
    return span.kind == "seq" and isinstance(new, list) and bool(old) and bool(new)


def _in_both(old: list[Any], new: list[Any]) -> set[Any]:
    """Return keys that both have in the same order; what is in another order comes anew."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return {
        key for start, _, size in matcher.get_matching_blocks() for key in old[start : start + size]
    }


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many items at the beginning are the same."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if not _same(plain(left), _as_read(right)):
            break
        count += 1
    return count


def _entry_text(entry: Mapping[Any, Any] | list[Any]) -> str:
    """Return one entry of a mapping, or one item of a list, as lines of a block."""
    if isinstance(entry, Mapping):
        [(key, value)] = entry.items()
        written = _value_text(value)
        return f"{one_line(key)}:{written if written.startswith(chr(10)) else ' ' + written}"
    return f"- {one_line(entry[0])}"


def _value_text(value: Any) -> str:
    """Return a value as it stands behind its key at the left margin: in the same line, or in lines
    of its own that begin with a line break.
    """
    if isinstance(value, str) and "\n" in value:
        return dump({"k": value}).removeprefix("k: ").rstrip("\n")
    if isinstance(value, dict | list) and value:
        text = dump(value).rstrip("\n")
        if "\n" in text or len(text) > _LONGEST or text[0] not in "{[":
            return "\n" + _indented(text, _INDENT)
        return text
    return one_line(value)


def _in_brackets(value: Any) -> str:
    """Return a value as it is written inside brackets, where more signs need quotes."""
    return one_line([value])[1:-1]


def _indented(text: str, column: int) -> str:
    return textwrap.indent(text, " " * column)


def _unshared(value: Any) -> Any:
    """Return values of which no mapping or list stands in two places: as such it would be written
    with an anchor.
    """
    if isinstance(value, Mapping):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _as_read(value: Any) -> Any:
    """Return wanted values as they will be read."""
    if isinstance(value, TypedNumber):
        return value.value
    if isinstance(value, Mapping):
        return {key: _as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_read(item) for item in value]
    return value


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, with types and order; NaN is the same as NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        pairs: Iterator[tuple[Any, Any]] = zip(one, other, strict=False)
        return len(one) == len(other) and all(_same(*pair) for pair in pairs)
    return bool(one == other) or (one != one and other != other)
