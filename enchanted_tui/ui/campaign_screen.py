"""The view of the open campaign, handed to the screen that shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType

from enchanted_tui.campaign_status import Phase
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import Given, RunGone, in_thread
from enchanted_tui.ui.steering import SteeringScreen

if TYPE_CHECKING:
    from enchanted_tui.views.viewing import View, Viewer


#: For the end of a screen's bindings: their hints make room for those of the screen itself.
GOING_ON = ("campaign.resume", "campaign.extend")


class CampaignScreen(SteeringScreen):
    """A screen that shows the open campaign.

    Override `compose_body` and `show`; `show` is called with every new view, at most twice a
    second, unless the display is frozen, and with the latest one when the screen is shown again.
    `view` and `viewer` are None while no campaign is open.

    Whatever a screen keeps of a run goes when another is opened, or the same one anew:
    `show_nothing` comes before its first view. What is read in a thread goes through `read_of_run`,
    which ends whoever asked if the run has been closed meanwhile.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "campaign.freeze", "campaign.pause", "campaign.stop", "campaign.retry", "campaign.edit",
        "campaign.add_points", "campaign.drain", "campaign.abort", "campaign.rebuild",
        "campaign.share", "campaign.report",
    )  # fmt: skip

    view: View | None = None
    frozen = False
    _viewer_shown: Viewer | None = None
    _root_shown: Path | None = None

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
        """Another run has been opened: drop what a person has chosen that means something in the
        one before only.
        """

    async def read_of_run(
        self, viewer: Viewer, function: Callable[..., Given], *args: Any
    ) -> Given:
        """Call `function` in a thread for a run, and return what it gives; raises RunGone if the
        run is not the open one any more.
        """
        try:
            found = await in_thread(function, *args)
        except Exception:
            if viewer is not self.viewer:
                raise RunGone from None  # a closed journal may lead to anything
            raise
        if viewer is not self.viewer:
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
        self.take_up_run()
        if view is None:
            self._show_status(None)
            self.show_nothing()
        elif not self.frozen:
            changed = self.view is None or view.revision != self.view.revision
            self.view = view
            self._show_status(view, changed=changed)
            self.show(view)

    def take_up_run(self) -> None:
        """Drop what belongs to a run that is not the open one any more."""
        if self.viewer is not self._viewer_shown:
            self._viewer_shown, self.view, self.frozen = self.viewer, None, False
            if self.app.root != self._root_shown:
                self._root_shown = self.app.root
                self.forget_choices()
            self.show_nothing()

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
