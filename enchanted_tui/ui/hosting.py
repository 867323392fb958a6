"""The campaign that runs in this process, and how the app leaves it: on request, by a signal, or
because the terminal has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.worker import Worker

from enchanted_tui.campaign_status import Phase
from enchanted_tui.ui import remembered
from enchanted_tui.ui.background import guarded, in_thread
from enchanted_tui.ui.error_sentence import sentence
from enchanted_tui.ui.launching import Launch
from enchanted_tui.ui.menus import Menus
from enchanted_tui.ui.picturing import Picturing
from enchanted_tui.ui.terminal_title import TerminalTitle
from enchanted_tui.ui.xdg_directories import state_dir

if TYPE_CHECKING:
    from enchanted_tui.operations.in_thread import CampaignThread
    from enchanted_tui.ui.app_interface import Editor
    from enchanted_tui.ui.asking import PersonAtTheApp
    from enchanted_tui.ui.minder import MinderLink
    from enchanted_tui.ui.shield import Terminal
    from enchanted_tui.views.viewing import View

_LOOK_AFTER = 5.0  #: seconds between two looks at what foreign code may have changed


class CampaignEnded(Message):
    """The campaign in this process is over."""

    def __init__(self, campaign: CampaignThread) -> None:
        super().__init__()
        self.campaign = campaign


class Hosting(Menus, Picturing):
    """The part of the app that owns a campaign and answers to the process's surroundings."""

    def __init__(
        self, *, link: MinderLink | None = None, terminal: Terminal | None = None, **more: Any
    ) -> None:
        if terminal is not None:
            from enchanted_tui.ui.driver import PatientDriver

            more["driver_class"] = PatientDriver
        super().__init__(**more)
        self.link, self.terminal = link, terminal
        #: the working directory at the start; nothing may change what relative paths mean
        self.home = Path.cwd()
        self.campaign: CampaignThread | None = None
        self._person: PersonAtTheApp | None = None  #: answers what the campaign's log-ins ask
        self.editor: Editor | None = None  #: the configuration's, once there is one
        self.title_bar = TerminalTitle(self.write_to_terminal)
        self._leave_when_ended = False
        self._asked_at = 0.0  #: when the pause began about which the person has been asked last

    def perform(self, work: Coroutine[Any, Any, Any]) -> Worker[None]:
        """Do something that takes time or asks questions; what goes wrong is said in a sentence and
        never ends the app.
        """
        return self.run_worker(guarded(self, work), exit_on_error=False)

    def complain(self, error: BaseException) -> None:
        """Say what went wrong."""
        text, mendable = sentence(error)
        self.notify(
            text,
            title="" if mendable else "A defect of enchanted-tui",
            severity="error",
            timeout=12,
            markup=False,
        )

    # -- surroundings ------------------------------------------------------------------------------

    def take_prints(self) -> None:
        """From now on what Python prints goes to the log."""
        if self.terminal is not None:
            self.terminal.take_prints()

    def attach_to_surroundings(self) -> None:
        """Listen to the process that minds the terminal, to signals, and to the terminal's end.

        Called once a screen is there: an end that comes in the middle of composing it would look
        like a defect.
        """
        if self.terminal is None or self.link is None:
            return
        loop = asyncio.get_running_loop()
        self.terminal.watch(lambda: _call_soon(loop, self.terminal_gone))
        loop.add_reader(self.link.fileno(), self._hear)
        self._take_signals()
        self.set_interval(_LOOK_AFTER, self._look_after_surroundings)

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.terminal_gone)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.exit, "terminated")

    def _look_after_surroundings(self) -> None:
        """Take back what foreign code in this process may have changed."""
        self._take_signals()
        resized = signal.getsignal(signal.SIGWINCH)
        if resized is not None:
            signal.signal(signal.SIGWINCH, resized)
        if self.terminal is not None:
            self.terminal.trim()

    def terminal_gone(self) -> None:
        """End the display in order; a campaign in this process goes on without it."""
        if self.terminal is not None:
            self.terminal.leave()
        self.exit("keep")

    def _hear(self) -> None:
        assert self.link is not None
        for message in self.link.receive():
            if message["do"] == "hangup":
                self.terminal_gone()
            elif message["do"] == "suspend":
                self.action_everywhere_suspend()
        if self.link.closed:
            asyncio.get_running_loop().remove_reader(self.link.fileno())
            self.terminal_gone()

    def _lend_terminal(self, reply: str, do: str, **more: Any) -> dict[str, Any]:
        """Let the process that minds the terminal do something with it, and wait; campaign and feed
        go on meanwhile.
        """
        assert self.link is not None
        with self.suspend():
            self.link.send(do, **more)
            while not self.link.closed:
                for message in self.link.receive():
                    if message["do"] == reply:
                        return message
                    if message["do"] == "hangup":
                        self.call_next(self.terminal_gone)
                        return {}
        self.call_next(self.terminal_gone)
        return {}

    def action_everywhere_suspend(self) -> None:
        """Return the terminal back to the shell until it continues us."""
        if self.link is None:
            self.notify("There is no shell to go back to.", severity="warning")
            return
        self._lend_terminal("resumed", "stop")

    def run_in_terminal(self, command: Sequence[str]) -> int:
        """Lend the terminal to a program such as ``$EDITOR`` and give its exit status; 127 if there
        is no such program.
        """
        if self.link is None:
            if shutil.which(command[0]) is None:
                return 127
            with self.suspend():
                return subprocess.run(command, cwd=self.home, check=False).returncode
        return int(
            self._lend_terminal("done", "run", command=list(command), cwd=str(self.home)).get(
                "code", 1
            )
        )

    # -- starting ----------------------------------------------------------------------------------

    @property
    def hosts_campaign(self) -> bool:
        """Whether a campaign runs in this process."""
        return self.campaign is not None and self.campaign.alive

    async def launch(self, asked: Launch) -> Path:
        """Start a campaign session; return its run directory. Raises what a person is told, before
        anything has been changed.
        """
        config = await in_thread(asked.configuration)
        root: Path = config.base_run_dir
        self.clear_notifications()  # how an earlier session of it ended is the past now
        if asked.detached:
            await self._launch_detached(asked, root)
        else:
            self.host(asked.supervisor(config))
        remembered.update(seen=root)
        return root

    def host(self, supervisor: Any) -> None:
        """Run a campaign in a thread of this process."""
        from enchanted_tui.errors import RefusedError
        from enchanted_tui.operations.in_thread import CampaignThread

        if self.hosts_campaign:
            raise RefusedError(
                "A campaign runs in this app already; start this one detached, or in another"
                " terminal."
            )
        from enchanted_tui.ui.asking import PersonAtTheApp

        loop = asyncio.get_running_loop()
        person = self._person = PersonAtTheApp(self)

        def ended(campaign: CampaignThread) -> None:
            person.end()
            _call_soon(loop, self.post_message, CampaignEnded(campaign))

        campaign = self.campaign = CampaignThread(supervisor, ended)
        supervisor.attended = True
        person.begin()
        if self.link is not None:
            self.link.send("campaign", root=str(campaign.root))
        campaign.start()

    def ask_whether_to_go_on(self, view: View) -> None:
        """Ask, once, what becomes of the campaign in this process where its own rules have paused
        it.
        """
        record, campaign = view.snapshot.guard, self.campaign
        if record is None or view.phase is not Phase.PAUSED or record["time"] == self._asked_at:
            return
        if campaign is None or not campaign.alive or campaign.root.resolve() != view.root:
            return
        from enchanted_tui.ui.screens.paused import PausedDialog

        def take(answer: str | None) -> None:
            if answer == "continue":
                campaign.request("continue")
            elif answer == "drain":
                campaign.request("drain")
            self.refresh_view()

        self._asked_at = record["time"]
        self.open_on_top(PausedDialog(campaign.root, record), take)
        self.bell()

    async def _launch_detached(self, asked: Launch, root: Path) -> None:
        from enchanted_tui.errors import EnvironmentProblem
        from enchanted_tui.operations.detached import start_detached

        log = state_dir() / "detached" / f"{root.name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
        started = await in_thread(start_detached, asked.arguments(), root, log, self.home)
        if started.exit_code:
            raise EnvironmentProblem(
                started.output or f"The campaign ended at once with exit code {started.exit_code}."
            )
        self.notify(
            f"The campaign in {root.name} runs in the background (pid {started.pid}).", markup=False
        )

    # -- ending ------------------------------------------------------------------------------------

    def exit(self, *args: Any, **named: Any) -> None:
        """End the app; what its editor has not saved is offered by the next one."""
        self.leaving = True
        if self.editor is not None:
            self.editor.leave_text()
        super().exit(*args, **named)

    def on_unmount(self) -> None:
        if self._person is not None:
            self._person.end()  # a campaign that goes on without the app asks nobody

    def on_campaign_ended(self, message: CampaignEnded) -> None:
        ended = message.campaign
        if self._leave_when_ended:
            self.exit("quit")
            return
        if ended.error is not None:
            text, mendable = sentence(ended.error)
            self.notify(
                text,
                title=f"{ended.root.name} could not go on",
                severity="error",
                timeout=10,
                markup=False,
            )
            if not mendable:
                self.notify("The log has the details.", severity="error", timeout=10)
        elif ended.outcome is not None:
            said = ended.outcome.message or ended.outcome.reason.replace("_", " ")
            severity = "information" if ended.outcome.code == 0 else "warning"
            self.notify(
                said,
                title=f"{ended.root.name} has ended",
                severity=severity,  # type: ignore[arg-type]
                timeout=10,
                markup=False,
            )
            if ended.supervisor.config.supervisor.notify == "bell":
                self.bell()

    def action_everywhere_quit(self) -> None:
        """Leave; with a campaign in this process, ask what becomes of it."""
        from enchanted_tui.ui.screens.quit import QuitDialog

        if self.screen.is_modal:
            self.screen.dismiss("stay" if isinstance(self.screen, QuitDialog) else None)
        elif self.editor is not None and self.editor.unsaved() is not None:
            self.perform(self._settle_and_quit(self.editor))
        elif self.hosts_campaign:
            assert self.campaign is not None
            self.perform(self._ask_and_quit(self.campaign.root))
        else:
            self.exit("quit")

    async def action_quit(self) -> None:
        """Leave by Textual's own key (Ctrl+Q) no faster than by ours."""
        self.action_everywhere_quit()

    async def _settle_and_quit(self, editor: Editor) -> None:
        if await editor.settle_unsaved(self.screen):
            self.action_everywhere_quit()

    async def _ask_and_quit(self, root: Path) -> None:
        from enchanted_tui.ui.screens.quit import QuitDialog

        answer = await self.ask(self.screen, QuitDialog(root, stopping=self._leave_when_ended))
        if answer == "drain" and self.campaign is not None:
            self._leave_when_ended = True
            self.campaign.request("drain")
            self.notify(
                "Draining; the app closes when running tasks have finished. q asks again.",
                timeout=10,
            )
            if not self.campaign.alive:
                self.exit("quit")
        elif answer in ("keep", "abort"):
            self.exit(answer)


def _call_soon(loop: asyncio.AbstractEventLoop, function: Any, *args: Any) -> None:
    # the loop has ended, and with it whoever wanted to know
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *args)
