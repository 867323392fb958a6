"""A text that gives back, byte for byte, whatever was not edited: mixed line ends, unusual
separators, a missing last line break.
"""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from textual.expand_tabs import expand_tabs_inline, get_tab_widths
from textual.geometry import Offset, Size
from textual.widgets.text_area import (
    Document,
    DocumentBase,
    DocumentNavigator,
    EditResult,
    Location,
    WrappedDocument,
)

from enchanted_tui.config.nearby_scan import NearbyScan
from enchanted_tui.ui.editor.text_blocks import TextBlocks


class LosslessDocument(Document):
    """Textual's document joins all lines with one kind of line break; this one remembers each
    line's own. What follows from the whole text is worked out anew only where that has changed.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._lines, self._ends = _divided(text)
        kinds = {end for end in self._ends if end}
        self._is_mixed = len(kinds) > 1 or not kinds <= {"\n", "\r\n", "\r"}
        self._text: str | None = text
        self._blocks = TextBlocks(len(self._lines))
        self._tab_width = -1  #: with which cells were counted
        self.scan = NearbyScan(self._lines)

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = self._blocks.text(self._lines, self._ends)
        return self._text

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace a range. Line breaks of `text` become the document's; where that has several
        kinds, they stay as they are.
        """
        (top, _), (bottom, _) = sorted((start, end))
        inserted, breaks = _divided(text)
        last = self._ends[bottom] if bottom < len(self._ends) else ""
        kept = breaks[:-1] if self._is_mixed else [self._newline] * (len(inserted) - 1)
        before = len(self._lines)
        result = super().replace_range(start, end, "\n".join(inserted))
        self._ends[top : bottom + 1] = [*kept, last]
        self._text = None
        self._blocks.replaced(top, bottom, len(self._lines) - before)
        self.scan.changed(top)
        return result

    def get_size(self, tab_width: int) -> Size:
        """Return the width of the longest line, in cells, and the number of lines. Textual counts
        the cells of all lines at each key, a third of a second in 5 MB.
        """
        if self._tab_width != tab_width:
            self._tab_width = tab_width
            self._blocks.forget_widths()
        return Size(self._blocks.width(self._lines, self._cells), len(self._lines))

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
    """Lines that are not wrapped. Textual keeps four lists of what the lines have become, and at
    each new line goes through what is below it; here a line is where it is.
    """

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Take in the width of tabs; there is nothing to wrap."""
        self._width = 0
        self._tab_width = tab_width or self._tab_width
        # Textual's painting asks for it line by line
        self._offset_to_line_info = _EachLine(self.document)  # type: ignore[assignment]

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Do nothing: no line is anywhere else than the document has it."""

    @property
    def wrapped(self) -> bool:
        """As Textual has it for lines of which none is wrapped."""
        return True

    @property
    def height(self) -> int:
        """The number of lines that are shown."""
        return self.document.line_count

    @property
    def lines(self) -> list[list[str]]:
        """Each line as the only piece of itself."""
        return [[line] for line in self.document.lines]

    def offset_to_location(self, offset: Offset) -> Location:
        """Return the place in the text that is shown at an offset; the nearest beyond its end."""
        line = min(max(0, offset.y), self.document.line_count - 1)
        return line, self.get_target_document_column(line, max(0, offset.x), 0)

    def location_to_offset(self, location: Location) -> Offset:
        """Return the offset at which a place of the text is shown."""
        line, column = location
        line = min(max(0, line), self.document.line_count - 1)
        before = self.document.get_line(line)[:column]
        return Offset(cell_len(expand_tabs_inline(before, self._tab_width)), line)

    def get_sections(self, line_index: int) -> list[str]:
        """Return the line, in one piece."""
        return [self.document.get_line(line_index)]

    def get_offsets(self, line_index: int) -> list[int]:
        """Return none. Raises ValueError where there is no such line."""
        if not 0 <= line_index < self.document.line_count:
            raise ValueError(f"there is no line {line_index}")
        return []

    def get_tab_widths(self, line_index: int) -> list[int]:
        """Return the widths of the tabs of a line."""
        line = self.document.get_line(line_index)
        return [width for _, width in get_tab_widths(line, self._tab_width)]


class _EachLine:
    """For each line that is shown, which line of the text and which piece of it that is."""

    def __init__(self, document: DocumentBase) -> None:
        self._document = document

    def __len__(self) -> int:
        return self._document.line_count

    def __getitem__(self, line: int) -> tuple[int, int]:
        if line >= len(self):
            raise IndexError(line)
        return line, 0


def _divided(text: str) -> tuple[list[str], list[str]]:
    """Return the lines without their ends, and the ends; the last line has none."""
    lines = text.splitlines()
    rows = text.splitlines(keepends=True)
    ends = [row[len(line) :] for row, line in zip(rows, lines, strict=True)]
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
