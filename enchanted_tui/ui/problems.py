"""What went wrong, as a sentence for the person at the screen."""

from __future__ import annotations


def sentence(error: BaseException) -> tuple[str, bool]:
    """Say what went wrong, and whether it is something a person can mend (or a defect of the
    program).
    """
    from enchanted_tui.config.problems import ConfigError
    from enchanted_tui.record.outcome import EnvironmentProblem, RefusedError
    from enchanted_tui.storage.lock import DirectoryInUseError
    from enchanted_tui.ui.editor.files import FileProblem

    if isinstance(
        error, ConfigError | RefusedError | EnvironmentProblem | DirectoryInUseError | FileProblem
    ):
        return str(error), True
    if isinstance(error, OSError) and error.strerror:
        return ": ".join(str(part) for part in (error.filename, error.strerror) if part), True
    return f"{type(error).__name__}: {error}", False
