"""A text that gives back, byte for byte, whatever was not edited: mixed line ends, unusual
separators, a missing last line break.
"""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from textual.geometry import Size
from textual.widgets.text_area import (
    Document,
    DocumentNavigator,
    EditResult,
    Location,
    WrappedDocument,
)


class LosslessDocument(Document):
    """Textual's document joins all lines with one kind of line break; this one remembers each
    line's own.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._lines, self._ends = _divided(text)
        kinds = {end for end in self._ends if end}
        self._is_mixed = len(kinds) > 1 or not kinds <= {"\n", "\r\n", "\r"}
        self._text: str | None = text
        self._widths: list[int] = []  #: cells of each line, once they have been asked for
        self._tab_width = -1  #: with which they were counted

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = "".join(
                [line + end for line, end in zip(self._lines, self._ends, strict=True)]
            )
        return self._text

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace a range. Line breaks of `text` become the document's; where that has several
        kinds, they stay as they are.
        """
        (top, _), (bottom, _) = sorted((start, end))
        inserted, breaks = _divided(text)
        last = self._ends[bottom] if bottom < len(self._ends) else ""
        kept = breaks[:-1] if self._is_mixed else [self._newline] * (len(inserted) - 1)
        result = super().replace_range(start, end, "\n".join(inserted))
        self._ends[top : bottom + 1] = [*kept, last]
        self._text = None
        if self._tab_width >= 0:
            changed = self._lines[top : top + len(inserted)]
            self._widths[top : bottom + 1] = [self._cells(line) for line in changed]
        return result

    def get_size(self, tab_width: int) -> Size:
        """Return the width of the longest line, in cells, and the number of lines. Textual counts
        the cells of all lines at each key, a third of a second in 5 MB.
        """
        if self._tab_width != tab_width:
            self._tab_width = tab_width
            self._widths = [self._cells(line) for line in self._lines]
        return Size(max(self._widths, default=0), len(self._lines))

    def _cells(self, line: str) -> int:
        return cell_len(line.expandtabs(self._tab_width))

    def get_text_range(self, start: Location, end: Location) -> str:
        """Return the text between two places with the line breaks that it has."""
        (top, first), (bottom, last) = sorted((start, end))
        if top == bottom:
            return self._lines[top][first:last]
        bottom_line = self._lines[bottom][:last] if bottom < len(self._lines) else ""
        between = [
            self._lines[row] + self._ends[row]
            for row in range(top + 1, min(bottom, len(self._lines)))
        ]
        return "".join([self._lines[top][first:], self._ends[top], *between, bottom_line])


class UnwrappedDocument(WrappedDocument):
    """Lines that are not wrapped: there are as many as the document has, without counting, which
    Textual does for each line that it paints.
    """

    @property
    def height(self) -> int:
        """The number of lines that are shown."""
        return self.document.line_count


def _divided(text: str) -> tuple[list[str], list[str]]:
    """Return the lines without their ends, and the ends; the last line has none."""
    lines: list[str] = []
    ends: list[str] = []
    for row in text.splitlines(keepends=True):
        line = row.splitlines()[0]
        lines.append(line)
        ends.append(row[len(line) :])
    if not lines or ends[-1]:
        lines.append("")
        ends.append("")
    return lines, ends


def install(area: Any, text: str) -> None:
    """Make a text area edit a lossless document. Textual offers no way to give it one, so this
    rebuilds what depends on it.
    """
    area.document = LosslessDocument(text)
    area.wrapped_document = UnwrappedDocument(area.document, tab_width=area.indent_width)
    area.navigator = DocumentNavigator(area.wrapped_document)
