"""A view of the results that takes its time: it is worked out on request, in a process of its own,
and says how far that is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widget import Widget

from enchanted_tui.durations import whole_duration
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.error_sentence import sentence
from enchanted_tui.ui.widgets.line import Buttons, Line

if TYPE_CHECKING:
    from enchanted_tui.surrogate.fit_process import What
    from enchanted_tui.surrogate.work_process import WorkProcess
    from enchanted_tui.ui.app_interface import AppInterface

_LOOK = 0.25  # seconds between two looks at how far it is


class ComputedView(VerticalScroll):
    """Shows a report, as JSON. What is worked out is given up when another run is opened."""

    DEFAULT_CSS = """
    ComputedView { padding: 0 1; scrollbar-size-vertical: 1; }
    ComputedView > Line { height: auto; }
    """
    WHAT: ClassVar[What] = "fit"
    EMPTY: ClassVar[str] = ""  #: what there is to be worked out

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.report: dict[str, Any] | None = None
        self._root: Path | None = None
        self._rows, self._fingerprint = 0, ""
        self._key = ""
        self._problem = ""
        self._process: WorkProcess | None = None
        self._began = 0.0
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Line(classes="said")
        yield Buttons(classes="choices")
        yield from self.charts()
        yield Line(classes="words")

    def charts(self) -> Iterator[Widget]:
        """Return what stands above the words."""
        yield from ()

    def words(self, report: dict[str, Any]) -> Iterator[str]:
        """Return the lines of a report."""
        raise NotImplementedError

    def stored(self, root: Path) -> dict[str, Any] | None:
        """Return an earlier report that is kept in a run directory."""
        return None

    def begin(self, root: Path) -> WorkProcess:
        """Begin to work the report out."""
        from enchanted_tui.surrogate.fit_process import FitProcess

        return FitProcess(self.WHAT, root, write=not self.app.read_only)

    # -- what is shown -----------------------------------------------------------------------------

    def show(self, root: Path | None, rows: int, fingerprint: str, key: str) -> None:
        """Show the run in `root`, whose dataset has so many rows, and a fingerprint; `key` works it
        out anew.
        """
        self._rows, self._fingerprint, self._key = rows, fingerprint, key
        if root != self._root:
            self.forget()
            self._root = root
            if root is not None:
                self.app.perform(self._look_up(root))
        self._update()

    def forget(self) -> None:
        """Drop what belongs to the run, and end what is being worked out."""
        self._root, self.report, self._problem = None, None, ""
        if self._process is not None:
            self._process.close()
            self._process = None

    async def _look_up(self, root: Path) -> None:
        found = await in_thread(self.stored, root)
        if root == self._root and self.report is None and found is not None:
            self.report = found
            self._update()

    def _update(self) -> None:
        if not self.is_mounted:
            return
        self._say()
        self._put(".words", self.words(self.report) if self.report is not None else [])
        self.draw()

    def _say(self) -> None:
        """Show how far it is; the report, if there is an earlier one, stays as it is."""
        if self.is_mounted:
            self._put(".said", [self._said()])
            self.query_one(".choices", Buttons).set(self.choice_parts())

    def choice_parts(self) -> list[tuple[str, str, str]]:
        """Return what a click does here: texts, their styles and actions."""
        if self._process is not None or self._root is None:
            return []
        return [(f"[{self._key} Work it out]", "bold", "work_out")]

    def action_work_out(self) -> None:
        self.work_out()

    def _put(self, place: str, lines: Iterable[str]) -> None:
        line = self.query_one(place, Line)
        text = "\n".join(self._wrapped(lines))
        if text != line.text:
            line.show(text)
            line.refresh(layout=True)

    def draw(self) -> None:
        """Draw what stands above the words."""

    def _said(self) -> str:
        if self._process is not None:
            passed = whole_duration(time.monotonic() - self._began)
            return f"Working it out: {self._process.said} ({passed})."
        if self._problem or self._root is None:
            return self._problem or "No campaign is open; choose one on the screen Runs (1)."
        if self.report is None:
            return f"{self.EMPTY} Press {self._key}."
        newer = self._rows - self.report["samples"]
        more = ""
        if self.report.get("fingerprint") == self._fingerprint:
            pass  # whatever was held out of them
        elif newer > 0:
            more = f"; there are {newer:,} more now, and {self._key} regards them"
        elif "fingerprint" in self.report:
            more = f"; some have been run again since then, and {self._key} regards that"
        return f"From {self.report['samples']:,} samples{more}."

    def _wrapped(self, lines: Iterable[str]) -> Iterator[str]:
        width = max(20, self.size.width - 3)  # beside padding and scroll bar
        for line in lines:
            indent = " " * (len(line) - len(line.lstrip()))
            yield from (
                wrap(line, width, subsequent_indent=indent + "  ", replace_whitespace=False)
                if len(line) > width
                else (line,)
            )

    def on_resize(self) -> None:
        self._update()

    @property
    def text(self) -> str:
        """The words of the report."""
        return self.query_one(".words", Line).text

    # -- working it out ----------------------------------------------------------------------------

    def work_out(self) -> None:
        """Begin, unless that is under way."""
        if self._root is None or self._process is not None:
            self.app.notify(
                "No campaign is open." if self._root is None else "It is being worked out."
            )
            return
        self.app.perform(self._work_out(self._root))

    async def _work_out(self, root: Path) -> None:
        process = self.begin(root)
        self._process, self._problem, self._began = process, "", time.monotonic()
        self._timer = self.set_interval(_LOOK, self._say)
        self._update()
        try:
            report = await in_thread(process.result)
            problem = ""
        except Exception as error:  # noqa: BLE001 - said in the view, where it was asked for
            report, problem = None, sentence(error)[0]
        finally:
            self._timer.stop()
        if process is not self._process:
            return  # another run has been opened meanwhile
        self._process, self._problem = None, problem
        self.report = report or self.report
        self._update()

    def on_unmount(self) -> None:
        self.forget()
