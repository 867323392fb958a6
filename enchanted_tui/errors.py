"""What a person can mend, and the exit codes that say to scripts what kind of thing it is."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    COMPLETED = 0  #: the campaign completed; failed samples are data
    DEFECT = 1  #: a defect of the program
    USAGE = 2  #: the command line or the configuration is wrong
    ENVIRONMENT = (
        3  #: directory in use or not empty, nothing to resume, disk full, no permission ...
    )
    FAILURES = 4  #: every task failed, or too many, or the first, or the latest ones
    INTERRUPTED = 130  #: drained or aborted, by SIGINT or on request; resumable
    TERMINATED = 143  #: the same by SIGTERM


class UserError(Exception):
    """Something that a person can mend: its text says what is wrong and what to do. Command line
    and app show the text alone; an error that is none of these is a defect of the program.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.ENVIRONMENT


class EnvironmentProblem(UserError):
    """The environment does not allow to go on; the message is one sentence with the remedy."""


class RefusedError(UserError):
    """What was asked makes no sense, or contradicts what is recorded; the message says what and
    what to do.
    """

    exit_code = ExitCode.USAGE
