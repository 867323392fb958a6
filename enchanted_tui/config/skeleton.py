"""The tree of a configuration that may be half typed, and where in it the cursor stands. Lines and
columns count from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from enchanted_tui.config.problems import Path
from enchanted_tui.config.scan import Scan, Token

_SCALARS = ("text", "quoted", "number", "constant")


@dataclass
class YamlNode:
    """A key with its value, or an item of a list."""

    key: str | int
    line: int
    column: int
    value: str | None = None  #: a scalar without its quotes
    children: list[YamlNode] = field(default_factory=list)
    is_list: bool = False
    anchor: str | None = None
    alias: str | None = None  #: the value is what this anchor has
    is_merge: bool = False  #: ``<<``

    def child(self, key: str | int) -> YamlNode | None:
        """Return the last child of that key, which is the one a half-typed copy stands for."""
        return next((child for child in reversed(self.children) if child.key == key), None)


@dataclass(frozen=True)
class Skeleton:
    """The tree and its anchors."""

    root: YamlNode
    anchors: dict[str, YamlNode]

    def find(self, path: Path) -> YamlNode | None:
        """Return the node at a path, through aliases and merge keys; None if there is none."""
        node: YamlNode | None = self.root
        for key in path:
            node = self.get(node, key) if node is not None else None
        return node

    def get(self, node: YamlNode, key: str | int) -> YamlNode | None:
        """Return a child, own ones before those merged in."""
        return next((child for child in self.children(node) if child.key == key), None)

    def children(self, node: YamlNode) -> Iterator[YamlNode]:
        """Return what a node holds, through its alias and its merge keys, the nearest first."""
        yield from self._children(node, 0)

    def _children(self, node: YamlNode, depth: int) -> Iterator[YamlNode]:
        if depth > 20:  # an alias inside what it refers to
            return
        target = self.anchors.get(node.alias) if node.alias is not None else None
        if target is not None:
            yield from self._children(target, depth + 1)
        yield from (child for child in reversed(node.children) if not child.is_merge)
        for merge in node.children:
            if merge.is_merge:
                sources = merge.children if merge.is_list else [merge]
                for source in sources:
                    yield from self._children(source, depth + 1)


Part = Literal["key", "value", "either", "none"]


@dataclass(frozen=True)
class Cursor:
    """What stands at the cursor: a word of one line in the mapping, list or value at `path`."""

    path: (
        Path  #: of the mapping that the word would be a key of or, with part "value", of the value
    )
    #: "either" where a word without a colon may become a key or is a value; "none" in comments and
    #: texts
    part: Part
    word: str  #: from its beginning to its end, the cursor being in it or at its end
    start: int
    end: int
    in_flow: bool = False
    has_colon: bool = False  #: the word is a key already

    @property
    def subject(self) -> Path:
        """The path to explain: of the key at the cursor, or of the value."""
        return (*self.path, self.word) if self.part == "key" and self.word else self.path


def skeleton(scan: Scan) -> Skeleton:
    """Build the tree of a text."""
    builder = _Builder()
    for line in range(len(scan.lines)):
        builder.line(scan, line)
    return Skeleton(builder.root, builder.anchors)


def cursor_at(scan: Scan, line: int, column: int) -> Cursor:
    """Say what stands at a place of the text; a place outside of it is taken for the nearest one
    inside.
    """
    line = min(max(line, 0), len(scan.lines) - 1)
    text = scan.lines[line]
    column = min(max(column, 0), len(text))
    builder = _Builder()
    for above in range(_start(scan, line), line):
        builder.line(scan, above)
    builder.begin(scan, line)
    tokens = scan.tokens(line)
    for token in tokens:
        if token.start > column or (
            token.start == column and token.kind not in (*_SCALARS, "key", "alias")
        ):
            break
        if token.end >= column and _is_word(token, column):
            return _at_word(builder, token, text, tokens)
        builder.token(line, token, text)
    if scan.state(line).block and builder.is_text(text, column):
        return Cursor(builder.path, "none", "", column, column)
    return _at_gap(builder, line, column, text)


def _start(scan: Scan, line: int) -> int:
    """Return the last line, at or above `line`, that nothing above matters for: one with a key in
    its first column.
    """
    for number in range(line, -1, -1):
        tokens = scan.tokens(number)
        state = scan.state(number)
        if (
            tokens
            and tokens[0].kind == "key"
            and tokens[0].start == 0
            and not state.flow
            and not state.quote
        ):
            return number
    return 0


def _is_word(token: Token, column: int) -> bool:
    if token.kind in (*_SCALARS, "key", "alias"):
        return token.start <= column <= token.end
    return token.kind in ("comment", "block") and token.start < column


def _at_word(builder: _Builder, token: Token, text: str, tokens: tuple[Token, ...]) -> Cursor:
    word = text[token.start : token.end]
    place = (word, token.start, token.end)
    if token.kind in ("comment", "block"):
        return Cursor(builder.path, "none", "", token.end, token.end)
    if builder.in_flow:
        path, part = builder.flow_place(token.kind == "key")
        return Cursor(path, part, *place, in_flow=True, has_colon=token.kind == "key")
    if token.kind == "key":
        builder.leave(token.start)
        return Cursor(builder.path, "key", *place, has_colon=True)
    if any(other.kind == "key" and other.end <= token.start for other in tokens):
        return Cursor(builder.path, "value", *place)
    builder.leave(token.start)
    return Cursor(builder.path, "either", *place)


def _at_gap(builder: _Builder, line: int, column: int, text: str) -> Cursor:
    place = ("", column, column)
    if builder.in_flow:
        path, part = builder.flow_place(False)
        return Cursor(path, part, *place, in_flow=True)
    if builder.last_line == line and builder.is_after_key:
        return Cursor(builder.path, "value", *place)
    if builder.last_line != line or not text[:column].strip():
        builder.leave(column)
    return Cursor(builder.path, "either", *place)


class _Builder:
    """Reads tokens into a tree; what is open at any moment is the path of the place reached."""

    def __init__(self) -> None:
        self.root = YamlNode("", 0, -1)
        self.anchors: dict[str, YamlNode] = {}
        # with whether it is an item behind a dash
        self._open: list[tuple[YamlNode, bool]] = [(self.root, False)]
        # each open bracket's node, and the entry being read in it
        self._flow: list[tuple[YamlNode, YamlNode | None]] = []
        self.last_line = -1  # that had a token
        self.is_after_key = False

    @property
    def path(self) -> Path:
        """Where the reading has got to, not counting brackets."""
        return tuple(node.key for node, _ in self._open[1:])

    @property
    def in_flow(self) -> bool:
        return bool(self._flow)

    def line(self, scan: Scan, number: int) -> None:
        """Read a whole line."""
        self.begin(scan, number)
        text = scan.lines[number]
        for token in scan.tokens(number):
            self.token(number, token, text)

    def begin(self, scan: Scan, number: int) -> None:
        """Make ready for a line: brackets may have been given up."""
        if not scan.state(number).flow:
            self._flow.clear()

    def leave(self, column: int, *, is_dash: bool = False) -> None:
        """Close what a key or dash in this column does not belong to. A list may stand in the
        column of its key.
        """
        while len(self._open) > 1:
            node, is_item = self._open[-1]
            if node.column < column or (is_dash and node.column == column and not is_item):
                return
            self._open.pop()

    def is_text(self, line: str, column: int) -> bool:
        """Tell whether this column of a line without tokens is inside the text after ``|``."""
        return not line.strip() and column > self._open[-1][0].column

    def token(self, line: int, token: Token, text: str) -> None:
        """Read the next token of a line."""
        if token.kind in ("comment", "block"):
            return
        is_first, self.last_line = self.last_line != line, line
        read = text[token.start : token.end]
        if token.kind == "anchor":
            self._name_anchor(read[1:])
        elif self._flow or token.kind == "open":
            self._flow_token(line, token, read)
        elif token.kind == "dash":
            self.leave(token.start, is_dash=True)
            self._push(self._open[-1][0], line, token.start, is_item=True)
        elif token.kind == "key":
            self.leave(token.start)
            self._open.append((_add(self._open[-1][0], unquoted(read), line, token.start), False))
        elif not is_first or token.start > self._open[-1][0].column:
            self._scalar(self._open[-1][0], token, read)
        self.is_after_key = token.kind != "dash"

    def flow_place(self, is_key: bool) -> tuple[Path, Part]:
        """Return path and part of a word inside brackets."""
        path = list(self.path)
        for container, entry in self._flow[:-1]:
            path.append(entry.key if entry is not None else len(container.children) - 1)
        container, entry = self._flow[-1]
        if container.is_list and not is_key:
            return (*path, len(container.children) - (entry is not None)), "value"
        if entry is None or is_key:
            return tuple(path), "key"
        return (*path, entry.key), "value"

    # -- brackets ----------------------------------------------------------------------------------

    def _flow_token(self, line: int, token: Token, read: str) -> None:
        if token.kind == "open":
            self._open_bracket(line, token, is_list=read == "[")
            return
        container, entry = self._flow[-1]
        if token.kind == "close":
            self._flow.pop()
        elif token.kind == "key":
            self._flow[-1] = container, _add(container, unquoted(read), line, token.start)
        elif token.kind == "punctuation":
            if read == ",":
                self._flow[-1] = container, None
        else:
            if entry is None:
                key: str | int = len(container.children) if container.is_list else unquoted(read)
                entry = YamlNode(key, line, token.start)
                container.children.append(entry)
                self._flow[-1] = container, entry
                if not container.is_list:
                    return
            self._scalar(entry, token, read)

    def _open_bracket(self, line: int, token: Token, *, is_list: bool) -> None:
        if not self._flow:
            node = self._open[-1][0]
        else:
            container, entry = self._flow[-1]
            if entry is None:
                entry = YamlNode(len(container.children), line, token.start)
                container.children.append(entry)
                self._flow[-1] = container, entry
            node = entry
        node.is_list = is_list
        self._flow.append((node, None))

    # -- nodes -------------------------------------------------------------------------------------

    def _push(self, parent: YamlNode, line: int, column: int, *, is_item: bool) -> None:
        parent.is_list = True
        node = YamlNode(len(parent.children), line, column)
        parent.children.append(node)
        self._open.append((node, is_item))

    def _scalar(self, node: YamlNode, token: Token, read: str) -> None:
        if token.kind == "alias":
            node.alias = read[1:]
        elif token.kind in _SCALARS:
            node.value = unquoted(read) if node.value is None else f"{node.value} {read}"

    def _name_anchor(self, name: str) -> None:
        node: YamlNode | None = self._open[-1][0]
        if self._flow:
            # an item of brackets that begins with its anchor has no node yet
            node = self._flow[-1][1]
        if node is not None:
            node.anchor = name
            self.anchors[name] = node


def _add(parent: YamlNode, key: str, line: int, column: int) -> YamlNode:
    node = YamlNode(key, line, column, is_merge=key == "<<")
    parent.children.append(node)
    return node


def unquoted(text: str) -> str:
    """Return a scalar without its quotes."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1].replace('\\"', '"')
    return text
