"""Exceptions as sentences for people: the one place where it is decided what is a person's to
mend.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

from enchanted_tui.errors import ExitCode, UserError
from enchanted_tui.executors.task_end import environment_error, explained
from enchanted_tui.whole_files import InTheWayError


@dataclass(frozen=True)
class Explanation:
    """What went wrong, in a sentence, and the exit code of a command that ends with it."""

    text: str
    exit_code: ExitCode

    @property
    def is_defect(self) -> bool:
        """True if it is no person's to mend."""
        return self.exit_code is ExitCode.DEFECT


def explanation(error: BaseException) -> Explanation:
    """Return what an exception means."""
    if isinstance(error, UserError):
        return Explanation(str(error), error.exit_code)
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
        return Explanation(f"{error.filename}: {error.strerror}", ExitCode.ENVIRONMENT)
    if _is_refused(error):
        return Explanation(explained(error), ExitCode.ENVIRONMENT)
    if (cause := environment_error(error)) is not None:
        return Explanation(explained(cause), ExitCode.ENVIRONMENT)
    return Explanation(f"{type(error).__name__}: {error}", ExitCode.DEFECT)


def _is_refused(error: BaseException) -> bool:
    return isinstance(error, PermissionError | InTheWayError) or (
        isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
    )
