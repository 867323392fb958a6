"""The terminal application: modes, the open campaign, and the campaign that runs in this process."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.app import App
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import Worker

from enchanted_tui.ui import glyphs, session, themes
from enchanted_tui.ui.actions import bindings, registry
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.feed import Feed, FeedFailed, ViewUpdated
from enchanted_tui.ui.problems import sentence
from enchanted_tui.ui.settings import Settings
from enchanted_tui.ui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from enchanted_tui.supervisor.viewing import View, Viewer

MODE_NAMES = ("runs", "config", "monitor", "failures", "results", "log")


def _screen(mode: str) -> Callable[[], Screen[Any]]:
    """Give what makes the screen of a mode, imported when it is first shown."""

    def make() -> Screen[Any]:
        try:
            module = importlib.import_module(f"enchanted_tui.ui.screens.{mode}")
        except ModuleNotFoundError as error:
            if error.name != f"enchanted_tui.ui.screens.{mode}":
                raise
            return CampaignScreen()
        found: Screen[Any] = getattr(module, f"{mode.capitalize()}Screen")()
        return found

    return make


class EnchantedApp(App[str]):
    """The app. `target` is a run directory to open, a configuration to edit, or None for the list of runs."""

    TITLE = "enchanted-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {mode: _screen(mode) for mode in MODE_NAMES}
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [(0, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [(0, "-short"), (36, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *(f"everywhere.{mode}" for mode in MODE_NAMES),
        "everywhere.help",
        "everywhere.palette",
        "everywhere.theme",
        "everywhere.zoom",
        "everywhere.screen_text",
        "everywhere.suspend",
        "everywhere.quit",
    )

    def __init__(self, target: Path | None = None, *, settings: Settings | None = None, read_only: bool = False) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.home = Path.cwd()  #: the working directory at the start; plugins may change the process's
        self.started_at = time.monotonic()
        self.target = target
        self.read_only = read_only or self.settings.preferences.read_only
        self.root: Path | None = None
        self.viewer: Viewer | None = None
        self.view: View | None = None
        self._feed: Feed | None = None
        glyphs.use_ascii(self.settings.preferences.ascii)
        for theme in themes.OWN:
            self.register_theme(theme)

    # -- start and end ------------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        memory = session.read()
        self.theme = memory.theme if memory.theme in themes.theme_names() else self.settings.preferences.theme
        self.set_keymap(self.settings.preferences.keymap)
        target = self.target
        if target is None:
            self.switch_mode("runs")
        elif target.is_dir():
            self.open_run(target)
            self.switch_mode("monitor")
        else:
            self.switch_mode("config")

    # -- the open campaign --------------------------------------------------------------------------------------------------------

    def open_run(self, root: Path) -> None:
        """Make a run directory the one that all screens show."""
        from enchanted_tui.supervisor.viewing import Viewer

        self.close_run()
        self.root = Path(os.path.abspath(self.home / root))
        self.viewer = Viewer(self.root)
        self._feed = Feed(self, self.viewer)
        self._feed.start()
        session.update(seen=self.root, last_run=str(self.root))

    def close_run(self) -> None:
        """Show no campaign any more."""
        if self._feed is not None:
            self._feed.close()
        self.root = self.viewer = self.view = self._feed = None
        self._hand_on(None)

    def refresh_view(self) -> None:
        """Read the run directory again soon."""
        if self._feed is not None:
            self._feed.wake()

    def on_view_updated(self, message: ViewUpdated) -> None:
        if self.viewer is not None and message.view.root == self.viewer.run_dir.root:
            self.view = message.view
            self._hand_on(message.view)

    def on_feed_failed(self, message: FeedFailed) -> None:
        try:
            line = self.screen.query_one(StatusLine)
        except NoMatches:
            return
        line.notice = message.sentence
        line.check()

    def _hand_on(self, view: View | None) -> None:
        """Give the view to what can be seen: the topmost screen and, below dialogs, the next."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, CampaignScreen):
                screen.receive(view)
            if not screen.is_modal:
                return

    # -- actions ------------------------------------------------------------------------------------------------------------------

    def action_everywhere_runs(self) -> None:
        self._show_mode("runs")

    def action_everywhere_config(self) -> None:
        self._show_mode("config")

    def action_everywhere_monitor(self) -> None:
        self._show_mode("monitor")

    def action_everywhere_failures(self) -> None:
        self._show_mode("failures")

    def action_everywhere_results(self) -> None:
        self._show_mode("results")

    def action_everywhere_log(self) -> None:
        self._show_mode("log")

    def action_everywhere_quit(self) -> None:
        self.exit("quit")

    def _show_mode(self, mode: str) -> None:
        if not self.screen.is_modal:
            self.switch_mode(mode)

    # -- what screens ask of the app ----------------------------------------------------------------------------------------------

    def perform(self, work: Coroutine[Any, Any, Any]) -> Worker[None]:
        """Do something that takes time or asks questions; what goes wrong is said in a sentence and never ends the app."""

        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - the last resort before the app would end
                self.complain(error)

        return self.run_worker(guarded(), exit_on_error=False)

    def complain(self, error: BaseException) -> None:
        """Say what went wrong."""
        text, mendable = sentence(error)
        self.notify(text, title="" if mendable else "A defect of enchanted-tui", severity="error", timeout=12, markup=False)

    async def steer(self, root: Path, action: Literal["pause", "continue", "drain", "abort"]) -> None:
        """Ask whoever runs the campaign in `root`, here or elsewhere."""
        from enchanted_tui.supervisor import actions

        self.notify(await in_thread(actions.steer, root, action), markup=False)
        self.refresh_view()

    def is_refused(self, action: str) -> bool:
        """Tell whether an action (by its method's name) is refused because this app only looks."""
        return self.read_only and any(known.method == action and known.changes for known in registry().values())
