"""Tell somebody that a session of a campaign has ended: ``supervisor.notify``."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.record.outcome import Outcome

BELL = "bell"  #: the one that is left to whoever has a terminal

log = logging.getLogger(__name__)


def run_command(config: CampaignConfig, outcome: Outcome) -> None:
    """Start the command that the configuration names, without a shell and without waiting for it; a
    bell is not our business.
    """
    command = command_of(config.supervisor.notify)
    if not command:
        return
    known = {
        "ENCHANTED_RUN_DIR": str(config.base_run_dir),
        "ENCHANTED_CAMPAIGN": config.base_run_dir.name,
        "ENCHANTED_OUTCOME": outcome.reason.value,
        "ENCHANTED_EXIT_CODE": str(int(outcome.code)),
        "ENCHANTED_MESSAGE": outcome.message,
    }
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=config.base_dir,
            env={**os.environ, **known},
            start_new_session=True,
        )
    except OSError as error:
        log.warning(
            f"supervisor.notify: {command[0]} cannot be run ({error.strerror}); nobody was told"
            " that the campaign has ended"
        )


def command_of(notify: str | list[str] | None) -> list[str]:
    """Return the command and its arguments; none where there is only a bell to ring, or nothing."""
    if notify is None or notify == BELL:
        return []
    return shlex.split(notify) if isinstance(notify, str) else list(notify)
