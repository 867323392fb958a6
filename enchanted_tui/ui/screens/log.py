"""The Log screen: the campaign's log, its older parts and its progress files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.logs.log_files import log_files
from enchanted_tui.ui import formats
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import GOING_ON, CampaignScreen
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.kept_choices import kept_text
from enchanted_tui.ui.log_page import Page
from enchanted_tui.ui.log_reading import READING, LogReading
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.line import Buttons, Line
from enchanted_tui.ui.widgets.log_view import LogView

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices
    from enchanted_tui.views.viewing import View


class LogScreen(LogReading, CampaignScreen):
    """Reads one file at a time."""

    KEPT = "log"
    HELP = """Reads the logs of the open campaign, however large they are. At the end, new lines are
followed; moving up stops that.

`/` looks for a regular expression, `n` and `N` go on to the next and the one before, `&` hides the
lines that do not match. `v` hides what is less serious than a warning, then than an error; the
lines of a traceback belong to their message."""
    DEFAULT_CSS = """
    LogScreen #head { background: $surface; }
    LogScreen #foot { background: $surface; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *READING,
        "log.file",
        "log.next_file",
        "log.previous_file",
        "log.copy",
        "log.back",
        *GOING_ON,
    )
    AUTO_FOCUS = "LogView"

    def __init__(self) -> None:
        super().__init__()
        self._root: Path | None = None
        self._path: Path | None = None
        self._place: Choices = {}  #: what is to be kept of where one is

    def compose_body(self) -> ComposeResult:
        yield Buttons(id="head")
        yield LogView(poll=2.0 if self.app.settings.preferences.low_bandwidth else 1.0)
        yield Line(id="foot")
        yield AskLine()

    # -- which file --------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.log_view.nothing = "No campaign is open; choose one on the screen Runs (1)."
        if self.viewer is not None:
            self._open_campaign(self.viewer.run_dir.root)

    def show(self, view: View) -> None:
        if view.root != self._root:
            self._open_campaign(view.root)

    def show_nothing(self) -> None:
        if self.viewer is None:
            self._root = self._path = None
            self.log_view.open(None)
            self.query_one("#head", Buttons).set([])
            self.query_one("#foot", Line).show("")
        elif self.viewer.run_dir.root != self._root:
            self._open_campaign(self.viewer.run_dir.root)

    def forget_choices(self) -> None:
        self.choose_again({})
        self._place = {}

    def choices(self) -> Choices:
        page, root = self.log_view.page, self._root
        if page is not None and root is not None and page.path.is_relative_to(root):
            self._place = {
                "file": str(page.path.relative_to(root)),
                "place": None if page.follow else page.top,
            }
        return {**self.what_is_chosen(), **self._place}

    def restore(self, choices: Mapping[str, Any]) -> None:
        self.choose_again(choices)
        name, place = Path(kept_text(choices, "file")), choices.get("place")
        self._place = {"file": str(name), "place": place}  # until it has been read
        if self._root is not None and name.parts and ".." not in name.parts:
            self._open(self._root / name)
        if isinstance(place, int):
            self.log_view.do(lambda reader: reader.go_to(place))

    def _open_campaign(self, root: Path) -> None:
        self._root = root
        self._open(CampaignDirectory(root).main_log)

    def _open(self, path: Path) -> None:
        self._path = path
        self.log_view.open(path)
        self.choose_lines()

    async def _find_files(self) -> list[Path]:
        return (
            await in_thread(log_files, CampaignDirectory(self._root))
            if self._root is not None
            else []
        )

    def action_log_file(self) -> None:
        """Choose a file."""
        self.app.perform(self._choose_file())

    async def _choose_file(self) -> None:
        root, files = self._root, await self._find_files()
        if not files:
            self.notify("There is no log yet.")
            return
        current = files.index(self._path) if self._path in files else 0
        chosen = await self.app.ask(self, Chooser("Files", [path.name for path in files], current))
        if chosen is not None and root == self._root:
            self._open(files[chosen])

    def action_log_next_file(self) -> None:
        self.app.perform(self._step(1))

    def action_log_previous_file(self) -> None:
        self.app.perform(self._step(-1))

    async def _step(self, step: int) -> None:
        files = await self._find_files()
        if files:
            index = files.index(self._path) + step if self._path in files else 0
            self._open(files[index % len(files)])

    # -- the rest ----------------------------------------------------------------------------------

    def action_log_copy(self) -> None:
        page = self.log_view.page
        if page is not None and page.rows:
            self.app.copy("\n".join(row.text for row in page.rows), "the lines on the screen")

    def action_log_back(self) -> None:
        if self.show_all_lines() or self._root is None:
            return
        main = CampaignDirectory(self._root).main_log
        if self._path == main:
            self.app.show_mode("monitor")
        else:
            self._open(main)

    def action_campaign_freeze(self) -> None:
        super().action_campaign_freeze()
        self.log_view.pause(self.frozen)

    def on_log_view_changed(self, message: LogView.Changed) -> None:
        super().on_log_view_changed(message)
        page, head = message.page, self.query_one("#head", Buttons)
        self._path = page.path
        name, mood = (
            f" {page.path.name}",
            f" {glyph('dot')} " + ("following" if page.follow else "not following"),
        )
        where = _where(page)
        room = max(10, head.size.width - len(mood) - len(where) - 2)
        name = cut_name(name, room)
        gap = head.size.width - len(name) - len(mood) - len(where) - 1
        head.set(
            [
                (name, "bold", "log_file"),
                (mood, "", "log_follow"),
                (" " * max(1, gap) + where, "", ""),
            ]
        )


def _where(page: Page) -> str:
    size = formats.size(page.size)
    if page.number is None:
        return size
    return (
        f"line {page.number:,}"
        + (f" of {page.total:,}" if page.total is not None else "")
        + f"  {size}"
    )
