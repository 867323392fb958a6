"""What an edited configuration says otherwise than the one that is stored: with the run that it was
for, or else in its file.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from enchanted_tui.errors import UserError
from enchanted_tui.operations import actions

_AROUND = 3  #: lines that stay the same, around those that do not


@dataclass(frozen=True)
class Difference:
    """Two texts compared: lines as ``diff -u`` gives them, none where the texts are the same."""

    stored: str  #: with what the edited text is compared, as people call it
    lines: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines are new and how many have gone."""
        body = [line for line in self.lines if not line.startswith(("---", "+++"))]
        return (
            sum(line.startswith("+") for line in body),
            sum(line.startswith("-") for line in body),
        )


def difference(text: str, path: Path | None, root: Path | None) -> Difference:
    """Compare an edited text with what the run in `root` was started with, if it was started from
    the file `path`, and else with that file.
    """
    stored = _stored_with_run(path, root) if root is not None else None
    if stored is None and path is not None and path.is_file():
        stored = path
    if stored is None:
        return _compared("", "nothing, as it has not been saved yet", text)
    # bytes that are no UTF-8 are shown as such
    before = stored.read_text(encoding="utf-8-sig", errors="replace")
    return _compared(before, str(stored), text)


def _stored_with_run(path: Path | None, root: Path) -> Path | None:
    """Return the run's own copy of a configuration, if this is the file that it was read from."""
    try:
        original = actions.original_config(root)
        if original is not None and original.path == path:
            return original.stored
        stored = actions.stored_config(root).path
    except (UserError, OSError):
        return None
    return stored if path is None or path.resolve() == stored.resolve() else None


def _compared(before: str, name: str, text: str) -> Difference:
    lines = difflib.unified_diff(
        before.splitlines(), text.splitlines(), name, "edited", lineterm="", n=_AROUND
    )
    return Difference(name, tuple(lines))
