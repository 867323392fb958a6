"""Somebody reading a log: where they are in it, what they see, and what they look for. No widget,
no thread of its own.

Calls are quick whatever the size of the file; what takes long (counting lines, going through the
file for a selection, searching) is done in slices by `work`.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rich.cells import chop_cells

from enchanted_tui.storage.logs.line_index import LineIndex
from enchanted_tui.storage.logs.log_file import Change, LogFile, identity_of
from enchanted_tui.storage.logs.log_lines import Chosen, ChosenLines
from enchanted_tui.storage.logs.log_search import Search
from enchanted_tui.storage.logs.log_selection import Selection
from enchanted_tui.storage.logs.log_text import shown
from enchanted_tui.ui.log_page import LogRow, Page

_SLICE = 1 << 22  #: bytes of counting between two looks at what the person wants
_LINES_SLICE = 4_000  #: the same for lines that are gone through one by one


class LogReader:
    """A place in a log file, and a screen of `width` times `height` cells over it."""

    def __init__(self, path: Path, width: int = 80, height: int = 24) -> None:
        self.path = path
        self._width, self._height = width, height
        self._wrap = False
        self._selection = Selection()
        self._search: Search | None = None
        self.follow = True
        self._note = ""
        self._file: LogFile | None = None
        self._open(path)

    # -- files -------------------------------------------------------------------------------------

    def open(self, path: Path, *, follow: bool = True) -> None:
        """Read another file, from its end, or from its beginning if not to `follow`."""
        self._note = ""
        self.follow = follow
        self._open(path)

    def _open(self, path: Path) -> None:
        self.close()
        self.path = path
        try:
            self._file = LogFile(path)
        except OSError as error:
            self._file = None
            self._note = f"{path.name} cannot be read: {error.strerror}"
        self._begin()
        self._place()

    def _begin(self) -> None:
        """Know nothing of the file yet."""
        self._top = self._sub = 0
        self._found: int | None = None
        self._search = None
        self._index = LineIndex()
        if self._file is not None:
            self._lines = ChosenLines(self._file, self._selection)

    def _place(self) -> None:
        """Stay where the person is looking after something has changed: at the end, or at the same
        line with a full screen.
        """
        if self.follow:
            self._bottom()
        elif self._file is not None:
            self._down(0)

    def poll(self) -> None:
        """See what has become of the file."""
        if self._file is None:
            if self.path.is_file():
                self._note = ""
                self._open(self.path)
            return
        change = self._file.poll()
        if change is Change.REPLACED:
            self._replaced(self._file)
        elif change is Change.TRUNCATED:
            self._note = f"{self.path.name} was truncated or written anew"
            self._restart()
        elif change is Change.GROWN:
            self._place()
        elif change is Change.GONE:
            self._note = f"{self.path.name} has been removed; what is shown is what it held"

    def _replaced(self, file: LogFile) -> None:
        """Another file has the name: a rotated log, whose old lines somebody who does not follow
        goes on reading, or a new version.
        """
        aside = self._rotated_to(file)
        if aside is None:
            top = self._top
            self._open(self.path)
            self._return_to(top)
        elif self.follow:
            self._note = f"{self.path.name} was rotated; older lines are in {aside.name}"
            self._open(self.path)
        else:
            self._note = f"{self.path.name} was rotated; this is {aside.name} now"
            self.path = file.path = aside

    def _rotated_to(self, file: LogFile) -> Path | None:
        siblings = self.path.parent.glob(glob.escape(self.path.name) + ".*")
        return next(
            (path for path in islice(siblings, 100) if identity_of(path) == file.identity), None
        )

    def _restart(self) -> None:
        top = self._top
        self._begin()
        self._place()
        self._return_to(top)

    def _return_to(self, top: int) -> None:
        """Show the same place of a file that has been written anew to somebody who does not follow
        it.
        """
        if not self.follow:
            self.go_to(top)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- moving ------------------------------------------------------------------------------------

    def resize(self, width: int, height: int) -> None:
        """Take a new size of the screen, in cells."""
        if (width, height) != (self._width, self._height):
            self._width, self._height = max(1, width), max(1, height)
            self._sub = 0
            self._place()

    @property
    def wrap(self) -> bool:
        """Whether long lines are wrapped rather than cut."""
        return self._wrap

    @wrap.setter
    def wrap(self, wrap: bool) -> None:
        self._wrap = wrap
        self._sub = 0
        self._place()

    def move(self, rows: int) -> None:
        """Go down, or up if negative, by rows of the screen; following ends above the end of the
        file and begins there again.
        """
        self._note = ""
        if self._file is None:
            return
        if rows < 0:
            self.follow = False
            self._up(-rows)
        else:
            self.follow = self._down(rows)

    def page(self, pages: int) -> None:
        """Go down or up by so many screens, of which one row stays."""
        self.move(pages * max(1, self._height - 1))

    def home(self) -> None:
        """Go to the beginning."""
        self._note = ""
        self.follow = False
        self._top = self._sub = 0

    def end(self) -> None:
        """Go to the end and follow what is added."""
        self.follow = True
        self._bottom()

    def _bottom(self) -> None:
        if self._file is not None:
            self._top, self._sub = self._file.size, 0
            self._up(self._height)

    def go_to(self, offset: int) -> None:
        """Go to the line that holds the byte at `offset`."""
        if self._file is None or not self._file.size:
            return
        self.follow = False
        self._top, self._sub = (
            self._lines.lines.start_of(max(0, min(offset, self._file.size - 1))),
            0,
        )
        self._down(0)

    def go_to_line(self, number: int) -> None:
        """Go to a line by its number, from 1."""
        if self._file is None:
            return
        start = self._index.start_of(number - 1, self._file.read)
        if start is None:
            counted = "so far " if self._index.position < self._file.size else ""
            self._note = (
                f"there is no line {number}; {counted}{self._index.lines} lines are counted"
            )
        else:
            self.go_to(start)

    def _up(self, rows: int) -> None:
        if self._sub >= rows:
            self._sub -= rows
            return
        rows -= self._sub
        self._sub = 0
        for chosen in self._lines.up(self._top):
            count = len(self._wrapped(chosen))
            self._top = chosen.line.start
            if count >= rows:
                self._sub = count - rows
                return
            rows -= count

    def _down(self, rows: int) -> bool:
        """Go down as far as the screen stays full; tell whether that is the end."""
        ahead = list(islice(self._rows(), rows + self._height + 1))
        if len(ahead) <= rows + self._height:
            top = self._top
            self._bottom()
            if self._file is not None and self._top == self._file.size:
                self._top = top  # no line is shown at all: nobody has gone anywhere
            return True
        if rows:
            row = ahead[rows]
            before = [earlier.start for earlier in ahead[:rows]]
            self._sub = before.count(row.start) + (self._sub if row.start == self._top else 0)
            self._top = row.start
        return False

    # -- choosing and searching --------------------------------------------------------------------

    @property
    def selection(self) -> Selection:
        """Which lines are shown."""
        return self._selection

    @selection.setter
    def selection(self, selection: Selection) -> None:
        self._selection = selection
        self._note = ""
        if self._file is not None:
            self._lines = ChosenLines(self._file, selection)
            self._sub = 0
            self._place()

    def search(self, pattern: re.Pattern[str], *, forward: bool = True) -> None:
        """Look for the next line that matches, from the line found last or the top of the screen
        on; `work` does it.
        """
        if self._file is None:
            return
        self._note = ""
        start = self._found
        if start is None:
            start = self._top - 1 if forward else self._top
        self._search = Search(self._file, self._lines, pattern, start, forward=forward)

    def cancel(self) -> bool:
        """Give up the search that is under way; False if there is none."""
        searching = self._search is not None
        self._search = None
        if searching:
            self._note = "search given up"
        return searching

    # -- what takes long ---------------------------------------------------------------------------

    def work(self) -> bool:
        """Do a slice of what takes long, some hundredths of a second; False if there is nothing to
        do.
        """
        if self._file is None:
            return False
        if self._search is not None:
            self._search_on(self._search)
            return True
        return self._choose_on(self._file) or self._count_on(self._file)

    def _search_on(self, search: Search) -> None:
        found = search.step()
        if found is not None:
            self._search = None
            self._found = found
            self._note = "went on from the other end" if search.wrapped else ""
            self._show(found)
        elif search.exhausted:
            self._search = None
            self._note = f"not found: {search.pattern.pattern}"

    def _show(self, start: int) -> None:
        """Bring a line on the screen, with some lines above it."""
        self.follow = False
        if any(row.start == start for row in islice(self._rows(), self._height)):
            return
        self._top, self._sub = start, 0
        self._up(self._height // 3)
        self._down(0)

    def _choose_on(self, file: LogFile) -> bool:
        index = self._lines.index
        if index.selection.everything:
            return False
        before = index.position
        for line in islice(self._lines.lines.from_start(before), _LINES_SLICE):
            if line.end == file.size and not line.closed:
                break  # it may go on
            index.take(line)
        if index.position == before:
            return False
        self._place()
        return True

    def _count_on(self, file: LogFile) -> bool:
        data = file.read(self._index.position, _SLICE)
        self._index.extend(data)
        return bool(data)

    # -- what is seen ------------------------------------------------------------------------------

    def look(self) -> Page:
        """Return what is on the screen now."""
        file = self._file
        if file is None:
            return Page(self.path, note=self._note, follow=self.follow)
        rows = tuple(islice(self._rows(), self._height))
        counted = self._index.position >= file.size
        number = self._index.line_of(rows[0].start, file.read) if rows else None
        return Page(
            path=self.path,
            rows=rows,
            top=rows[0].start if rows else self._top,
            bottom=self._lines.lines.line(rows[-1].start).end if rows else self._top,
            size=file.size,
            follow=self.follow,
            number=None if number is None else number + 1,
            total=self._index.lines if counted else None,
            chosen=None if self._selection.everything else self._lines.index.count,
            busy=self._busy(file),
            note=self._note,
            found=self._found,
        )

    def _rows(self) -> Iterator[LogRow]:
        skip = self._sub
        for chosen in self._lines.down(self._top):
            start = chosen.line.start
            parts = self._wrapped(chosen)
            if start != self._top:
                skip = 0
            for text in parts[skip:]:
                yield LogRow(start, text, chosen.level)

    def _wrapped(self, chosen: Chosen) -> list[str]:
        text = shown(chosen.line.text)
        return (chop_cells(text, self._width) or [""]) if self._wrap else [text]

    def _busy(self, file: LogFile) -> str:
        if self._search is not None:
            return f"searching {self._search.progress:.0%}"
        index = self._lines.index
        if not index.selection.everything and index.position < file.size - _SLICE:
            return f"filtering {index.position / file.size:.0%}"
        if self._index.position < file.size:
            return f"counting lines {self._index.position / file.size:.0%}"
        return ""
