"""The view of the open campaign, handed to the screen that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType

from enchanted_tui.campaign_status import Phase
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import Given, RunGone, in_thread
from enchanted_tui.ui.steering import SteeringScreen

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices, OpenRun
    from enchanted_tui.views.viewing import View, Viewer


#: For the end of a screen's bindings: their hints make room for those of the screen itself.
GOING_ON = ("campaign.resume", "campaign.extend")


class CampaignScreen(SteeringScreen):
    """A screen that shows the open campaign.

    Override `compose_body` and `show`; `show` is called with every new view, at most twice a
    second, unless the display is frozen, and with the latest one when the screen is shown again.
    `view` and `viewer` are None while no campaign is open.

    Whatever a screen keeps of a run goes when another is shown, or the same one anew:
    `show_nothing` comes before its first view. What is read in a thread goes through `read_of_run`,
    which ends whoever asked if the run has been closed meanwhile.

    What a person has chosen goes into the run's own record before (`choices`, under the name
    `KEPT`), and comes from there when the run is shown again (`restore`).
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "campaign.freeze", "campaign.pause", "campaign.stop", "campaign.retry", "campaign.edit",
        "campaign.add_points", "campaign.drain", "campaign.abort", "campaign.rebuild",
        "campaign.share", "campaign.report",
    )  # fmt: skip

    KEPT = ""  #: the name of this screen's choices; none are kept without one
    view: View | None = None
    frozen = False
    #: another one whenever another run is shown, or the same one again: what belongs to it
    showing: object = None
    _viewer_shown: Viewer | None = None
    _run: OpenRun | None = None  #: whose choices the widgets show

    @property
    def viewer(self) -> Viewer | None:
        """The open campaign's read model."""
        return self.app.viewer

    @property
    def target(self) -> Path | None:
        return self.app.root

    @property
    def target_phase(self) -> Phase:
        return self.app.view.phase if self.app.view is not None else Phase.UNKNOWN

    def show(self, view: View) -> None:
        """Show the campaign."""

    def show_nothing(self) -> None:
        """No campaign is open, or another one has been opened that has not been read yet: drop what
        was read.
        """

    def forget_choices(self) -> None:
        """Another run is shown: drop what a person has chosen that means something in the one
        before only.
        """

    def choices(self) -> Choices:
        """Return what a person has chosen that means something in this run only, as JSON has it."""
        return {}

    def restore(self, choices: Mapping[str, Any]) -> None:
        """Choose again what `choices` has once given, after `forget_choices` and `show_nothing`.

        It may come from a file, and of an earlier record: whatever cannot be had is left out.
        """

    def note_choices(self) -> None:
        """Have the run that is shown here keep what has been chosen."""
        if self.KEPT and self._run is not None and self.is_mounted:
            self._run.choices[self.KEPT] = self.choices()

    async def read_of_run(
        self, viewer: Viewer, function: Callable[..., Given], *args: Any
    ) -> Given:
        """Call `function` in a thread for a run, and return what it gives; raises RunGone if the
        run is not shown any more, or not still, or the screen is being taken away.
        """
        showing = self.showing

        def is_gone() -> bool:
            return viewer is not self.viewer or showing is not self.showing or self.is_going

        try:
            found = await in_thread(function, *args)
        except Exception:
            if is_gone():
                raise RunGone from None  # a closed journal may lead to anything
            raise
        if is_gone():
            raise RunGone
        return found

    def receive(self, view: View | None) -> None:
        """Take the latest view; shown at once unless frozen, or when the screen resumes if it is
        still being composed.
        """
        if view is None:
            self.view, self.frozen = None, False
        # being composed, or taken down
        if self.app.leaving or not (self.is_mounted and self.display):
            return
        dropped = self.take_up_run()
        if view is None:
            self._show_status(None)
            if not dropped:
                self.show_nothing()
        elif not self.frozen:
            changed = self.view is None or view.revision != self.view.revision
            self.view = view
            self._show_status(view, changed=changed)
            self.show(view)

    def take_up_run(self) -> bool:
        """Drop what belongs to a run that is not shown any more, and choose what has been chosen in
        the one that is; return whether there was anything to do.
        """
        if self.viewer is self._viewer_shown:
            return False
        self.note_choices()
        self._viewer_shown, self.view, self.frozen = self.viewer, None, False
        self.showing = object()
        run = self.app.run_shown
        if run is not self._run:
            self._run = run
            self.forget_choices()
        self.show_nothing()
        if run is not None and self.KEPT in run.choices:
            self.restore(run.choices[self.KEPT])
        return True

    def on_screen_suspend(self) -> None:
        self.note_choices()

    def on_screen_resume(self) -> None:
        view = self.app.view
        if view is not None or self.view is not None:
            self.receive(view)
        elif self.is_mounted and not self.app.leaving:
            self._show_status(None)

    def action_campaign_freeze(self) -> None:
        """Hold the display still, or let it catch up."""
        self.frozen = not self.frozen
        self.status_line.frozen = self.frozen
        self.status_line.check()
        if not self.frozen:
            self.receive(self.app.view)

    def _show_status(self, view: View | None, *, changed: bool = False) -> None:
        line = self.status_line
        line.frozen = self.frozen
        if view is None:
            line.show(root=self.app.root, phase=Phase.UNKNOWN)
            return
        holder = (
            view.holder.describe()
            if view.holder is not None and view.phase is not Phase.FINISHED
            else ""
        )
        line.show(
            root=view.root,
            phase=self.target_phase,
            holder=holder,
            read_at=view.read_at,
            changed=changed,
        )
