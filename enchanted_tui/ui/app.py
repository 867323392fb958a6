"""The terminal application: modes, the open campaign, and the campaign that runs in this
process.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.events import Event, Key
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import TextArea

from enchanted_tui.ui import glyphs, remembered, themes
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.app_interface import Steer
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.kept_rules import KeptRules
from enchanted_tui.ui.open_runs import OpenRuns
from enchanted_tui.ui.settings import Settings

if TYPE_CHECKING:
    from enchanted_tui.journal_lines import TaskId

#: What widgets call going to their first or last line.
_TO_AN_END = {
    "start": ("action_first", "action_home", "action_scroll_home"),
    "end": ("action_last", "action_end", "action_scroll_end"),
}
MODE_NAMES = ("runs", "config", "monitor", "failures", "results", "log")


def _screen(mode: str) -> Callable[[], Screen[Any]]:
    """Return what makes the screen of a mode, imported when it is first shown."""

    def make() -> Screen[Any]:
        module = importlib.import_module(f"enchanted_tui.ui.screens.{mode}")
        found: Screen[Any] = getattr(module, f"{mode.capitalize()}Screen")()
        return found

    return make


def _commands() -> type[Provider]:
    from enchanted_tui.ui.palette import ActionCommands

    return ActionCommands


class EnchantedApp(OpenRuns):
    """The app. `target` is a run directory to open, a configuration to edit, or None for the list
    of runs.
    """

    TITLE = "enchanted-tui"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        mode: _screen(mode) for mode in MODE_NAMES
    }
    ENABLE_COMMAND_PALETTE = (
        False  # or Textual binds a key to it that the user's keymap cannot take away
    )
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (110, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *(f"everywhere.{mode}" for mode in MODE_NAMES),
        "everywhere.help",
        "everywhere.palette",
        "everywhere.menu",
        "everywhere.here",
        "everywhere.settings",
        "everywhere.theme",
        "everywhere.zoom",
        "everywhere.screen_text",
        "everywhere.next_tab",
        "everywhere.previous_tab",
        "everywhere.close_tab",
        "everywhere.tabs",
        "everywhere.suspend",
        "everywhere.quit",
    ) + [
        Binding("f22", "everywhere_here", show=False),  # what many terminals send for Shift+F10
        # priority: dialogs get no other keys of the app
        Binding("ctrl+home", "to_an_end('start')", show=False, priority=True),
        Binding("ctrl+end", "to_an_end('end')", show=False, priority=True),
        Binding("ctrl+shift+home", "to_an_end('start', True)", show=False, priority=True),
        Binding("ctrl+shift+end", "to_an_end('end', True)", show=False, priority=True),
    ]

    def __init__(
        self,
        target: Path | None = None,
        *,
        settings: Settings | None = None,
        read_only: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.settings = settings or Settings()
        for theme in themes.OWN:
            self.register_theme(theme)
        self._memory = remembered.read()
        self._begin_with(self._theme_of(self._memory))
        self.stylesheet = KeptRules(variables=self.theme_variables)
        self.use_command_palette = True
        self.target = target
        self.read_only = read_only or self.settings.preferences.read_only
        #: for a file or a template that somebody has asked for, not for whatever was left
        self.editor_is_wanted = False
        glyphs.use_ascii(self.settings.preferences.ascii)

    def _theme_of(self, memory: remembered.Memory) -> str:
        """Return the theme that was chosen last, or else the preferred one."""
        if memory.theme is not None and memory.theme in themes.theme_names():
            return memory.theme
        return self.settings.preferences.theme

    def _begin_with(self, name: str) -> None:
        """Have a dark theme from the first picture on: one that comes later has all that is shown
        styled once more. A light one, or one of the terminal's colours, changes more than styles.
        """
        theme = self.available_themes[name]
        if theme.dark and not theme.ansi:
            self.set_reactive(App.theme, name)
            self.set_class(True, f"-theme-{name}", update=False)

    async def on_event(self, event: Event) -> None:
        """Escape takes away what has been said in the corner, besides what else it does: it lies
        over what one wants to read.
        """
        if isinstance(event, Key) and event.key == "escape" and not event.is_forwarded:
            self.clear_notifications()
        await super().on_event(event)

    # -- start and end -----------------------------------------------------------------------------

    async def on_mount(self) -> None:
        self.take_prints()
        self.theme = self._theme_of(self._memory)
        self.set_keymap(self.settings.preferences.keymap)
        await self._show_first(self._memory)
        self.attach_to_surroundings()
        self.look_at_runs()
        self.call_after_refresh(self._tell_mistakes)

    async def _show_first(self, memory: remembered.Memory) -> None:
        """Show what was asked for, or what was shown last."""
        target = self.target
        if target is not None and target.is_dir():
            self.open_run(target)
            await self.switch_mode("monitor")
        elif target is not None:
            await self.switch_mode("config")
        else:
            self.bring_back(memory)
            await self.switch_mode(
                memory.mode if self.root and memory.mode in MODE_NAMES else "runs"
            )

    def _tell_mistakes(self) -> None:
        """Say what is wrong with the preferences."""
        for problem in self.settings.problems[:3]:
            self.notify(
                str(problem),
                title="Settings",
                severity="error" if problem.severity == "error" else "warning",
                timeout=10,
                markup=False,
            )

    def on_unmount(self) -> None:
        theme = self.theme if self.theme != self.settings.preferences.theme else None
        remembered.update(
            mode=self.current_mode,
            last_run=None if self.root is None else str(self.root),
            theme=theme,
        )
        self.title_bar.restore()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what is done to all that is painted.

        Without colours (`NO_COLOR`) it is our filter in place of Textual's shades of grey; in
        ASCII, its frames and marks are replaced.
        """
        filters = super().get_line_filters()
        if self.no_color:
            from enchanted_tui.ui.uncoloured import filter_on

            filters = (filter_on(self.theme_variables["background"]),)
        if glyphs.is_ascii():
            from enchanted_tui.ui.ascii_only import ascii_filter

            filters = (*filters, ascii_filter())
        return filters

    # -- actions -----------------------------------------------------------------------------------

    def action_everywhere_runs(self) -> None:
        self.show_mode("runs")

    def action_everywhere_config(self) -> None:
        self.show_mode("config")

    def action_everywhere_monitor(self) -> None:
        self.show_mode("monitor")

    def action_everywhere_failures(self) -> None:
        self.show_mode("failures")

    def action_everywhere_results(self) -> None:
        self.show_mode("results")

    def action_everywhere_log(self) -> None:
        self.show_mode("log")

    async def action_everywhere_help(self) -> None:
        from enchanted_tui.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.open_over(self.screen, HelpScreen(self.screen))

    def action_everywhere_palette(self) -> None:
        self.action_command_palette()

    def action_everywhere_theme(self) -> None:
        names = [theme.name for theme in themes.OWN]
        self.theme = (
            names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]
        )
        self.notify(f"Theme: {self.theme}")

    def action_everywhere_zoom(self) -> None:
        if self.screen.maximized is not None:
            self.screen.minimize()
        elif self.screen.focused is not None:
            self.screen.maximize(self.screen.focused)

    def action_to_an_end(self, which: Literal["start", "end"], select: bool = False) -> None:
        """Go to the first or last line of what has the focus; `select` what is between, where text
        can be selected.
        """
        focused = self.screen.focused
        if isinstance(focused, TextArea):
            focused.move_cursor((0, 0) if which == "start" else focused.document.end, select=select)
            return
        found = next(
            (getattr(focused, name) for name in _TO_AN_END[which] if hasattr(focused, name)), None
        )
        if found is not None:
            found()

    def action_everywhere_screen_text(self) -> None:
        from enchanted_tui.ui.clipboard import screen_text

        self.copy(screen_text(self.screen), "the screen")

    def copy(self, text: str, what: str) -> None:
        """Copy a text through the terminal, and write it to a file for terminals that do not take
        it.
        """
        from enchanted_tui.ui.clipboard import write_out

        self.copy_to_clipboard(text)
        path = write_out(text)
        where = f"; also in {path}" if path is not None else ""
        self.notify(f"Copied {what}{where}", markup=False)

    # -- what screens ask of the app ---------------------------------------------------------------

    async def steer(self, root: Path, action: Steer) -> None:
        """Ask whoever runs the campaign in `root`, here or elsewhere."""
        from enchanted_tui.operations import actions

        self.notify(await in_thread(actions.steer, root, action), markup=False)
        self.refresh_view()

    def open_launch(
        self,
        target: Path,
        mode: str | None = None,
        only: tuple[TaskId, ...] | None = None,
        *,
        under: Screen[Any] | None = None,
        text: str | None = None,
        save: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Ask how to start a campaign from a configuration file or a run directory, and start it.

        `mode` is a run mode or "retry" (with `only`: these tasks instead of all that failed); None
        is the configuration's own. It is asked on behalf of `under`, by default of the screen that
        is on top now. A file that is to say `text` is saved by `save` once the person has chosen to
        start, and nothing is started if that gives False.
        """
        from enchanted_tui.ui.screens.launch import LaunchScreen

        asking = under or self.screen

        async def ask() -> None:
            dialog = LaunchScreen(
                self.home / target, mode, only, busy=self.hosts_campaign, text=text
            )
            asked = await self.ask(asking, dialog)
            if asked is not None and save is not None:
                asked = replace(asked, text=None) if await save() else None
            if asked is not None:
                root = await self.launch(asked)
                self.open_run(root)
                self.show_mode("monitor")

        if self.read_only:
            self.notify(
                "This app only looks (--read-only), so it starts nothing.", severity="warning"
            )
        else:
            self.perform(ask())
