"""Text of somebody else's, so that all of it is seen and none of it moves anything: no control of a
terminal, no direction, no half of a character.
"""

from __future__ import annotations

import unicodedata

#: controls, directions, halves of characters, ends of lines and paragraphs
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def visible(text: str) -> str:
    """Return a text in which what would not be seen, or would move other signs, is its number, such
    as ``\\x1b``; ends of lines and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_seen, text))


def on_one_line(text: str) -> str:
    """Return the same with ends of lines and tabs as numbers too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _seen(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _UNSEEN:
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
