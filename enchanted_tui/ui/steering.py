"""What a person can do to a campaign from any screen that shows one, or has one selected."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from enchanted_tui.campaign_status import Phase
from enchanted_tui.commands import command_line
from enchanted_tui.ui.app_interface import Steer
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editing import edit_config_of
from enchanted_tui.ui.handing_on import share
from enchanted_tui.ui.report_writing import write_report_of
from enchanted_tui.ui.widgets.dialog import Choice, Dialog

_DRAIN = Choice("drain", "Drain", "d")
_ABORT = Choice("abort", "Abort", "a", destroys=True)


class SteeringScreen(AppScreen):
    """A screen on which a campaign can be steered: `target` is its run directory, `target_phase`
    how it stands.
    """

    @property
    def target(self) -> Path | None:
        return None

    @property
    def target_phase(self) -> Phase:
        return Phase.UNKNOWN

    def _needs_target(self) -> Path | None:
        if self.target is None:
            self.app.notify(
                "No campaign is open; choose one on the screen Runs.", severity="warning"
            )
        return self.target

    def action_campaign_pause(self) -> None:
        """Pause, or continue what is paused."""
        self._steer("continue" if self.target_phase is Phase.PAUSED else "pause")

    def action_campaign_drain(self) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(self._drain(root))

    def action_campaign_abort(self) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(self._abort(root))

    def action_campaign_stop(self) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(self._stop(root))

    def action_campaign_resume(self) -> None:
        self._launch("resume")

    def action_campaign_extend(self) -> None:
        self._launch("extend")

    def action_campaign_retry(self) -> None:
        self._launch("retry")

    def action_campaign_rebuild(self) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(self._rebuild(root))

    def action_campaign_add_points(self) -> None:
        from enchanted_tui.ui.adding_points import add_points  # what it asks with is much

        root = self._needs_target()
        if root is not None:
            self.app.perform(add_points(self.app, self, root))

    def action_campaign_share(self) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(share(self.app, self, root))

    def action_campaign_edit(self) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(edit_config_of(self.app, root))

    def action_campaign_report(self) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(write_report_of(self, root))

    # -- how ---------------------------------------------------------------------------------------

    def _steer(self, action: Steer) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.perform(self.app.steer(root, action))

    def _launch(self, mode: Literal["resume", "extend", "retry"]) -> None:
        root = self._needs_target()
        if root is not None:
            self.app.open_launch(root, mode, under=self)

    async def _stop(self, root: Path) -> None:
        await self._end(
            root,
            "stop",
            "Drain: nothing new is begun, running tasks finish and are recorded.\n"
            "Abort: running tasks are killed; they run again on resume.\n"
            "Either way nothing that has finished is lost.",
            _DRAIN,
            _ABORT,
        )

    async def _drain(self, root: Path) -> None:
        await self._end(
            root,
            "drain",
            "Nothing new is begun; running tasks finish and are recorded. The campaign can be"
            " resumed.",
            _DRAIN,
        )

    async def _abort(self, root: Path) -> None:
        text = (
            "Running tasks are killed; they run again on resume. Nothing that has finished is lost."
        )
        await self._end(root, "abort", text, _ABORT)

    async def _end(self, root: Path, verb: str, text: str, *choices: Choice) -> None:
        """Ask whether a campaign is to end, if somebody runs it, and have it ended."""
        from enchanted_tui.operations import actions

        await in_thread(actions.holder_to, verb, root)
        title = f"{verb.capitalize()} the campaign in {root.name}"
        answer = await self.app.ask(
            self, Dialog(title, text, [Choice("stay", "Let it run"), *choices])
        )
        if answer in ("drain", "abort"):
            await self.app.steer(root, "drain" if answer == "drain" else "abort")

    async def _rebuild(self, root: Path) -> None:
        answer = await self.app.ask(
            self,
            Dialog(
                f"Rebuild the files of {root.name}",
                "Dataset, failures, runs.h5 and progress files are written anew from the record."
                " What was edited by hand in them is lost; a directory of the older program is"
                f" taken over first.\n\n{command_line('--rebuild', root)}",
                [Choice("stay", "Leave them"), Choice("rebuild", "Rebuild", destroys=True)],
            ),
        )
        if answer == "rebuild":
            from enchanted_tui.operations import actions

            self.app.notify(f"Writing the files of {root.name} anew.")
            config = await in_thread(actions.configuration, root)
            names = await in_thread(actions.rebuild, root, config)
            self.app.notify(f"Written anew in {root.name}: {', '.join(names)}.", markup=False)
            self.app.refresh_view()
