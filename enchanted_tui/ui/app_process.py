"""From the command line to the app, and from the app to what goes on without it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from enchanted_tui.commands import command_line
from enchanted_tui.ui import minder
from enchanted_tui.ui.minder import MinderLink

if TYPE_CHECKING:
    from enchanted_tui.operations.in_thread import CampaignThread
    from enchanted_tui.ui.app import EnchantedApp
    from enchanted_tui.ui.settings import Settings
    from enchanted_tui.ui.shield import Terminal

_PATIENCE = 2.0  #: seconds that a quitting app waits for its campaign before it leaves it to itself


@dataclass(frozen=True)
class AppOptions:
    """What the command line says about the app."""

    target: Path | None = None  #: a run directory to open or a configuration to edit
    read_only: bool = False
    low_bandwidth: bool = False
    ascii: bool = False


def open_app(options: AppOptions) -> int:
    """Show the app until it is left; return the exit status."""
    return minder.run(lambda link: _be_the_app(options, link))


def use_low_bandwidth(
    settings: Settings, asked: bool, environment: Mapping[str, str] = os.environ
) -> bool:
    """Tell whether to spare the line: if asked to, otherwise where the terminal is reached through
    SSH.
    """
    wanted = settings.preferences.low_bandwidth
    return asked or (wanted if wanted is not None else bool(environment.get("SSH_CONNECTION")))


def spare_the_line() -> None:
    """Few repaints and no animation. Textual reads this when it is imported."""
    os.environ.setdefault("TEXTUAL_FPS", "10")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")


def _be_the_app(options: AppOptions, link: MinderLink) -> int:
    from enchanted_tui.ui import settings as settings_module
    from enchanted_tui.ui.shield import Terminal
    from enchanted_tui.ui.xdg_directories import state_dir

    settings = settings_module.load()
    spares_line = use_low_bandwidth(settings, options.low_bandwidth)
    if spares_line:
        spare_the_line()
    terminal = Terminal(state_dir() / "output.log")
    from enchanted_tui.ui.app import EnchantedApp

    if options.ascii:
        settings.preferences.ascii = True
    app = EnchantedApp(
        options.target, settings=settings, read_only=options.read_only, link=link, terminal=terminal
    )
    app.spares_line = spares_line
    result = app.run(mouse=settings.preferences.mouse)
    return _afterwards(app, result, link, terminal)


def _afterwards(app: EnchantedApp, result: str | None, link: MinderLink, terminal: Terminal) -> int:
    """The app has been left: end its campaign or go on with it."""
    from enchanted_tui.ui.background import in_time

    campaign = app.campaign
    if campaign is not None:
        campaign.supervisor.attended = False
    status = int(app.return_code or 0)
    if campaign is None or not campaign.alive:
        return status
    if app.editor is not None:
        in_time(_PATIENCE, app.editor.release_text)
    if result == "terminated":
        return _drain(campaign)
    if result == "abort":
        campaign.request("abort")
        if campaign.wait(_PATIENCE):
            return status
    elif not campaign.begun and result != "keep" and campaign.wait(_PATIENCE):
        return status
    return _carry_on(campaign, _farewell(campaign, result, app.return_code), link, terminal)


def _farewell(campaign: CampaignThread, result: str | None, return_code: int | None) -> str:
    root = campaign.root
    if result == "abort":
        return (
            f"The campaign in {root} is being aborted in the background; {command_line(root)} shows"
            " how it stands."
        )
    reason = "" if not return_code else "The app has ended because of the defect shown above. "
    return (
        f"{reason}The campaign goes on in the background (pid {os.getpid()}). To see it again:"
        f" {command_line(root)}"
    )


def _carry_on(campaign: CampaignThread, sentence: str, link: MinderLink, terminal: Terminal) -> int:
    """Let go of the terminal and of the shell, and see the campaign through."""
    from enchanted_tui.errors import ExitCode

    _steer_by_signals(campaign)
    terminal.leave()
    terminal.take_prints()
    link.send("keep", say=sentence)
    campaign.wait()
    return int(campaign.outcome.code if campaign.outcome is not None else ExitCode.DEFECT)


def _drain(campaign: CampaignThread) -> int:
    """Asked to end by a signal: as without the app, running tasks finish, and a second signal
    aborts them.
    """
    _steer_by_signals(campaign, received=1)
    sentence = f"Draining the campaign in {campaign.root}; a second signal aborts it."
    print(sentence, file=sys.__stdout__, flush=True)
    campaign.supervisor.request("drain", by="SIGTERM")
    campaign.wait()
    return 143


def _steer_by_signals(campaign: CampaignThread, received: int = 0) -> None:
    """As headless: the first SIGINT or SIGTERM drains, the second aborts, SIGHUP is ignored;
    `received` of them have come already.
    """
    count = received

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        campaign.supervisor.request(
            "drain" if count == 1 else "abort", by=signal.Signals(number).name
        )

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
