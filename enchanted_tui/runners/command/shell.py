"""Put values into a shell command so that each arrives as one argument, whatever it holds.

Templates render into text in which every value is fenced by marks (`fence`); `quote_values` then
reads the command as a POSIX shell would, refuses values where no quoting is safe, and quotes the
rest. Reading the rendered text instead of the template makes the check exact, whatever loops and
conditions the template has.
"""

from __future__ import annotations

import re
import secrets
import shlex

_MARK = "\0" + secrets.token_hex(8)  # no value can contain it, so none can end its own fence
_OPEN, _CLOSE = _MARK + "<", _MARK + ">"
_FENCES = re.compile(f"({re.escape(_OPEN)}|{re.escape(_CLOSE)})")

_REMEDY = '; set it as a variable under environment: and write "$NAME" here instead'
_ORDINARY = re.compile(r"[^\\'\"`$#(<\n]+")  #: what changes nothing, in or out of quotes
_NAMED = r"\$\w+\b|\$[?#]|\$\{[#!]?\w+(?:\[[\w@*]+\])?\}"
_SUM = rf"(?:[\w \t\n+\-*/%=!&|^~?:,]|{_NAMED})"
_WORDS = rf"(?:[\w ./:=+,@%|*?~^;&>-]|{_NAMED})"
_NESTED = rf"(?:{_SUM}|[<>])"
for _ in range(3):  # parentheses in parentheses
    _NESTED = rf"(?:{_SUM}|[<>]|\({_NESTED}*\))"
#: Constructs that are whole and hold no quotes, no comment and no here-document of their own, in
#: whatever
#: way a shell reads them: what comes after them is as plain as what came before.
_WHOLE = re.compile(
    rf"\$\(\({_NESTED}*\)\)"
    rf"|\$\[{_SUM}*\]"
    r"|\$\{#\}"
    r"|\$\{[#!]?\w+(?:\[[\w@*]+\])?(?:(?::?[-=+?]|##?|%%?|//?|\^\^?|,,?|:)[\w ./:*?@%+,=-]*)?\}"
)
_WHOLE_SUM = re.compile(rf"\(\((?:{_SUM}|>)*\)\)")
_WHOLE_COMMAND = re.compile(rf"\$\((?!\(){_WORDS}*\)")
_WHOLE_TEXT = re.compile(r"\$'[^'\\]*'")
_NO_QUOTES = "inside the quotes"


class UnsafePlaceError(ValueError):
    """A value stands where a shell would take a part of it as code."""


def fence(text: str) -> str:
    """Mark `text` as a value."""
    return _OPEN + text + _CLOSE


def quote_values(command: str) -> str:
    """Return the command with every fenced value quoted. Raises UnsafePlaceError where that is not
    safe.
    """
    reader = _ShellReader()
    parts = []
    depth, value = 0, ""
    for piece in _FENCES.split(command):
        if piece == _OPEN:
            depth += 1
        elif piece == _CLOSE:
            depth -= 1
            if depth == 0:
                reader.pass_value()
                parts.append(shlex.quote(value))
                value = ""
        elif depth:
            value += piece
        else:
            reader.read(piece)
            parts.append(piece)
    return "".join(parts)


class _ShellReader:
    """Follow the quoting of a shell command, piece by piece, as far as needed to know where a value
    may stand.

    What nests quotes in quotes, or is read twice, is not followed: no value may come after it.
    """

    def __init__(self) -> None:
        self._state = (
            ""  #: what the present quotation began with (' or ", or # for a comment), or ""
        )
        self._last = "\n"  #: the sign before, "" if it was escaped or part of a value
        self._lost = ""  #: the construct after which the quoting is not known any more

    def pass_value(self) -> None:
        """Note that a value stands here. Raises UnsafePlaceError if none can."""
        place, remedy = self._unsafe_place(), _REMEDY
        if place == _NO_QUOTES:
            remedy = "; values are quoted already, so write it without quotes around it"
        if place:
            raise UnsafePlaceError(f"a value cannot stand {place} in a shell command{remedy}")
        self._last = ""

    def read(self, text: str) -> None:
        """Read a piece of the command that holds no value."""
        position = 0
        while position < len(text) and not self._lost:
            ordinary = _ORDINARY.match(text, position)
            if ordinary is not None:
                position = ordinary.end()
                self._last = text[position - 1]
            else:
                position += (
                    self._quoted(text, position) if self._state else self._plain(text, position)
                )

    def _unsafe_place(self) -> str:
        if self._lost:
            return f"after {self._lost}"
        if self._state == "#":
            return "in a comment"
        if self._state:
            return _NO_QUOTES
        if self._last in ("\\", "$"):
            return f"right after a {self._last}"
        return ""

    def _quoted(self, text: str, position: int) -> int:
        sign = text[position]
        if self._state == '"':
            length = self._substitution(text, position, _WHOLE_COMMAND)
            if length or self._lost:
                return length
        if sign == "\\" and self._state == '"':
            return 2
        if sign == ("\n" if self._state == "#" else self._state):
            self._state, self._last = "", sign
        return 1

    def _plain(self, text: str, position: int) -> int:
        sign, before = text[position], self._last
        if sign == "\\":
            self._last = "" if position + 1 < len(text) else sign
            return 2
        # a substitution outside quotes is read like the rest
        if not text.startswith("$(", position) or text.startswith("$((", position):
            length = self._substitution(text, position, _WHOLE_TEXT)
            if length or self._lost:
                self._last = ""
                return length
        whole = _WHOLE_SUM.match(text, position) if sign == "(" != before else None
        if whole is not None:
            self._last = ")"
            return len(whole.group())
        self._last = sign
        if sign == "'" and before == "$":
            self._lost = "a $'"  # shells differ in what ends it
        elif sign in "'\"":
            self._state = sign
        elif sign == "#" and before and before in " \t\n;&|()<>":
            self._state = "#"
        elif sign == "(" and before == "(":
            self._lost = "(("
        elif text.startswith("<<<", position):
            return 3
        elif text.startswith("<<", position):
            self._lost = "the << of a here-document"
        return 1

    def _substitution(self, text: str, position: int, other: re.Pattern[str]) -> int:
        """Note what makes the quoting hard to follow; return the length of what does not, as
        ``${NAME}``, `other` included.
        """
        if text[position] == "`":
            self._lost = "a backquote"
        elif text[position] == "$":
            whole = _WHOLE.match(text, position) or other.match(text, position)
            if whole is not None:
                return len(whole.group())
            for sign, words in (
                ("$((", "$(("),
                ("$(", "a $( inside quotes"),
                ("${", "a ${ with more than a name"),
                ("$[", "$["),
            ):
                if text.startswith(sign, position):
                    self._lost = words
                    break
        return 0
