"""The files of one task's run directory, or a sentence that says where they are if they are not
there.
"""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.config.lookup import LookupFailure, find
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.record.stored_configs import newest_config
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.task_paths import paths_around
from enchanted_tui.views.disk import FileInfo
from enchanted_tui.views.task_lines import TaskLine

_MOST = 1_000
_DEPTH = 4
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".zip")
#: what people look for first, by a part of its name
_FIRST = (
    "stderr",
    "stdout",
    ".err",
    ".out",
    ".log",
)


@dataclass(frozen=True)
class TaskFiles:
    """What is there."""

    directory: Path
    files: tuple[FileInfo, ...]  #: names relative to `directory`; output and logs first
    note: str = ""  #: why there is nothing, or not everything
    packed: bool = False  #: in an archive; `readable` copies a file out of it

    def readable(self, name: str) -> Path:
        """Return a path at which a file can be read; one that is packed is copied to a place for
        temporary files. Raises OSError.
        """
        if not self.packed:
            return self.directory / name
        copy = Path(_copies().name) / self.directory.name / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        door = TaskDirectories(*paths_around(str(self.directory)))
        door.copy(self.directory.name, name, str(copy))
        return copy


@functools.cache
def _copies() -> tempfile.TemporaryDirectory[str]:
    """Return where files of this process are that were packed; it goes with the process."""
    return tempfile.TemporaryDirectory(prefix="enchanted-files-")


def task_files(
    run_dir: CampaignDirectory, line: TaskLine, executor: str = "", spread: bool | None = None
) -> TaskFiles:
    """List the files of a task; `executor` is the type of what ran it, `spread` says whether run
    directories lie in groups. Looks at the disk: not for the event loop.
    """
    directory = run_dir.task(line.name, spread)
    door = TaskDirectories(*run_dir.tasks(spread))
    packed = door.packed(line.name)
    if packed is not None:
        inside = [FileInfo(*entry) for entry in door.files(line.name)[:_MOST]]
        note = f"Packed in {os.path.relpath(packed.archive, run_dir.root)}."
        return TaskFiles(directory, _in_order(inside), note, packed=True)
    if not directory.is_dir():
        return TaskFiles(directory, (), _where_they_are(run_dir, directory, line, executor))
    found: list[FileInfo] = []
    for info in _walk(directory):
        if len(found) == _MOST:
            return TaskFiles(
                directory,
                _in_order(found),
                f"There are more than {_MOST:,} files; these are some of them.",
            )
        found.append(info)
    note = "" if found else "Its run directory is empty."
    if line.status in (TaskStatus.OK, TaskStatus.FAILED) and _kept(run_dir) == "custom":
        note = "Only the files named in save_files_list are kept."
    return TaskFiles(directory, _in_order(found), note)


def _walk(directory: Path) -> Iterator[FileInfo]:
    waiting = [(str(directory), 0)]
    while waiting:
        path, depth = waiting.pop(0)
        with suppress(OSError), os.scandir(path) as listing:
            for entry in sorted(listing, key=lambda item: item.name):
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEPTH:
                        waiting.append((entry.path, depth + 1))
                    continue
                with suppress(OSError):
                    status = entry.stat()
                    yield FileInfo(
                        os.path.relpath(entry.path, directory), status.st_size, status.st_mtime
                    )


def _in_order(files: list[FileInfo]) -> tuple[FileInfo, ...]:
    return tuple(
        sorted(files, key=lambda file: (_rank(file.name), file.name.count("/"), file.name))
    )


def _rank(name: str) -> int:
    return next((rank for rank, part in enumerate(_FIRST) if part in name.lower()), len(_FIRST))


def _where_they_are(
    run_dir: CampaignDirectory, directory: Path, line: TaskLine, executor: str
) -> str:
    """Say why the directory of a task is not there, and what to do."""
    if line.status == TaskStatus.WAITING:
        return "It has not run yet, so it has no files."
    for ending in _ARCHIVES:
        archive = directory.with_name(f"{line.name}{ending}")
        if archive.is_file():
            return f"Its files are in the archive {archive}; unpack it to read them."
    if line.status == TaskStatus.RUNNING:
        where = f" on {line.host}" if line.host else ""
        return (
            f"It runs{where}, in a directory that is not visible from here; its files come home"
            " when it ends."
        )
    if line.kind == "skipped":
        return "It was skipped, so it has no files."
    kept = _kept(run_dir)
    if kept in ("none", "custom"):
        return (
            "Its files were removed after it had ended, because the configuration says save_files:"
            f" {kept}. What is on record is shown."
        )
    if _may_keep_files(executor):
        return (
            f"Its files have stayed on the cluster ({executor}, {line.host}); what is on record is"
            " shown."
        )
    return (
        f"{directory} is not there: somebody has removed or moved it. What is on record is shown."
    )


def _may_keep_files(executor: str) -> bool:
    """Tell whether an executor of that type leaves files where its tasks have run."""
    try:
        found: bool = getattr(find("executor", executor).cls, "may_keep_files", False)
    except LookupFailure:  # a plugin that is not installed here
        return False
    return found


def _kept(run_dir: CampaignDirectory) -> str:
    """Return what the configuration in force says about keeping files; empty if that cannot be
    known.
    """
    import yaml

    stored = newest_config(run_dir)
    if stored is None:
        return ""
    try:
        content = yaml.safe_load(stored.path.read_bytes())
        return str(content["supervisor"].get("save_files", "all")).lower()
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return ""
