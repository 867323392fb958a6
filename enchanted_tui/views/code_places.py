"""The places of source files that a text names, as tracebacks of Python do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)(?:, in (\S+))?')
_PLACE = re.compile(r"(?<![\w/.])((?:[\w.~-]+/|/)*[\w.-]+\.[A-Za-z][\w]*):(\d+)(?=[:\s,)]|$)")


@dataclass(frozen=True)
class CodePlace:
    """A line of a file, counted from 1."""

    path: Path
    line: int
    what: str = ""  #: the function, where the text says it

    @property
    def title(self) -> str:
        """The place as people read it."""
        return f"{self.path}:{self.line}" + (f" in {self.what}" if self.what else "")


def code_places(text: str, base: Path) -> list[CodePlace]:
    """Return the places that a text names and whose files are here, the last one first, which in a
    traceback is where it happened. Relative names begin at `base`.
    """
    found = [
        (match.start(), CodePlace(base / match[1], int(match[2]), match[3] or ""))
        for match in _FRAME.finditer(text)
    ]
    framed = {(place.path, place.line) for _, place in found}
    for match in _PLACE.finditer(text):
        place = CodePlace(base / match[1], int(match[2]))
        if (place.path, place.line) not in framed:
            found.append((match.start(), place))
    found.sort(key=lambda each: -each[0])
    places = dict.fromkeys(place for _, place in found)
    return [place for place in places if _is_file(place.path)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
