"""The part of the app that has several runs open: a tab each, one of which all screens show."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.css.query import NoMatches

from enchanted_tui.ui import remembered
from enchanted_tui.ui.bringing_back import again
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.feed import FeedFailed, ViewUpdated
from enchanted_tui.ui.hosting import CampaignEnded, Hosting
from enchanted_tui.ui.open_run import OpenRun, from_json
from enchanted_tui.ui.opening import OpenedOfRun
from enchanted_tui.ui.screens.kept_over import KINDS, KeptOver
from enchanted_tui.ui.widgets.status_line import StatusLine
from enchanted_tui.ui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from textual.widget import AwaitMount

    from enchanted_tui.operations.in_thread import CampaignThread
    from enchanted_tui.ui.run_watch import RunWatch
    from enchanted_tui.views.run_alerts import RunAlert
    from enchanted_tui.views.viewing import View

_JUST_TOLD = 30.0  #: seconds after the end of a campaign in this process, of which one is told then
MOST = 8  #: runs that are open at a time, each with its record in memory
#: The modes that show a run. From the others one goes to the one in which it was seen last.
_OF_A_RUN = ("monitor", "failures", "results", "log")


class OpenRuns(Hosting):
    """Opens, shows and closes runs; `run` is the one that all screens show, and `root`, `viewer`
    and `view` are of it.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.runs: list[OpenRun] = []
        self.run_shown: OpenRun | None = None
        self.root: Path | None = None
        self.view: View | None = None
        self._shown_lately: list[OpenRun] = []  #: the latest last
        #: whose end has been told, and when
        self._told_end: tuple[CampaignThread | None, float] = (None, 0.0)

    # -- opening and closing -----------------------------------------------------------------------

    def open_run(self, root: Path) -> None:
        """Make a run directory the one that all screens show, read anew; it has a tab from then
        on.
        """
        root = Path(os.path.abspath(self.home / root))
        run = self.run_at(root)
        if run is None:
            run = OpenRun(root)
            self._make_room()
            place = self.runs.index(self.run_shown) + 1 if self.run_shown else len(self.runs)
            self.runs.insert(place, run)
        self.note_choices()
        run.end()
        self._show(run)
        self._remember(seen=run.root, last_run=str(run.root))

    def run_at(self, root: Path) -> OpenRun | None:
        """Return the open run in a directory."""
        place = Path(os.path.realpath(root))
        return next((run for run in self.runs if run.place == place), None)

    def _make_room(self) -> None:
        """Close the run that was not looked at for longest, where there are as many as there can
        be.
        """
        if len(self.runs) < MOST:
            return
        oldest = min(
            (run for run in self.runs if run is not self.run_shown),
            key=lambda run: self._shown_lately.index(run) if run in self._shown_lately else -1,
        )
        self.close_run(oldest.root)
        self.notify(
            f"{MOST} runs can be open, so {oldest.root.name} was closed; it is on the screen Runs.",
            timeout=30,
            markup=False,
        )

    def close_run(self, root: Path | None = None) -> None:
        """Close a run, by default the one that is shown; the one beside it is shown then, or no
        campaign any more.
        """
        run = self.run_shown if root is None else self.run_at(root)
        if run is None:
            return
        place = self.runs.index(run)
        self.runs.remove(run)
        if run in self._shown_lately:
            self._shown_lately.remove(run)
        if run is self.run_shown:
            self._show(self.runs[min(place, len(self.runs) - 1)] if self.runs else None)
        run.end()
        self._remember()
        self.show_tabs()

    def show_run(self, run: OpenRun) -> None:
        """Go to an open run: on the screen that is there or, from one that shows no run, where it
        was seen last. Not while a dialog asks something about another.
        """
        if self.leaving or self.screen.is_modal or run not in self.runs:
            return
        if run is not self.run_shown:
            self.note_choices()
            self._show(run)
            remembered.update(last_run=str(run.root))
        if self.current_mode not in _OF_A_RUN:
            self.show_mode(run.mode)
        else:
            self.call_later(self.bring_back_what_lay_over)

    def _show(self, run: OpenRun | None) -> None:
        """Have all screens show a run, or none."""
        if self.run_shown is not None and self.run_shown is not run:
            self.run_shown.rest()
        self.run_shown = run
        if run is None:
            self.root = self.viewer = self.view = None
        else:
            self._shown_lately = [*(one for one in self._shown_lately if one is not run), run]
            self.root, self.viewer, self.view = run.root, run.begin(self), run.view
            if self.current_mode in _OF_A_RUN:
                run.mode = self.current_mode
        self.title_bar.show(self.view)
        self.leave_stale()
        self._hand_on(self.view)
        self.show_tabs()

    # -- what is new of them -----------------------------------------------------------------------

    def refresh_view(self) -> None:
        """Read the run directory again soon."""
        if self.run_shown is not None:
            self.run_shown.wake()

    def on_view_updated(self, message: ViewUpdated) -> None:
        run = next(
            (one for one in self.runs if one.viewer is (message.viewer or self.viewer)), None
        )
        if (
            run is None
            or run.viewer is None
            or message.view.root != run.viewer.run_dir.root
            or message.viewer not in (None, run.viewer)
        ):
            return  # of a run that has been closed in the meantime, or opened anew
        run.take(message.view)
        if run.entry is not None:
            self.known_runs.see([run.entry])
        if run is not self.run_shown:
            return
        self.view = message.view
        self._hand_on(message.view)
        self.title_bar.show(message.view)
        self.ask_whether_to_go_on(message.view)

    def on_feed_failed(self, message: FeedFailed) -> None:
        if message.viewer is not self.viewer:
            return
        try:
            line = self.screen.query_one(StatusLine)
        except NoMatches:
            return
        line.notice = message.sentence
        line.check()

    def _hand_on(self, view: View | None) -> None:
        """Return the view to what can be seen: the topmost screen and, below dialogs, the next."""
        for screen in reversed(self.screen_stack if self.is_running else ()):
            if isinstance(screen, CampaignScreen):
                screen.receive(view)
            if not screen.is_modal:
                return

    def show_tabs(self) -> None:
        """Have the bar of tabs say what is so now."""
        for bar in self.screen.query(TabBar) if self.is_running and self.screen_stack else ():
            bar.check()

    # -- all known runs ----------------------------------------------------------------------------

    @cached_property
    def known_runs(self) -> RunWatch:
        """What is known of all runs."""
        from enchanted_tui.ui.run_watch import RunWatch

        return RunWatch(self)

    def look_at_runs(self) -> None:
        """Look at all known runs now and then, from now on."""
        self.set_interval(1.0, self._look_at_runs)

    def _look_at_runs(self) -> None:
        self.known_runs.look_if_due()

    def on_campaign_ended(self, message: CampaignEnded) -> None:
        self._told_end = (message.campaign, time.monotonic())
        if self.settings.preferences.bell:
            self.bell()

    def tell(self, alert: RunAlert) -> None:
        """Tell of something that has happened to a run; not of what a campaign in this process
        says by itself.
        """
        from enchanted_tui.ui.telling import tell
        from enchanted_tui.views.run_alerts import ENDS, Event

        hosted, (told, at) = self.campaign, self._told_end
        if hosted is not None and hosted.root.resolve() == alert.root:
            is_told = told is not hosted or time.monotonic() - at < _JUST_TOLD
            if alert.event in ENDS and is_told:
                return
            if alert.event is Event.PAUSED and self.root == hosted.root:
                return  # a dialog asks whether to go on
        tell(self, self.write_to_terminal, alert)

    # -- screens -----------------------------------------------------------------------------------

    def switch_mode(self, mode: str) -> AwaitMount:
        """Go to a mode, which shows nothing of another run from the first key on."""
        mounted = super().switch_mode(mode)
        if isinstance(self.screen, CampaignScreen) and self.screen.is_mounted:
            self.screen.take_up_run()
        if self.run_shown is not None and mode in _OF_A_RUN:
            self.run_shown.mode = mode
            self.call_later(self.bring_back_what_lay_over)
        self.show_tabs()
        return mounted

    def bring_back_what_lay_over(self) -> None:
        """Open what lay over this screen when its run was shown last."""
        run, mode = self.run_shown, self.current_mode
        if (
            run is None
            or not isinstance(self.screen, CampaignScreen)
            or isinstance(self.screen, OpenedOfRun)
        ):
            return
        kept = run.over.get(mode, {})
        for kind in (kind for kind in KINDS if kind in kept):
            screen = again(kind, kept[kind], run, mode)
            if screen is not None:
                self.open_over(self.screen, screen)

    def note_choices(self) -> None:
        """Have the run that is shown keep what has been chosen on the screens that can be seen;
        others have done so when they were left.
        """
        for screen in self.screen_stack:
            if isinstance(screen, CampaignScreen | KeptOver):
                screen.note_choices()

    # -- remembering -------------------------------------------------------------------------------

    async def _shutdown(self) -> None:
        self.note_choices()
        self._remember()
        await super()._shutdown()
        if "known_runs" in vars(self):
            self.known_runs.close()
        for run in self.runs:
            run.end()

    def _remember(self, **more: Any) -> None:
        """Remember which runs are open, and `more`; not of a session that was started for one run
        or file and has opened no other, for that may be a short look.
        """
        if self.target is None or len(self.runs) > 1:
            more["tabs"] = [run.as_json() for run in self.runs]
        if more:
            remembered.update(**more)

    def bring_back(self, memory: remembered.Memory) -> None:
        """Open the runs that were open last, as far as they are still there, and show the one that
        was. Others are read once they are shown.
        """
        for content in memory.tabs[:MOST]:
            run = from_json(content)
            if run is not None and run.root.is_dir() and self.run_at(run.root) is None:
                self.runs.append(run)
        if memory.last_run is None or not Path(memory.last_run).is_dir():
            return
        last = self.run_at(Path(memory.last_run))
        if last is None:
            self.open_run(Path(memory.last_run))
        else:
            self._show(last)

    # -- actions -----------------------------------------------------------------------------------

    def action_show_tab(self, place: int) -> None:
        """Go to the run with this place among the tabs, from 0."""
        if 0 <= place < len(self.runs):
            self.show_run(self.runs[place])

    def action_close_tab(self, place: int) -> None:
        """Close the run with this place among the tabs, from 0."""
        if 0 <= place < len(self.runs) and not self.screen.is_modal:
            self.close_tabs([self.runs[place]])

    def action_everywhere_next_tab(self) -> None:
        self._step(1)

    def action_everywhere_previous_tab(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        if self.run_shown is None or len(self.runs) < 2:
            self.notify("No other run is open; Enter on the screen Runs (1) opens one.")
            return
        place = self.runs.index(self.run_shown) + by
        self.show_run(self.runs[place % len(self.runs)])

    def action_everywhere_close_tab(self) -> None:
        if self.run_shown is None:
            self.notify("No run is open.")
        else:
            self.close_tabs([self.run_shown])

    def close_tabs(self, runs: Sequence[OpenRun]) -> None:
        """Close runs; after the last one the list of runs is shown."""
        self.note_choices()
        for run in runs:
            self.close_run(run.root)
        if not self.runs and self.current_mode in _OF_A_RUN:
            self.show_mode("runs")
        else:
            self.call_later(self.bring_back_what_lay_over)

    def action_everywhere_tabs(self) -> None:
        self.perform(self._choose_tab())

    async def _choose_tab(self) -> None:
        from enchanted_tui.ui.widgets.chooser import Chooser

        if not self.runs:
            self.notify("No run is open; Enter on the screen Runs (1) opens one.")
            return
        runs = list(self.runs)
        current = runs.index(self.run_shown) if self.run_shown in runs else 0
        lines = [f"{run.root.name}  {run.phase}  {run.root.parent}" for run in runs]
        chosen = await self.ask(self.screen, Chooser("Open runs", lines, current))
        if chosen is not None:
            self.show_run(runs[chosen])
