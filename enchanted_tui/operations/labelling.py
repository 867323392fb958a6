"""Give a run tags and a note."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.storage.labels import Labels, read_labels, write_labels
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.views.known_runs import is_run


def label(root: Path, *, tags: Sequence[str] = (), note: str | None = None) -> Labels:
    """Change the tags of a run (a word adds one, ``word-`` takes it away) and, unless it is None,
    its note; return what it has then. Whether the campaign runs does not matter.

    Raises RefusedError for what is no tag or note, EnvironmentProblem if the directory is no run
    directory or cannot be written.
    """
    run_dir = CampaignDirectory(root.resolve())
    if not is_run(run_dir.root):
        raise EnvironmentProblem(f"{root} is not a run directory, so it has no tags and no note.")
    before = read_labels(run_dir.labels)
    try:
        labels = before.with_tags(tags)
        labels = labels if note is None else labels.with_note(note)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    if labels != before:
        try:
            run_dir.state.mkdir(exist_ok=True)
            write_labels(run_dir.labels, labels)
        except OSError as error:
            raise EnvironmentProblem(
                f"{run_dir.labels} cannot be written ({error.strerror}); the run keeps the tags and"
                " the note that it has."
            ) from error
    return labels
