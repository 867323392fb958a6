"""What a line of a log says: its level, and its text in a form that cannot harm a terminal."""

from __future__ import annotations

import re
from enum import IntEnum

_LEVEL = re.compile(rb"\b(?:(DEBUG)|(INFO)|(WARN(?:ING?|I)?)|(ERROR)|(CRITI(?:CAL)?|FATAL))\b")
_LEVEL_WITHIN = 80  # bytes of a line in which its level stands, if it has one
_TAB = 8


class Level(IntEnum):
    """How serious a line is; NONE for text that no level precedes."""

    NONE = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5


def level_of(line: bytes) -> Level | None:
    """Return the level that stands in a line; None if there is none, as in the lines of a
    traceback.
    """
    found = _LEVEL.search(line, 0, _LEVEL_WITHIN)
    return Level(found.lastindex or 0) if found else None


def decoded(line: bytes) -> str:
    """Return a line as text, bytes that are no UTF-8 as ``\\xff``."""
    return line.decode("utf-8", "backslashreplace")


def shown(line: bytes) -> str:
    """Return a line as text for a terminal: tabs expanded, control characters as ``^[``, what
    cannot be printed as ``\\u202e``.
    """
    text = decoded(line[:-1] if line.endswith(b"\r") else line)
    return text if text.isprintable() else "".join(map(_harmless, text.expandtabs(_TAB)))


def _harmless(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x20:
        return "^" + chr(code + 0x40)
    if code == 0x7F:
        return "^?"
    if character.isspace() and code not in (0x85, 0x2028, 0x2029):
        return " "
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )
