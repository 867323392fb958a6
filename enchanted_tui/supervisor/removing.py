"""What deleting a campaign's files would cost, and deleting them. Nothing is deleted that the program did not create."""

from __future__ import annotations

import os
from pathlib import Path

from enchanted_tui.storage.cleaning import campaign_files, delete_campaign, refuse_to_delete
from enchanted_tui.storage.layout import RUN_DIR_NAME, RunDir
from enchanted_tui.storage.lock import Lock
from enchanted_tui.supervisor.outcome import EnvironmentProblem
from enchanted_tui.supervisor.stored_configs import recorded_configs


def what_a_campaign_created(root: Path, config_path: Path | None = None) -> list[str]:
    """List, a line for each kind, what a deletion would delete in a run directory, and what it would leave."""
    run_dir = RunDir(root)
    created = list(campaign_files(run_dir, stored_configs=recorded_configs(run_dir), config_path=config_path))
    tasks = [path for path in created if path.parent == run_dir.data and RUN_DIR_NAME.match(path.name)]
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
    left = _strangers(run_dir, set(created))
    if left:
        lines.append(f"left in place, because no campaign created it: {', '.join(left[:5])}{' ...' if len(left) > 5 else ''}")
    return lines


def _strangers(run_dir: RunDir, created: set[Path]) -> list[str]:
    """Name what lies directly in the run directory and is not the campaign's."""
    own = {run_dir.config, run_dir.data, run_dir.logs, run_dir.state}
    try:
        return sorted(path.name for path in run_dir.root.iterdir() if path not in created and path not in own)
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
    """Delete what a campaign has created in its run directory, and the directory if that empties it; give the number of deletions.

    Raises EnvironmentProblem if that could cost the user something dear, DirectoryInUseError if a supervisor runs there.
    """
    run_dir = RunDir(root.resolve())
    try:
        refuse_to_delete(run_dir)
    except ValueError as error:
        raise EnvironmentProblem(str(error)) from None
    stored = recorded_configs(run_dir)
    run_dir.state.mkdir(exist_ok=True)
    lock = Lock.acquire(run_dir.lock, lambda: None)
    try:
        deleted = delete_campaign(run_dir, keep=(run_dir.lock,), stored_configs=stored)
    finally:
        lock.release()
    for directory in (run_dir.state, run_dir.root):
        if directory.is_dir() and not os.listdir(directory):
            directory.rmdir()
    return len(deleted)
