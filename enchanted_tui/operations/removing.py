"""Taking run directories away: moving them aside, which can be undone, and deleting. Nothing is
deleted that the program did not create.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from enchanted_tui.campaign_status import Liveness
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.stored_configs import recorded_as_spread, recorded_configs
from enchanted_tui.storage.cleaning import campaign_files, delete_campaign, refuse_to_delete
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock
from enchanted_tui.views.known_runs import is_run
from enchanted_tui.views.liveness import LivenessWatch

_ASIDE = re.compile(r"\.(?P<name>.+)\.removed-\d{8}-\d{6}(-\d+)?\Z")


def what_a_campaign_created(root: Path, config_path: Path | None = None) -> list[str]:
    """List, a line for each kind, what a deletion would delete in a run directory, and what it
    would leave.
    """
    run_dir = CampaignDirectory(root)
    created = list(
        campaign_files(run_dir, stored_configs=recorded_configs(run_dir), config_path=config_path)
    )
    tasks = [path for path in created if run_dir.data in path.parents and TaskId.named(path.name)]
    lines = []
    if run_dir.journal in created:
        lines.append(f"the record of the campaign, {_size(run_dir.journal)}")
    if tasks:
        lines.append(f"{len(tasks):,} run directories of tasks with all their files")
    results = [path for path in created if path.parent == root]
    if results:
        lines.append(", ".join(f"{path.name} ({_size(path)})" for path in results))
    others = len(created) - len(tasks) - len(results) - (run_dir.journal in created)
    if others:
        lines.append(f"{others} other files: logs, configurations, state")
    left = _foreign_files(run_dir, set(created))
    if left:
        lines.append(
            "left in place, because no campaign created it:"
            f" {', '.join(left[:5])}{' ...' if len(left) > 5 else ''}"
        )
    return lines


def _foreign_files(run_dir: CampaignDirectory, created: set[Path]) -> list[str]:
    """Name what lies directly in the run directory and is not the campaign's."""
    own = set(run_dir.directories)
    try:
        return sorted(
            path.name for path in run_dir.root.iterdir() if path not in created and path not in own
        )
    except OSError:
        return []


def _size(path: Path) -> str:
    try:
        size = float(path.lstat().st_size)
    except OSError:
        return "?"
    for unit, length in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size:.0f} B"


def delete(root: Path) -> int:
    """Delete what a campaign has created in its run directory, and the directory if that empties
    it; return the number of deletions.

    Raises EnvironmentProblem if that could cost the user something dear, DirectoryInUseError if a
    supervisor runs there.
    """
    run_dir = CampaignDirectory(root.resolve())
    try:
        refuse_to_delete(run_dir)
    except ValueError as error:
        raise EnvironmentProblem(str(error)) from None
    stored, spread = recorded_configs(run_dir), recorded_as_spread(run_dir)
    run_dir.state.mkdir(exist_ok=True)
    lock = Lock.acquire(run_dir.lock, lambda: None)
    try:
        deleted = delete_campaign(
            run_dir, keep=(run_dir.lock,), stored_configs=stored, spread=spread
        )
    finally:
        lock.release()
    for directory in (run_dir.state, run_dir.root):
        if directory.is_dir() and not os.listdir(directory):
            directory.rmdir()
    return len(deleted)


def move_aside(root: Path) -> Path:
    """Rename a run directory to a hidden name beside it, where it is not found any more; return
    that name, for `put_back`.

    Raises EnvironmentProblem, with a sentence, if a supervisor runs there, if it is no run
    directory or if it cannot be renamed.
    """
    root = root.resolve()
    if not is_run(root):
        raise EnvironmentProblem(f"{root} is not a run directory, so it is not removed.")
    liveness, holder = LivenessWatch(CampaignDirectory(root).lock).look()
    if liveness is not Liveness.NOT_RUNNING and holder is not None:
        raise EnvironmentProblem(
            f"{root} is in use by a supervisor ({holder.describe()}); drain it first."
        )
    aside = _free_name(root)
    try:
        root.rename(aside)
    except OSError as error:
        raise EnvironmentProblem(f"{root} cannot be moved aside: {error.strerror}.") from error
    return aside


def put_back(aside: Path) -> Path:
    """Undo `move_aside`; return the run directory. Raises EnvironmentProblem if something else has
    taken its name.
    """
    match = _ASIDE.match(aside.name)
    if match is None:
        raise EnvironmentProblem(f"{aside} is not a run directory that was moved aside.")
    root = aside.with_name(match["name"])
    if os.path.lexists(root):
        raise EnvironmentProblem(f"{root} exists again; move it away to bring back {aside}.")
    try:
        aside.rename(root)
    except OSError as error:
        raise EnvironmentProblem(f"{aside} cannot be moved back: {error.strerror}.") from error
    return root


def _free_name(root: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = root.with_name(f".{root.name}.removed-{stamp}")
    number = 1
    while os.path.lexists(aside):
        number += 1
        aside = root.with_name(f".{root.name}.removed-{stamp}-{number}")
    return aside
