"""A command as one line, as people type it in a shell, and the list of words that it is.

Placeholders stay whole and need no quotes: ``solver --beta {{ beta }}`` is three words.
"""

from __future__ import annotations

import re

from enchanted_tui.errors import UserError

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_ESCAPED_IN_QUOTES = '"\\{'
_BEGINS = re.compile(r"\{[{%\0]")  #: a brace that the sign behind it makes the begin of one
_NEEDS_QUOTES = re.compile(r"[\s'\"\\]")


class UnfinishedLineError(UserError):
    """A line with a quotation mark that is not closed."""


def words_of(line: str) -> list[str]:
    """Split a line into words: at white space outside of quotes and placeholders. A backslash takes
    the meaning from the character behind it, within double quotes from ``"``, ``\\`` and ``{``.

    Raises UnfinishedLineError.
    """
    words: list[str] = []
    word: list[str] | None = None
    quote = ""
    position = 0
    while position < len(line):
        sign = line[position]
        placeholder = _PLACEHOLDER.match(line, position) if sign == "{" else None
        if placeholder is not None:
            word = [*(word or ()), placeholder[0]]
            position = placeholder.end()
            continue
        follows = line[position + 1 : position + 2]
        escapes = sign == "\\" and follows and quote != "'"
        if escapes and (not quote or follows in _ESCAPED_IN_QUOTES):
            word = [*(word or ()), follows]
            position += 2
            continue
        position += 1
        if quote:
            if sign == quote:
                quote = ""
            else:
                word = [*(word or ()), sign]
        elif sign in "'\"":
            quote, word = sign, word or []
        elif sign.isspace():
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = [*(word or ()), sign]
    if quote:
        raise UnfinishedLineError(f"the quotation mark {quote} is not closed; add one")
    return words if word is None else [*words, "".join(word)]


def line_of(words: list[str]) -> str:
    """Return words as a line that `words_of` splits into the same words."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    # what is outside of placeholders, each of which becomes one sign
    rest = _PLACEHOLDER.sub("\0", word)
    may_stand = not _BEGINS.search(rest)
    if word and may_stand and not _NEEDS_QUOTES.search(rest):
        return word
    if may_stand and "'" not in rest:
        return f"'{word}'"
    parts, position = [], 0
    for placeholder in _PLACEHOLDER.finditer(word):
        parts += [_escaped(word[position : placeholder.start()]), placeholder[0]]
        position = placeholder.end()
    return f'"{"".join([*parts, _escaped(word[position:])])}"'


def _escaped(text: str) -> str:
    return re.sub(r'(["\\{])', r"\\\1", text)
