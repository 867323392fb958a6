"""Text of samples, made fit for a page: whatever it holds, it is only text, of bounded length, and
says nothing of where its user's files lie.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from markupsafe import Markup

MOST = 400  #: characters of a text; more are cut
_LONG = 60_000  #: of a configuration
#: An absolute path: two names at least, neither within a word, a relative path nor an address, or
#: behind an option of one letter such as ``-I``.
_PATH = re.compile(
    r"""(?:file://)?(?:(?<![\w.~/])|(?<=[\s'"=]-[A-Za-z])|(?<=file://))"""
    r"""(?:/[^\s/'"<>|:;,()\[\]{}=\\]+(?:/+[^\s/'"<>|:;,()\[\]{}=\\]+)+)/?"""
)
#: controls, directions, halves of characters, ends of lines and paragraphs
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


class Harmless:
    """Makes texts harmless. Unless `paths` are wanted, absolute ones are reduced to their last
    name; `places` are directories to be hidden however they are written.
    """

    def __init__(self, places: Iterable[Path], *, paths: bool) -> None:
        self._paths = paths
        known = {str(place): place.name for one in places for place in (one, one.resolve())}
        #: the longest first, so that what lies within another is named by itself
        self._places = sorted(known.items(), key=lambda pair: -len(pair[0]))

    def __call__(self, value: Any) -> Any:
        """Return a value of the page as text; what is markup already is left alone."""
        return value if isinstance(value, Markup) else self.text(str(value))

    def text(self, text: str, most: int = MOST) -> str:
        """Return a text, at most so many characters and a word on how many there were."""
        length = len(text)
        text = text if self._paths else self._without_paths(text[: 4 * most])
        shown = "".join(map(_seen, text[:most]))
        return shown if length <= most else f"{shown} … ({length:,} characters)"

    def whole(self, text: str) -> str:
        """Return a text of many lines, such as a configuration."""
        return self.text(text, _LONG)

    def _without_paths(self, text: str) -> str:
        for place, name in self._places:
            if len(place) > 1:
                text = re.sub(re.escape(place) + r"(?![\w.-])", f"…/{name}", text)
        return _PATH.sub(lambda found: f"…/{os.path.basename(found[0].rstrip('/'))}", text)


def _seen(character: str) -> str:
    """Return a character, or its number where it would not be seen, or would move others."""
    if character in "\n\t" or unicodedata.category(character) not in _UNSEEN:
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
