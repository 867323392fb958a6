"""Lines of YAML to tokens, forgivingly: what is half typed has tokens too.

The parser in `source` decides what a configuration means; this scanner serves the editor, which
colours, outlines and completes text that is not valid yet. It works line by line with a small state
between lines, so that reading may begin at any line of which that is known (`nearby_scan`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

TokenKind = Literal[
    "key",
    "text",
    "quoted",
    "number",
    "constant",
    "block",
    "comment",
    "dash",
    "punctuation",
    "open",
    "close",
    "anchor",
    "alias",
    "tag",
]


class Token(NamedTuple):
    """A piece of one line: characters `start` to `end`, counted from 0."""

    kind: TokenKind
    start: int
    end: int


class State(NamedTuple):
    """What a line has to know of the lines above it."""

    flow: str = ""  #: the brackets that are open
    quote: str = ""  #: the quotation mark that is open
    block: bool = False  #: inside the text after ``|`` or ``>``
    owner: int = -1  #: column of the innermost key or dash


Tokens = tuple[Token, ...]

_SPACE = re.compile(r"[ \t]*")
_PLAIN = re.compile(r"(?:[^\s:#]|:(?!\s|$)|(?<=\S)#|[ \t]+(?=[^\s#]))+")
_PLAIN_IN_FLOW = re.compile(
    r"(?:[^\s:#,\[\]{}]|:(?![\s,\[\]{}]|$)|(?<=\S)#|[ \t]+(?=[^\s#,\[\]{}]))+"
)
_COLON = re.compile(r"[ \t]*:(?=\s|$)")
_COLON_IN_FLOW = re.compile(r"[ \t]*:(?=[\s,\[\]{}]|$)")
_COLON_AFTER_QUOTE = re.compile(r"[ \t]*:")
_QUOTED = {'"': re.compile(r'(?:[^"\\]|\\.)*"'), "'": re.compile(r"(?:[^']|'')*'(?!')")}
_PROPERTY = re.compile(r"[&*!][^\s,\[\]{}]*")
_BLOCK = re.compile(r"[|>][-+0-9]*(?=\s*(?:\s#.*)?$)")
_NUMBER = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?\Z"
    r"|[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z"
)
_CONSTANT = re.compile(r"(?:true|false|null|yes|no|on|off|~)\Z", re.IGNORECASE)
_KEY_AGAIN = re.compile(r"[ \t]*(?:- +)*(?:[\w.-]+|\"[^\"]*\"|'[^']*')[ \t]*:(?=\s|$)")
_DOCUMENT_MARK = re.compile(r"(?:---|\.\.\.)(?=\s|$)")
_PROPERTY_KINDS: dict[str, TokenKind] = {"&": "anchor", "*": "alias", "!": "tag"}


def lines_of(text: str) -> list[str]:
    """Divide a text into lines; one that ends with a line break has an empty last line."""
    lines = text.splitlines()
    if not lines or text[-1] in "\r\n":
        lines.append("")
    return lines


class Scan:
    """The tokens of all lines of a text."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self._tokens: list[Tokens] = []
        self._states: list[State] = [State()]  # after the line before each line, and after the last
        for line in self.lines:
            tokens, state = scan_line(line, recovered(line, self._states[-1]))
            self._tokens.append(tokens)
            self._states.append(state)

    def tokens(self, line: int) -> Tokens:
        """The tokens of a line."""
        return self._tokens[line]

    def state(self, line: int) -> State:
        """The state in which a line begins."""
        return recovered(self.lines[line], self._states[line])


def recovered(line: str, state: State) -> State:
    """Give up an open bracket or quotation mark where a key stands no further to the right than the
    one it belongs to.
    """
    if (
        (state.flow or state.quote)
        and len(line) - len(line.lstrip()) <= state.owner
        and _KEY_AGAIN.match(line)
    ):
        return State()
    return state


def scan_line(line: str, state: State) -> tuple[Tokens, State]:
    """Return the tokens of one line that begins in `state`, and the state after it."""
    if state.block:
        indent = len(line) - len(line.lstrip())
        if not line.strip() or indent > state.owner:
            return ((Token("block", indent, len(line)),) if line.strip() else ()), state
        state = State()
    scanner = _LineScanner(line, state)
    scanner.run()
    return tuple(scanner.tokens), State(scanner.flow, scanner.quote, scanner.block, scanner.owner)


class _LineScanner:
    """Reads one line from left to right."""

    def __init__(self, line: str, state: State) -> None:
        self.tokens: list[Token] = []
        self.flow, self.quote, self.block, self.owner = state
        self._line, self._at = line, 0
        self._is_start = not state.flow and not state.quote  # where a dash or key may stand

    def run(self) -> None:
        if self.quote:
            self._end_of_quote()
        elif self._is_start and (mark := _DOCUMENT_MARK.match(self._line)):
            self._put("punctuation", mark.end())
        while self._skip_space():
            self._token()

    def _skip_space(self) -> bool:
        space = _SPACE.match(self._line, self._at)
        assert space is not None
        self._at = space.end()
        return self._at < len(self._line)

    def _token(self) -> None:
        line, at = self._line, self._at
        character = line[at]
        if character == "#" and (at == 0 or line[at - 1] in " \t"):
            self._put("comment", len(line))
        elif character in "-?" and self._is_start and line[at + 1 : at + 2] in ("", " ", "\t"):
            self.owner = at
            self._put("dash" if character == "-" else "punctuation", at + 1)
        elif character in "[{":
            self.flow += character
            self._is_start = False
            self._put("open", at + 1)
        elif character in "]}" and self.flow:
            self.flow = self.flow[:-1]
            self._put("close", at + 1)
        elif character == "," and self.flow:
            self._put("punctuation", at + 1)
        elif character in "&*!" and (found := _PROPERTY.match(line, at)):
            self._put(_PROPERTY_KINDS[character], found.end())
        elif character in "|>" and not self.flow and (found := _BLOCK.match(line, at)):
            self.block = True
            self._put("punctuation", found.end())
        elif character in "\"'":
            self._quoted(character)
        else:
            self._plain()

    def _quoted(self, mark: str) -> None:
        found = _QUOTED[mark].match(self._line, self._at + 1)
        if found is None:
            self.quote = mark
            self._put("quoted", len(self._line))
            return
        self._scalar("quoted", found.end(), _COLON_AFTER_QUOTE if self.flow else _COLON)

    def _end_of_quote(self) -> None:
        found = _QUOTED[self.quote].match(self._line)
        if found is None:
            self._put("quoted", len(self._line))
            return
        self.quote = ""
        self._put("quoted", found.end())

    def _plain(self) -> None:
        found = (_PLAIN_IN_FLOW if self.flow else _PLAIN).match(self._line, self._at)
        if found is None:  # a lone colon or stray bracket
            self._put("punctuation", self._at + 1)
            return
        text = found.group()
        kind: TokenKind = (
            "number" if _NUMBER.match(text) else "constant" if _CONSTANT.match(text) else "text"
        )
        self._scalar(kind, found.end(), _COLON_IN_FLOW if self.flow else _COLON)

    def _scalar(self, kind: TokenKind, end: int, colon: re.Pattern[str]) -> None:
        found = colon.match(self._line, end) if self._is_start or self.flow else None
        if found is None:
            self._is_start = False
            self._put(kind, end)
            return
        if not self.flow:
            self.owner = self._at
            self._is_start = False
        self._put("key", end)
        self._at = found.end() - 1
        self._put("punctuation", found.end())

    def _put(self, kind: TokenKind, end: int) -> None:
        self.tokens.append(Token(kind, self._at, end))
        self._at = end
