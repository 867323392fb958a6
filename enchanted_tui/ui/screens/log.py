"""The Log screen: the campaign's log and progress files, and what a task has written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enchanted_tui.storage.layout import RunDir
from enchanted_tui.storage.log_files import log_files
from enchanted_tui.storage.log_search import compiled
from enchanted_tui.storage.log_selection import Selection
from enchanted_tui.storage.log_text import Level
from enchanted_tui.ui import formats
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.log_reader import Page
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.line import Buttons, Line
from enchanted_tui.ui.widgets.log_view import LogView

if TYPE_CHECKING:
    from enchanted_tui.supervisor.viewing import View

_LEVELS = (Level.NONE, Level.WARNING, Level.ERROR)


class LogScreen(CampaignScreen):
    """Reads one file at a time; what is chosen and looked for stays when another one is opened."""

    HELP = """Reads the logs of the open campaign, however large they are. At the end, new lines are followed; moving up stops that.

`/` looks for a regular expression, `n` and `N` go on to the next and the one before, `&` hides the lines that do not match.
`v` hides what is less serious than a warning, then than an error; the lines of a traceback belong to their message."""
    DEFAULT_CSS = """
    LogScreen #head { background: $surface; }
    LogScreen #foot { background: $surface; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "log.find",
        "log.next",
        "log.only",
        "log.level",
        "log.follow",
        "log.wrap",
        "log.file",
        "log.previous",
        "log.next_file",
        "log.previous_file",
        "log.line",
        "log.copy",
        "log.back",
    )
    AUTO_FOCUS = "LogView"

    def __init__(self) -> None:
        super().__init__()
        self._root: Path | None = None
        self._path: Path | None = None
        self._asked: list[Path] = []  # files of a task that a person has asked to see
        self._files: list[Path] = []
        self._pattern = ""
        self._level = Level.NONE
        self._only = self._wrap = False

    def compose_body(self) -> ComposeResult:
        yield Buttons(id="head")
        yield LogView(poll=2.0 if self.app.settings.preferences.low_bandwidth else 1.0)
        yield Line(id="foot")
        yield AskLine()

    @property
    def log_view(self) -> LogView:
        return self.query_one(LogView)

    # -- which file ----------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.log_view.nothing = "No campaign is open; choose one on the screen Runs (1)."
        if self._path is not None:
            self._open(self._path)
        elif self.app.root is not None:
            self._open_campaign(self.app.root)

    def show(self, view: View) -> None:
        if view.root != self._root:
            self._asked = []
            self._open_campaign(view.root)

    def show_nothing(self) -> None:
        if self.app.root is None:
            self._root = self._path = None
            self._asked = []
            self.log_view.open(None)
            self._describe(None)

    def _open_campaign(self, root: Path) -> None:
        self._root = root
        self._open(RunDir(root).main_log)

    def show_files(self, paths: list[Path], *, follow: bool = False) -> None:
        """Show files that are not logs of the campaign, such as what a task has written; the first at once, all in the list."""
        self._root = self.app.root if self._root is None else self._root
        self._asked = list(paths)
        self._path = paths[0]
        if self.is_mounted:
            self._open(paths[0], follow=follow)

    def _open(self, path: Path, *, follow: bool = True) -> None:
        self._path = path
        self.log_view.open(path, follow=follow)
        self._choose()
        self.log_view.do(lambda reader: setattr(reader, "wrap", self._wrap))

    async def _find_files(self) -> list[Path]:
        found = await in_thread(log_files, RunDir(self._root)) if self._root is not None else []
        self._files = [*found, *self._asked]
        return self._files

    def action_log_file(self) -> None:
        """Choose a file."""
        self.app.perform(self._choose_file())

    async def _choose_file(self) -> None:
        files = await self._find_files()
        if not files:
            self.notify("There is no log yet.")
            return
        names = [self._called(path) for path in files]
        chosen = await self.app.push_screen_wait(Chooser("Files", names, files.index(self._path) if self._path in files else 0))
        if chosen is not None:
            self._open(files[chosen], follow=files[chosen] not in self._asked)

    def action_log_next_file(self) -> None:
        self.app.perform(self._step(1))

    def action_log_previous_file(self) -> None:
        self.app.perform(self._step(-1))

    async def _step(self, step: int) -> None:
        files = await self._find_files()
        if files:
            index = files.index(self._path) + step if self._path in files else 0
            self._open(files[index % len(files)])

    def _called(self, path: Path) -> str:
        """Give a file's name as it lies in the run directory."""
        try:
            name = str(path.relative_to(self._root)) if self._root is not None else str(path)
        except ValueError:
            return str(path)
        return name.removeprefix("logs/")

    # -- finding and choosing ------------------------------------------------------------------------------------------------

    def action_log_find(self) -> None:
        self.query_one(AskLine).ask("find", "Find", self._pattern, "a regular expression")

    def action_log_line(self) -> None:
        self.query_one(AskLine).ask("line", "Go to line")

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        if message.purpose == "line":
            self._go_to_line(message.value)
        else:
            self._find(message.value)

    def on_ask_line_closed(self) -> None:
        self.log_view.focus()

    def _go_to_line(self, text: str) -> None:
        digits = text.strip().replace(",", "")
        if not digits.isdecimal():
            self.query_one(AskLine).say("type a number")
            return
        self.log_view.do(lambda reader: reader.go_to_line(int(digits)))
        self.query_one(AskLine).action_close()

    def _find(self, text: str) -> None:
        try:
            pattern = compiled(text) if text else None
        except ValueError as error:
            self.query_one(AskLine).say("no regular expression")
            self.notify(str(error), severity="warning", markup=False)
            return
        self._pattern = text
        self.log_view.pattern = pattern
        self._only = self._only and pattern is not None
        self._choose()
        self.log_view.refresh()
        self.query_one(AskLine).action_close()
        if pattern is not None:
            self.log_view.do(lambda reader: reader.search(pattern))

    def action_log_next(self) -> None:
        self._search(forward=True)

    def action_log_previous(self) -> None:
        self._search(forward=False)

    def _search(self, *, forward: bool) -> None:
        pattern = self.log_view.pattern
        if pattern is None:
            self.action_log_find()
        else:
            self.log_view.do(lambda reader: reader.search(pattern, forward=forward))

    def action_log_only(self) -> None:
        """Show only what matches, or everything again."""
        if self.log_view.pattern is None:
            self._only = True
            self.action_log_find()
            return
        self._only = not self._only
        self._choose()

    def action_log_level(self) -> None:
        self._level = _LEVELS[(_LEVELS.index(self._level) + 1) % len(_LEVELS)]
        self._choose()

    def _choose(self) -> None:
        selection = Selection(self._level, self.log_view.pattern if self._only else None)
        self.log_view.do(lambda reader: setattr(reader, "selection", selection))

    # -- the rest ------------------------------------------------------------------------------------------------------------

    def action_log_follow(self) -> None:
        page = self.log_view.page
        if page is not None and page.follow:
            self.log_view.do(lambda reader: setattr(reader, "follow", False))
        else:
            self.log_view.action_end()

    def action_log_wrap(self) -> None:
        self._wrap = not self._wrap
        self.log_view.unscroll()
        self.log_view.do(lambda reader: setattr(reader, "wrap", self._wrap))

    def action_log_copy(self) -> None:
        page = self.log_view.page
        if page is not None and page.rows:
            self.app.copy("\n".join(row.text for row in page.rows), "the lines on the screen")

    def action_log_back(self) -> None:
        page = self.log_view.page
        if page is not None and page.busy.startswith("searching"):
            self.log_view.do(lambda reader: reader.cancel())
        elif self._only or self._level:
            self._only, self._level = False, Level.NONE
            self._choose()
        elif self._root is not None and self._path in self._asked:
            self._open_campaign(self._root)
        else:
            self.app.switch_mode("monitor")

    def action_campaign_freeze(self) -> None:
        super().action_campaign_freeze()
        self.log_view.pause(self.frozen)

    # -- what is said --------------------------------------------------------------------------------------------------------

    def on_log_view_changed(self, message: LogView.Changed) -> None:
        self._path = message.page.path
        self._describe(message.page)

    def _describe(self, page: Page | None) -> None:
        head, foot = self.query_one("#head", Buttons), self.query_one("#foot", Line)
        if page is None:
            head.set([])
            foot.show("")
            return
        name, mood = f" {self._called(page.path)}", f" {glyph('dot')} " + ("following" if page.follow else "not following")
        where = self._where(page)
        room = max(10, head.size.width - len(mood) - len(where) - 2)
        name = name if len(name) <= room else name[: room - 1] + glyph("ellipsis")[0]
        gap = head.size.width - len(name) - len(mood) - len(where) - 1
        head.set([(name, "bold", "log_file"), (mood, "", "log_follow"), (" " * max(1, gap) + where, "", "")])
        foot.show(" " + f" {glyph('dot')} ".join(part for part in (*self._choice(page), page.busy, page.note) if part))

    def _where(self, page: Page) -> str:
        size = formats.size(page.size)
        if page.number is None:
            return size
        return f"line {page.number:,}" + (f" of {page.total:,}" if page.total is not None else "") + f"  {size}"

    def _choice(self, page: Page) -> list[str]:
        parts = []
        if self._level:
            parts.append(f"{self._level.name.lower()}s and above" if self._level < Level.ERROR else "errors only")
        if self._only:
            parts.append(f"only /{self._pattern}/")
        elif self._pattern:
            parts.append(f"/{self._pattern}/")
        if page.chosen is not None:
            parts.append(f"{page.chosen:,} line{'' if page.chosen == 1 else 's'}")
        return parts
