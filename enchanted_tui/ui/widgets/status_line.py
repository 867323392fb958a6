"""The line at the top of every screen: heartbeat, state, run directory, age of what is shown,
modes.
"""

from __future__ import annotations

import time
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text
from textual.events import Click, MouseMove
from textual.geometry import Region
from textual.widget import Widget

from enchanted_tui.campaign_status import Phase
from enchanted_tui.durations import rough_duration
from enchanted_tui.ui.actions import help_of
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import glyph

#: Colours of phases, in the order in which runs are sorted by them. What a person reads is sign and
#: word; the colour only helps.
COLOURS = {
    Phase.RUNNING: "success",
    Phase.PAUSED: "warning",
    Phase.STOPPING: "warning",
    Phase.STOPPED: "error",
    Phase.FINISHED: "primary",
    Phase.UNKNOWN: "warning",
    Phase.UNREAD: "dim",
}
_BEAT = 3  #: cells of the heartbeat
_FRESH = 3.0  #: seconds up to which nothing is said about the age
_LEAST_NAME = 12  #: cells for the name of the run directory
_STALE = 30.0  #: seconds after which what is shown is called stale


class StatusLine(Widget):
    """One line. Painted again only when its text changes."""

    DEFAULT_CSS = """
    StatusLine { dock: top; height: 1; background: $panel; color: $foreground; }
    """
    MODES = (("1", "Runs", "runs"), ("2", "Config", "config"), ("3", "Monitor", "monitor"),
             ("4", "Failures", "failures"), ("5", "Results", "results"),
             ("6", "Log", "log"))  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.phase = Phase.UNKNOWN
        self.root: Path | None = None
        self.holder = ""
        self.read_at: float | None = None
        self.frozen = False
        self.notice = ""
        self.title = ""  #: instead of a campaign
        self._beat = False
        self._shown = ""
        self._mode_spans: list[tuple[int, int, str]] = []
        self._tail_spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.set_interval(1.0, self.check)

    def show(
        self,
        *,
        root: Path | None,
        phase: Phase,
        holder: str = "",
        read_at: float | None = None,
        changed: bool = False,
    ) -> None:
        """Show how the campaign stands; `read_at` (seconds since the epoch) is when the run
        directory was read.
        """
        self.root, self.phase, self.holder, self.read_at, self.notice = (
            root,
            phase,
            holder,
            read_at,
            "",
        )
        self._beat ^= changed
        self.check()

    def check(self) -> None:
        """Paint again if there is anything else to be seen."""
        text = self.render_text().plain
        if text[:_BEAT] != self._shown[:_BEAT] and text[_BEAT:] == self._shown[_BEAT:]:
            self.refresh(Region(0, 0, _BEAT, 1))
        elif text != self._shown:
            self.refresh()

    def age(self, now: float | None = None) -> str:
        """Say how old what is shown is; nothing while it is fresh, or while nobody is at work on
        the campaign.
        """
        if self.read_at is None or self.phase.at_rest:
            return ""
        seconds = (time.time() if now is None else now) - self.read_at
        if seconds < _FRESH:
            return ""
        shown = rough_duration(seconds)
        return f"{shown} ago" if seconds < _STALE else f"stale {shown}"

    def render(self) -> Text:
        text = self.render_text()
        self._shown = text.plain
        return text

    def render_text(self) -> Text:
        width = self.size.width or 80
        tail = self._modes(width)
        room = width - tail.cell_len - 1
        left = Text(no_wrap=True, overflow="ellipsis")
        if self.root is None:
            left.append(" enchanted-tui", style="bold").append(
                f"  {self.title}" if self.title else ""
            )
        else:
            beating = self.phase.at_work
            left.append(
                f" {glyph('heart' if self._beat or not beating else 'heart_off')} "
                if beating
                else "   "
            )
            style = self.app.theme_variables.get(COLOURS[self.phase], "")
            left.append(f"{glyph(self.phase)} {self.phase.upper()}", style=f"bold {style}")
            details = "".join(
                f"  {detail}"
                for detail in (
                    self.holder,
                    "frozen" if self.frozen else "",
                    self.age(),
                    self.notice,
                )
                if detail
            )
            beside = min(
                cell_len(details),
                2 + max(map(cell_len, (self.age(), self.notice, "frozen" if self.frozen else ""))),
            )
            left.append(
                "  "
                + cut_name(self.root.name, max(_LEAST_NAME, room - left.cell_len - 2 - beside)),
                style="bold",
            ).append(details)
        left.truncate(max(0, room), overflow="ellipsis", pad=True)
        start = left.cell_len + 1
        self._mode_spans = [
            (start + begin, start + end, mode) for begin, end, mode in self._tail_spans
        ]
        return left.append(" ").append_text(tail)

    def _modes(self, width: int) -> Text:
        current = self.app.current_mode
        tail = Text()
        self._tail_spans = []
        for key, name, mode in self.MODES:
            long = width >= 110 or mode == current
            label = f"{key} {name}" if long else key
            label = f"[{label}]" if mode == current else f" {label} "
            self._tail_spans.append((tail.cell_len, tail.cell_len + len(label), mode))
            tail.append(label, style="bold" if mode == current else "")
        return tail

    async def on_click(self, event: Click) -> None:
        """Go to the screen that is clicked; anywhere else, open the menu bar."""
        event.stop()
        for begin, end, mode in self._mode_spans:
            if begin <= event.x < end:
                await self.app.run_action(f"app.everywhere_{mode}")
                return
        await self.app.run_action("app.everywhere_menu")

    def on_mouse_move(self, event: MouseMove) -> None:
        """Say what a click here does; of the run directory, where it is."""
        mode = next((name for a, b, name in self._mode_spans if a <= event.x < b), "")
        said = help_of(f"everywhere_{mode or 'menu'}")
        if not mode and self.root is not None:
            said = f"{self.root}\n{said}"
        if str(self.tooltip or "") != said:
            self.tooltip = Text(said or "")

    def mode_region(self, mode: str) -> Region:
        """Return where on the line a mode can be clicked."""
        for begin, end, name in self._mode_spans:
            if name == mode:
                return Region(begin, 0, end - begin, 1)
        raise KeyError(mode)
