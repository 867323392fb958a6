"""Whether a run directory is free for a fresh campaign, and whether one is recorded in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.record.journal import holds_records
from enchanted_tui.record.older.adopt import is_older_run
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import DirectoryInUseError, is_alive, look_at
from enchanted_tui.whole_files import InTheWayError, check_in_place

if TYPE_CHECKING:
    from enchanted_tui.config.models import CampaignConfig

#: Asked before existing results are deleted: takes the question, gives the answer.
Confirm = Callable[[str], bool]


def check_files(*paths: Path) -> None:
    """Raise EnvironmentProblem if something else is in the place of a file of the campaign's;
    opening it could wait for ever.
    """
    found = []
    for path in paths:
        try:
            check_in_place(path)
        except InTheWayError as error:
            found.append(f"{path}: {error.strerror}.")
        except OSError:
            continue  # whoever needs it says why it cannot be had
    if found:
        raise EnvironmentProblem("\n".join(found))


def has_record(run_dir: CampaignDirectory) -> bool:
    """Tell whether a campaign has been recorded in the directory, by this program or the older
    one.
    """
    return holds_records(run_dir.journal) or is_older_run(run_dir)


def check_empty(
    config: CampaignConfig, run_dir: CampaignDirectory, overwrite: bool, confirm: Confirm | None
) -> bool:
    """Tell whether existing results have to be cleared first; raise if that is not wanted or not
    allowed.
    """
    root = run_dir.root
    if root.exists() and not root.is_dir():
        raise EnvironmentProblem(f"{root} is not a directory; choose another base_run_dir.")
    try:
        if not root.exists() or not any(root.iterdir()):
            return False
        blank = _is_blank(run_dir)
    except PermissionError:
        raise EnvironmentProblem(
            f"{root} cannot be read: permission denied; choose another base_run_dir."
        ) from None
    holder = look_at(run_dir.lock)
    if holder is not None and is_alive(run_dir.lock, holder):
        raise DirectoryInUseError(root, holder)
    if blank:
        return False
    from enchanted_tui.storage.cleaning import refuse_to_delete

    if not overwrite and confirm is None:
        raise not_empty(run_dir)
    try:
        refuse_to_delete(run_dir, config.path)
    except ValueError as error:
        raise EnvironmentProblem(str(error)) from None
    if not overwrite and confirm is not None:
        question = (
            f"{root}\nFolders have content. Do you want to delete data in existing folders? y/N "
        )
        if not confirm(question):
            raise not_empty(run_dir)
    return True


def not_empty(run_dir: CampaignDirectory) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{run_dir.root} is not empty. No content was deleted. To go on with what is there use"
        " --run-mode resume, to delete what a campaign created there use --overwrite, or choose"
        " another base_run_dir."
    )


def _is_blank(run_dir: CampaignDirectory) -> bool:
    """Tell whether all there is are the beginnings of a campaign that was killed before its first
    record: no results, nobody's files.
    """
    made = {run_dir.config, run_dir.data, run_dir.logs, run_dir.state}
    if has_record(run_dir) or any(
        path not in made or not path.is_dir() or path.is_symlink()
        for path in run_dir.root.iterdir()
    ):
        return False
    empty = (run_dir.data, run_dir.logs, run_dir.control)
    if any(path.is_dir() and any(path.iterdir()) for path in empty):
        return False
    names = [path.name for path in run_dir.state.iterdir()] if run_dir.state.is_dir() else []
    return all(
        name in (run_dir.control.name, run_dir.journal.name) or name.startswith(run_dir.lock.name)
        for name in names
    )
