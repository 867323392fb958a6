"""Removing files: those of finished tasks that `save_files` does not keep, and all that a campaign
has created (``--overwrite``).

Only names that a campaign creates are ever removed; symbolic links are removed, never followed.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from enchanted_tui.file_patterns import FilePatterns
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.storage.growing import spare_path
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.task_paths import GROUP, group_of
from enchanted_tui.whole_files import partial_path, remove_directory

_TASK = re.compile(
    r"d\d+_b\d+_s\d+_r\d+\Z|dn\d+_ds\d+_b\d+_s\d+\Z"
    r"|\.d\d+_b\d+_s\d+_r\d+\.(\d+\.)?(partial|given)\Z"
)
# the second is the older program's
_LOG = re.compile(r"main\.log(\.\d+)?\Z|Worker-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.log\Z")
_STATE = re.compile(r"journal\.jsonl\.[0-9a-f]{32}\.partial\Z|lock\.[0-9a-f]{32}\Z")
_SHARDS = re.compile(r"[A-Za-z0-9_.-]*\d{3}\Z")
_JOBS = re.compile(r"jobs\Z")
_REQUEST = re.compile(
    r"\.?\d{20}-[0-9a-f]{8}(\.json)?\Z|\.?d\d+-n\d+-[0-9a-f]{16}\.points(\.\d+\.partial)?\Z"
)


def clean_task(
    run_dir: CampaignDirectory, name: str, keep: Sequence[str] = (), *, spread: bool = False
) -> list[str]:
    """Remove the files of task `name` except those that `keep` names, and the directories that
    become empty (see `file_patterns.FilePatterns`). Gives the paths that could not be removed.
    `spread`: whether run directories lie in groups.

    Raises OSError where the file system itself fails, ValueError if `name` is no task's.
    """
    if TaskId.named(name) is None:
        raise ValueError(f"{name!r} is not the name of a task's directory")
    return FilePatterns(keep).clean(run_dir.tasks(spread).of(name))


def refuse_to_delete(run_dir: CampaignDirectory, config_path: Path | None = None) -> None:
    """Raise ValueError, with a sentence, if deleting in this directory could cost the user
    something dear.
    """
    root = run_dir.root
    reason = _reason_to_refuse(root, root.resolve(), config_path)
    if reason:
        raise ValueError(
            f"Nothing is deleted in {root}, because it is {reason}; choose another base_run_dir."
        )


def campaign_files(
    run_dir: CampaignDirectory,
    *,
    stored_configs: Iterable[str] = (),
    config_path: Path | None = None,
) -> Iterator[Path]:
    """Return what a campaign has created in the directory: files, and the tasks' directories as
    wholes.

    `stored_configs` are the names of copies in ``config/``; copies of `config_path` are known by
    their names. A symbolic link in the place of one of the directories is not followed.
    """
    yield from _there(_with_partials(run_dir.journal, run_dir.run_state))
    yield from _there(_with_partials(*run_dir.tables, run_dir.surrogate))
    yield from _there(
        _with_partials(run_dir.current_progress, run_dir.pipeline_progress, run_dir.all_progress)
    )
    yield from _named(run_dir.logs, _LOG)
    yield from _there(
        run_dir.config / name
        for name in sorted(_config_names(run_dir, stored_configs, config_path))
    )
    yield from _named(run_dir.data, _TASK, directories=True)
    for group in _named(run_dir.data, GROUP, directories=True):
        for path in _named(group, _TASK, directories=True):
            if group_of(path.name) == group.name:
                yield path
    yield from _named(run_dir.packed, _SHARDS, directories=True)
    if not run_dir.state.is_symlink():
        yield from _named(run_dir.control, _REQUEST)
        yield from _named(run_dir.state, _JOBS, directories=True)
    yield from _named(run_dir.state, _STATE)
    yield from _there(
        _with_partials(run_dir.live, run_dir.checkpoint, run_dir.labels, run_dir.lock)
    )


def delete_campaign(
    run_dir: CampaignDirectory,
    *,
    keep: Collection[Path] = (),
    stored_configs: Iterable[str] = (),
    config_path: Path | None = None,
    spread: bool = False,
) -> list[Path]:
    """Delete what a campaign has created, except `keep`, and its directories where that empties
    them; return what was deleted. `spread`: its run directories lie in groups, of which some may
    be empty.

    Everything else is left. The record of the campaign goes first, so that a deletion that was cut
    short leaves nothing that could be taken for a campaign. Raises ValueError (see
    `refuse_to_delete`) before anything is deleted, OSError if something cannot be.
    """
    refuse_to_delete(run_dir, config_path)
    deleted = []
    for path in list(
        campaign_files(run_dir, stored_configs=stored_configs, config_path=config_path)
    ):
        if path not in keep:
            remove_tree(path)
            deleted.append(path)
    groups = {path.parent for path in deleted if path.parent.parent == run_dir.data}
    if spread and not run_dir.data.is_symlink():
        groups.update(_named(run_dir.data, GROUP, directories=True))
    for directory in (
        *sorted(groups),
        run_dir.data,
        run_dir.packed,
        run_dir.config,
        run_dir.logs,
        run_dir.control,
        run_dir.state,
    ):
        with contextlib.suppress(OSError):  # not empty, not there, or a link
            directory.rmdir()
            deleted.append(directory)
    return deleted


def remove_tree(path: Path) -> None:
    """Remove a file, a symbolic link (not what it leads to) or a directory with all that is in it,
    if there is one.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            remove_directory(str(path))
        else:
            path.unlink()
    except FileNotFoundError:
        pass


def _reason_to_refuse(root: Path, real: Path, config_path: Path | None) -> str | None:
    if root.is_symlink():
        return "a symbolic link"
    if real == Path(real.anchor):
        return "the root directory"
    home = Path(os.path.expanduser("~")).resolve()
    if home == real or real in home.parents:
        return "your home directory or one above it"
    with contextlib.suppress(FileNotFoundError):
        current = Path.cwd().resolve()
        if current == real or real in current.parents:
            return "the current directory or one above it"
    if config_path is not None and real in config_path.resolve().parents:
        return "where the configuration file lies"
    return None


def _config_names(
    run_dir: CampaignDirectory, stored: Iterable[str], config_path: Path | None
) -> set[str]:
    names = {name for name in stored if name == os.path.basename(name)}
    if config_path is not None:
        numbered = re.compile(
            re.escape(config_path.stem) + r"(\.\d+)?" + re.escape(config_path.suffix) + r"\Z"
        )
        names.update(path.name for path in _named(run_dir.config, numbered))
    return names


def _named(
    directory: Path, pattern: re.Pattern[str], *, directories: bool = False
) -> Iterator[Path]:
    """Return the files (or directories) of `directory` whose names match; symbolic links count as
    either.
    """
    if directory.is_symlink():
        return
    try:
        with os.scandir(directory) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if pattern.match(entry.name) and (
            entry.is_symlink() or entry.is_dir(follow_symlinks=False) == directories
        ):
            yield directory / entry.name


def _with_partials(*paths: Path) -> Iterator[Path]:
    for path in paths:
        yield from (partial_path(path), spare_path(path), path)


def _there(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.parent.is_symlink() and (path.is_symlink() or path.is_file()):
            yield path
