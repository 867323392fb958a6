"""Screens that lie over another one and come back when their run is shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.ui.opening import OpenedOfRun

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices, OpenRun

#: What can lie over a mode, in the order in which one lies over the other.
KINDS = ("plots", "file", "task")


class KeptOver(OpenedOfRun):
    """Mixed into a screen of one run; its run keeps that it lay over a mode, and its choices, until
    a person leaves it.
    """

    KIND = ""  #: one of `KINDS`

    def choices(self) -> Choices:
        """Return what brings it back, as JSON has it."""
        raise NotImplementedError

    def note_choices(self) -> None:
        """Have its run keep it."""
        run = self.own_run
        if run is None or run.viewer is not self.run_shown or self.has_left or not self.is_mounted:
            return
        self.keep(run)

    def keep(self, run: OpenRun) -> None:
        """Keep it in its run."""
        run.over.setdefault(self.mode_below, {})[self.KIND] = self.choices()

    def before_it_goes(self) -> None:
        self.note_choices()

    def leave(self) -> None:
        """Leave because a person has had enough of it."""
        if self.own_run is not None:
            self.own_run.over.get(self.mode_below, {}).pop(self.KIND, None)
        self.dismiss()
