"""How a campaign's session ended, and the exit codes that say so to scripts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from enchanted_tui.campaign_status import EndReason


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    COMPLETED = 0  #: the campaign completed; failed samples are data
    DEFECT = 1  #: a defect of the program
    USAGE = 2  #: the command line or the configuration is wrong
    ENVIRONMENT = (
        3  #: directory in use or not empty, nothing to resume, disk full, no permission ...
    )
    FAILURES = 4  #: every task failed, or max_failures stopped the campaign
    INTERRUPTED = 130  #: drained or aborted, by SIGINT or on request; resumable
    TERMINATED = 143  #: the same by SIGTERM


class EnvironmentProblem(Exception):
    """The environment does not allow to go on; the message is one sentence with the remedy."""


class RefusedError(Exception):
    """What was asked makes no sense, or contradicts what is recorded; the message says what and
    what to do.
    """


@dataclass(frozen=True)
class Outcome:
    """How a session ended."""

    code: ExitCode
    reason: EndReason
    message: str = ""
