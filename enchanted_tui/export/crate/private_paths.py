"""Paths of a person's own machine, taken out of what others get."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

#: An absolute path of two parts or more, at the beginning of a word or behind a sign that begins
#: one; the third slash of ``file:///a/b`` counts. What follows a host in an address is none.
_NAME = r"[^\s/'\"<>|;,:()\[\]{}`]+"
_WHOLE = rf"(/{_NAME}(?:/+{_NAME})+)/?"  #: slashes may be doubled, but for the first
_PATH = re.compile(r"(?:\bfile://(?=/)|(?<![\w.~/\\-]))" + _WHOLE)
#: The same behind an option of one letter, such as -L.
_OPTION = re.compile(r"(?<![\w-])(-[A-Za-z])" + _WHOLE)

_SOMEWHERE = "/_/_/"  #: is shortened in turn


class PathShortener:
    """Shortens absolute paths: what lies in the run directory is named from there, anything else by
    its last part. `private` are places that are found whatever stands around them, with spaces too.
    """

    def __init__(self, run_dir: str, private: Iterable[str] = ()) -> None:
        self._root = run_dir.rstrip("/")
        places = {place.rstrip("/") for place in private if os.path.isabs(place)}
        self._places = sorted(places - {"", self._root}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text without absolute paths."""
        if "/" not in text:
            return text
        text = self._without(text, self._root, inside=True)
        for place in self._places:
            text = self._without(text, place)
        text = _OPTION.sub(lambda found: found[1] + _last(found[2]), text)
        return _PATH.sub(lambda found: _last(found[1]), text)

    def value(self, value: Any) -> Any:
        """Return a value with all texts in it shortened: of mappings and lists too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self.value, value))
        return value

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a sample, likewise; names of columns stay."""
        return {name: self.value(value) for name, value in row.items()}

    @staticmethod
    def _without(text: str, place: str, *, inside: bool = False) -> str:
        """Return a text in which what lies at a place is named without it."""
        if len(place) < 2 or place not in text:
            return text
        here = re.escape(place)
        text = re.sub(rf"{here}/+(?=[^\s/])", "" if inside else _SOMEWHERE, text)
        name = "~" if place == os.path.expanduser("~") else os.path.basename(place)
        return re.sub(rf"{here}/?(?![\w.-])", lambda _: name, text)


def _last(path: str) -> str:
    return path.rpartition("/")[2]
