"""What screens and dialogs may ask of the app that shows them. `EnchantedApp` gives it; nothing
below the app knows more of that, so that each screen can be understood and moved without the app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from textual.app import App
from textual.screen import Screen
from textual.worker import Worker

from enchanted_tui.ui.settings import Settings

if TYPE_CHECKING:
    from textual.geometry import Offset
    from textual.signal import Signal
    from textual.widget import AwaitMount

    from enchanted_tui.journal_lines import TaskId
    from enchanted_tui.ui.launching import Launch
    from enchanted_tui.ui.open_run import OpenRun
    from enchanted_tui.ui.opened import Opened
    from enchanted_tui.ui.pictures.picture_board import PictureBoard
    from enchanted_tui.ui.pictures.terminal_ability import Ability
    from enchanted_tui.views.known_runs import RunEntry
    from enchanted_tui.views.run_alerts import RunAlert
    from enchanted_tui.views.viewing import View, Viewer

Answer = TypeVar("Answer")
Steer = Literal["pause", "continue", "drain", "abort"]


class Editor(Protocol):
    """What the app asks of the editor before it ends."""

    def unsaved(self) -> str | None:
        """Say what would be lost if the app ended now; None if nothing."""

    async def settle_unsaved(self, under: Screen[Any] | None = None) -> bool:
        """Ask what to do with unsaved changes before they are lost; return False to stay."""

    def leave_text(self) -> None:
        """Write down what is not saved, because the app ends now."""

    def release_text(self) -> None:
        """Let another app offer what is not saved, though this process goes on with a campaign."""


class Watch(Protocol):
    """What screens ask of what is known of all runs."""

    entries: dict[Path, RunEntry]
    listed: bool  #: somebody sees all of them
    searched: bool  #: also those that nobody has named are among them
    looked: Signal[dict[Path, RunEntry]]  #: published with the entries after each look

    def look(self, *, search: bool = False) -> None:
        """Look soon; with `search` also for run directories that nobody has named."""


class AppInterface(App[str]):
    """The app as its screens know it."""

    settings: Settings
    home: Path  #: the working directory at the start, where relative paths begin
    target: Path | None  #: what the app was started for
    read_only: bool
    runs: list[OpenRun]  #: those that are open, in the order of their tabs
    run_shown: OpenRun | None  #: the one of them that all screens show
    root: Path | None  #: its run directory
    viewer: Viewer | None = None  #: its read model
    view: View | None  #: the latest picture of it
    editor: Editor | None  #: the configuration's, once there is one
    editor_is_wanted: bool  #: for a file or a template that somebody has asked for
    #: the app ends, its screens with it: nothing is opened any more, and no key or click heard
    leaving = False
    spares_line = False  #: little is to be sent to the terminal

    @property
    def hosts_campaign(self) -> bool:
        """Whether a campaign runs in this process."""
        raise NotImplementedError

    def perform(self, work: Coroutine[Any, Any, Any]) -> Worker[None]:
        """Do something that takes time or asks questions; what goes wrong is said in a sentence and
        never ends the app.
        """
        raise NotImplementedError

    def complain(self, error: BaseException) -> None:
        """Say what went wrong."""
        raise NotImplementedError

    def copy(self, text: str, what: str) -> None:
        """Copy a text through the terminal, and write it to a file for terminals that do not take
        it.
        """
        raise NotImplementedError

    def is_refused(self, action: str) -> bool:
        """Tell whether an action (by its method's name) is refused because this app only looks."""
        raise NotImplementedError

    def say_refused(self, action: str) -> None:
        """Say that an action (by its method's name) is refused, and why."""
        raise NotImplementedError

    def open_menu_at(self, place: Offset) -> None:
        """Open a menu of what can be done on the screen with what has the focus."""
        raise NotImplementedError

    def run_in_terminal(self, command: Sequence[str]) -> int:
        """Lend the terminal to a program such as ``$EDITOR`` and return its exit status; 127 if
        there is no such program.
        """
        raise NotImplementedError

    @property
    def pictures(self) -> PictureBoard:
        """What real pictures are on the terminal."""
        raise NotImplementedError

    async def picture_ability(self) -> Ability | str:
        """Ask the terminal how it shows pictures, which takes up to a few seconds; return that, or
        the sentence that says why it does not.
        """
        raise NotImplementedError

    # -- screens -----------------------------------------------------------------------------------

    def show_mode(self, mode: str) -> AwaitMount | None:
        """Go to a mode; not while a dialog asks something, which would be left open behind it."""
        raise NotImplementedError

    def open_over(self, under: Screen[Any], screen: Opened) -> bool:
        """Open a screen on behalf of `under`; not if that is not on top any more. Tell whether it
        was opened.
        """
        raise NotImplementedError

    def open_on_top(self, screen: Opened, take: Callable[[Any], None]) -> None:
        """Open a dialog over whatever there is, for what cannot wait; `take` is given the
        answer.
        """
        raise NotImplementedError

    async def ask(
        self, under: Screen[Any], dialog: Screen[Answer], *, late: bool = False
    ) -> Answer | None:
        """Ask on behalf of `under` and return the answer; None if that is not on top any more, as
        if the person had not asked.

        With `late`, for what comes unasked or after a while, wait until `under` is on top. For
        workers.
        """
        raise NotImplementedError

    # -- campaigns ---------------------------------------------------------------------------------

    def open_run(self, root: Path) -> None:
        """Make a run directory the one that all screens show, read anew; it has a tab from then
        on.
        """
        raise NotImplementedError

    def show_run(self, run: OpenRun) -> None:
        """Go to an open run: on the screen that is there or, from one that shows no run, where it
        was seen last. Not while a dialog asks something about another.
        """
        raise NotImplementedError

    def run_at(self, root: Path) -> OpenRun | None:
        """Return the open run in a directory."""
        raise NotImplementedError

    def close_run(self, root: Path | None = None) -> None:
        """Close a run, by default the one that is shown; the one beside it is shown then, or no
        campaign any more.
        """
        raise NotImplementedError

    def close_tabs(self, runs: Sequence[OpenRun]) -> None:
        """Close runs that are open; after the last one the list of runs is shown."""
        raise NotImplementedError

    @property
    def known_runs(self) -> Watch:
        """What is known of all runs."""
        raise NotImplementedError

    def tell(self, alert: RunAlert) -> None:
        """Tell of something that has happened to a run."""
        raise NotImplementedError

    def refresh_view(self) -> None:
        """Read the run directory again soon."""
        raise NotImplementedError

    async def steer(self, root: Path, action: Steer) -> None:
        """Ask whoever runs the campaign in `root`, here or elsewhere."""
        raise NotImplementedError

    async def launch(self, asked: Launch) -> Path:
        """Start a campaign session; return its run directory. Raises what a person is told, before
        anything has been changed.
        """
        raise NotImplementedError

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
        raise NotImplementedError
