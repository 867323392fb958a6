"""Launch: how a campaign is to be started, what that will do, and the command line that does the
same.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.error_sentence import sentence
from enchanted_tui.ui.launching import Launch
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.closing import ClosedByMouse
from enchanted_tui.ui.widgets.line import Name
from enchanted_tui.ui.widgets.one_of import OneOf
from enchanted_tui.ui.widgets.typed_line import TypedLine

if TYPE_CHECKING:
    from enchanted_tui.config.models import CampaignConfig
    from enchanted_tui.journal_lines import TaskId
    from enchanted_tui.operations.preview import Preview
    from enchanted_tui.storage.lock import Holder
    from enchanted_tui.ui.app_interface import AppInterface

_TITLES = {
    "fresh": "Fresh",
    "resume": "Resume",
    "extend": "Extend",
    "auto": "Auto",
    "retry": "Retry failed",
}
_QUIET = 0.25  #: seconds without a key before consequences are worked out


@dataclass(frozen=True)
class Consequences:
    """What starting would do."""

    text: str
    config: CampaignConfig | None = None  #: None if it cannot be started
    deletes: bool = False


class LaunchScreen(Opened, ClosedByMouse, ModalScreen[Launch | None]):
    """Returns what is to be launched, or None."""

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    HELP = """\
Fresh begins in an empty directory, and deletes what an earlier campaign created there only once its
name has been typed. Resume runs what has no result on record. Extend adds the last stage's budget
to what was planned. Auto resumes if there is something to resume, otherwise it is fresh. A campaign
in this app ends with it unless you say otherwise when leaving; a detached one has a session of its
own."""
    DEFAULT_CSS = """
    LaunchScreen { align: center middle; }
    LaunchScreen > Vertical {
        width: 96; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
    }
    LaunchScreen > Vertical { border: round $primary; background: $surface; }
    LaunchScreen Horizontal { height: 1; }
    LaunchScreen #buttons { align-horizontal: right; margin: 1 0 0 0; }
    LaunchScreen .name { width: 11; text-style: bold; }
    LaunchScreen Input, LaunchScreen Input:focus {
        height: 1; border: none; padding: 0; background: $panel; width: 1fr;
    }
    LaunchScreen #what {
        height: auto; max-height: 10; min-height: 6; margin: 1 0 0 0; background: $boost; padding: 0
        1;
    }
    LaunchScreen.-tall #what { max-height: 18; }
    LaunchScreen #same { margin: 1 0 0 0; color: $text-muted; }
    LaunchScreen Button { margin: 0 0 0 1; min-width: 4; padding: 0 1; }
    LaunchScreen #confirm { display: none; height: auto; }
    LaunchScreen VerticalScroll { scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("ctrl+j,ctrl+r", "start", "Start", show=False),
        Binding("f1", "app.everywhere_help", "Help", show=False),
    ]

    def __init__(
        self,
        target: Path,
        mode: str | None,
        only: tuple[TaskId, ...] | None = None,
        *,
        busy: bool = False,
        text: str | None = None,
    ) -> None:
        super().__init__()
        self._asked = Launch(target, mode or "auto", only=only, detached=busy, text=text)
        self._mode_is_given = mode is not None
        self._busy = busy  #: another campaign runs in this app
        self._known = Consequences("...")
        self._generation = 0

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            self.tell_how_to_close(box)
            box.border_title = (
                "Start a campaign"
                if not self._asked.is_run_dir
                else f"{_TITLES[self._asked.mode]}: {self._asked.target.name}"
            )
            with Horizontal():
                yield Label("Config" if not self._asked.is_run_dir else "Run", classes="name")
                target = Name()
                target.show(str(self._asked.target))
                yield target
            with Horizontal():
                yield Label("Mode", classes="name")
                yield OneOf(
                    {mode: _TITLES[mode] for mode in self._modes}, self._asked.mode, id="mode"
                )
            if not self._asked.is_run_dir:
                with Horizontal():
                    yield Label("Directory", classes="name")
                    directory = TypedLine(
                        id="directory", placeholder="supervisor.base_run_dir of the configuration"
                    )
                    directory.cursor_blink = False
                    yield directory
            with Horizontal():
                yield Label("Where", classes="name")
                places = {"detached": "detached: in a session of its own"}
                if not self._busy:
                    places = {"here": "in this app", **places}
                yield OneOf(places, "detached" if self._busy else "here", id="where")
            with VerticalScroll(id="what", can_focus=True):
                yield Static(id="consequences", markup=False)
            with Vertical(id="confirm"):
                yield Label("", id="confirm-label", markup=False)
                typed = TypedLine(id="typed")
                typed.cursor_blink = False
                yield typed
            yield Static(id="same", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Start", id="start", variant="primary", disabled=True, compact=True)

    @property
    def _modes(self) -> list[str]:
        if self._asked.mode == "retry":
            return ["retry"]
        return (
            ["resume", "extend"]
            if self._asked.is_run_dir
            else ["fresh", "resume", "extend", "auto"]
        )

    def on_mount(self) -> None:
        # where Enter does nothing while the consequences are not known
        self.set_focus(self.query_one("#what"))
        self._work_out()

    # -- what is asked -----------------------------------------------------------------------------

    def on_one_of_changed(self, event: OneOf.Changed) -> None:
        if event.chooser.id == "mode":
            self._mode_is_given = True
            self._change(replace(self._asked, mode=event.value))
        else:
            self._change(replace(self._asked, detached=event.value == "detached"))

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "directory":
            self._change(replace(self._asked, base_run_dir=event.value.strip() or None))
        else:
            self._allow_start()

    def _change(self, asked: Launch) -> None:
        if asked != self._asked:
            self._asked = asked
            self._work_out()

    def _work_out(self) -> None:
        """Work out the consequences of what is asked now, once the keys rest."""
        self._generation += 1
        self.query_one("#start", Button).disabled = True
        run_newest(self, "consequences", self._consequences_of, self._generation)

    async def _consequences_of(self, generation: int) -> None:
        await asyncio.sleep(_QUIET if generation > 1 else 0)
        if generation != self._generation:
            return
        asked = self._asked
        if not self._mode_is_given:
            asked = replace(asked, mode=await in_thread(asked.own_mode))
        known = await in_thread(consequences, asked)
        if generation == self._generation:
            if not self._mode_is_given:
                self._take_mode(asked.mode)
            self._show(known)

    def _take_mode(self, mode: str) -> None:
        """Choose what the configuration says."""
        self._mode_is_given = True
        self._asked = replace(self._asked, mode=mode)
        self.query_one("#mode", OneOf).choose(mode)

    # -- what it would do --------------------------------------------------------------------------

    def _show(self, known: Consequences) -> None:
        self._known = known
        saved = (
            f"Start saves the changes to {self._asked.target.name} first.\n"
            if self._asked.text is not None
            else ""
        )
        self.query_one("#consequences", Static).update(Text(saved + known.text))
        confirm = self.query_one("#confirm")
        confirm.display = known.deletes
        if known.deletes:
            self.query_one("#confirm-label", Label).update(
                f"Type {self._directory_name} to delete it and begin anew:"
            )
        self._show_command()
        self._allow_start()
        self._offer()

    def _offer(self) -> None:
        """Go where the person has to go on: to the name to type if something is deleted, else to
        Start. Leave alone who is choosing.
        """
        if self.focused is self.query_one("#what"):
            possible = "#cancel" if self.query_one("#start", Button).disabled else "#start"
            self.set_focus(self.query_one("#typed" if self._known.deletes else possible))

    @property
    def _directory_name(self) -> str:
        return "" if self._known.config is None else self._known.config.base_run_dir.name

    def _show_command(self) -> None:
        asked = replace(self._asked, overwrite=self._known.deletes)
        self.query_one("#same", Static).update(Text("$ " + asked.command_line(self.app.home)))

    def _allow_start(self) -> None:
        may = self._known.config is not None
        if self._known.deletes:
            may = may and self.query_one("#typed", Input).value.strip() == self._directory_name
        self.query_one("#start", Button).disabled = not may

    # -- the end -----------------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "start":
            self.action_start()
        else:
            self.dismiss(None)

    def action_start(self) -> None:
        if not self.query_one("#start", Button).disabled:
            self.dismiss(replace(self._asked, overwrite=self._known.deletes))

    def action_cancel(self) -> None:
        self.dismiss(None)


def consequences(asked: Launch) -> Consequences:
    """Say what starting would do. Reads configuration and run directory, and imports plugins: not
    for the event loop.
    """
    from enchanted_tui.operations import actions
    from enchanted_tui.operations.preview import preview
    from enchanted_tui.operations.removing import what_a_campaign_created
    from enchanted_tui.storage.layout import CampaignDirectory
    from enchanted_tui.supervisor.free_directory import has_record

    try:
        config = asked.configuration()
        holder = actions.who_runs(config.base_run_dir)
        if holder is not None:
            return Consequences(_runs_already(config.base_run_dir, holder))
        if asked.mode == "retry":
            return Consequences(_retried(asked, config), config)
        shown = preview(config)
    # whatever makes it impossible is what the person has to know
    except Exception as error:  # noqa: BLE001
        return Consequences(sentence(error)[0])
    run_dir = CampaignDirectory(config.base_run_dir)
    occupied = shown.mode == "fresh" and run_dir.root.is_dir() and bool(os.listdir(run_dir.root))
    if occupied:
        listed = "\n".join(
            f"  {line}" for line in what_a_campaign_created(run_dir.root, config.path)
        )
        what = "the campaign" if has_record(run_dir) else "what there is of a campaign"
        return Consequences(
            f"This deletes {what} in {run_dir.root}:\n{listed}\n\n{_in_order(shown, notes=False)}",
            config,
            deletes=True,
        )
    possible = shown.mode == "fresh" or has_record(run_dir)
    return Consequences(_in_order(shown), config if possible else None)


def _runs_already(root: Path, holder: Holder) -> str:
    return (
        f"The campaign in {root} runs already ({holder.describe()}), so nothing can be started"
        " there. Wait for its end, or stop it (S); then open this dialog again."
    )


def _in_order(shown: Preview, *, notes: bool = True) -> str:
    """Return the preview with what there is to note about it first: reasons matter more than
    samples.
    """
    said = "\n".join(shown.notes) + "\n\n" if notes and shown.notes else ""
    return said + replace(shown, notes=()).as_text()


def _retried(asked: Launch, config: CampaignConfig) -> str:
    from enchanted_tui.operations import actions

    failed = set(actions.read_state(config.base_run_dir).failed_tasks())
    chosen = len(failed) if asked.only is None else len(failed.intersection(asked.only))
    return (
        f"{chosen} of {len(failed)} failed tasks run again, and everything that was computed from"
        " them. Their rows are replaced; nothing else is touched."
    )
