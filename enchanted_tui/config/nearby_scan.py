"""The tokens of the lines that somebody looks at, in a text of any length that is being edited."""

from __future__ import annotations

from collections.abc import Sequence

from enchanted_tui.config.scan import State, Tokens, recovered, scan_line

#: Lines above the one that is asked for which are read for what it has to know of them. A bracket
#: or quotation mark that was opened further up is not known; what needs it reads the whole text.
_FAR = 2000
_STEP = 100  #: lines from one state that is kept to the next


class NearbyScan:
    """Reads lines when they are asked for, and keeps what it has read until they change."""

    def __init__(self, lines: Sequence[str]) -> None:
        """`lines` are those of the text, which may change in place: say so to `changed`."""
        self._lines = lines
        self._read: dict[int, tuple[Tokens, State]] = {}  #: of a line, and the state after it
        self._kept: dict[int, State] = {}  #: after a line; for those that are read no more

    def changed(self, line: int) -> None:
        """Forget what depends on a line: all from there on."""
        self._read = {number: read for number, read in self._read.items() if number < line}
        self._kept = {number: state for number, state in self._kept.items() if number < line}

    def tokens(self, line: int) -> Tokens:
        """Return the tokens of a line."""
        if line not in self._read:
            if len(self._read) > _FAR:
                self._read = {}
            start, state = self._start(line)
            for number in range(start, line + 1):
                text = self._lines[number]
                tokens, state = scan_line(text, recovered(text, state))
                self._read[number] = tokens, state
                if number % _STEP == 0:
                    self._kept[number] = state
        return self._read[line][0]

    def _start(self, line: int) -> tuple[int, State]:
        """Return the line to read from, as near as what is known allows, and the state there."""
        far = max(0, line - _FAR)
        for above in range(line - 1, far - 1, -1):
            if above in self._read:
                return above + 1, self._read[above][1]
            if above in self._kept:
                return above + 1, self._kept[above]
        return far, State()
