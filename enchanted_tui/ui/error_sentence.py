"""What went wrong, as a sentence for the person at the screen."""

from __future__ import annotations


def sentence(error: BaseException) -> tuple[str, bool]:
    """Say what went wrong, and whether it is something a person can mend (or a defect of the
    program). The app reaches for many files of many kinds: it takes no error of one for a defect.
    """
    from enchanted_tui.operations.explaining import explanation

    found = explanation(error)
    if found.is_defect and isinstance(error, OSError) and error.strerror:
        return ": ".join(str(part) for part in (error.filename, error.strerror) if part), True
    return found.text, not found.is_defect
