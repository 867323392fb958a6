"""The configurations kept in a run directory: every one that was ever in force."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from enchanted_tui.record.journal import JournalReader, last_open
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.whole_files import write_atomically

if TYPE_CHECKING:
    from enchanted_tui.config.models import CampaignConfig


def store_config(config: CampaignConfig, run_dir: CampaignDirectory, newest: str) -> str:
    """Keep the configuration in the run directory unless it is there already; return the file's
    name. `newest` is the one kept last.
    """
    data = config.effective_text().encode("utf-8", "surrogateescape")
    if newest and _holds(run_dir.config / newest, data):
        return newest
    stem, suffix = (config.path.stem, config.path.suffix) if config.path else ("campaign", ".yaml")
    number = 1
    while (
        target := run_dir.config
        / (f"{stem}{suffix}" if number == 1 else f"{stem}.{number}{suffix}")
    ).exists():
        if _holds(target, data):
            return target.name
        number += 1
    write_atomically(target, data)
    return target.name


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def recorded_configs(run_dir: CampaignDirectory) -> set[str]:
    """Return the names of all configurations that a campaign's sessions have stored."""
    if not run_dir.journal.is_file():
        return set()
    with JournalReader(run_dir.journal) as reader:
        return {
            record["config"] for _, record in reader.records(rows=False) if record["type"] == "open"
        }


class StoredConfig(Struct, frozen=True):
    """A configuration kept in a run directory."""

    path: Path
    base_dir: Path | None = None  #: where its relative paths start, if that is on record
    shown_base_run_dir: str | None = (
        #: how the run directory was written when the campaign ran, if it has not been moved since
        None
    )


def _is_same_place(path: str, root: Path) -> bool:
    """Tell whether a path on record leads to `root`; one that this process' character set cannot
    express leads nowhere.
    """
    try:
        return os.path.realpath(path) == os.path.realpath(root)
    except UnicodeEncodeError:
        return False


def recorded_as_spread(run_dir: CampaignDirectory) -> bool:
    """Tell whether the run directories of a campaign lie in groups, as far as that is on record."""
    opened = last_open(run_dir.journal) if run_dir.journal.is_file() else None
    return opened is not None and opened.get("run_directories") == "spread"


def newest_config(run_dir: CampaignDirectory) -> StoredConfig | None:
    """Return the stored configuration that was in force last; None if there is none."""
    opened = last_open(run_dir.journal) if run_dir.journal.exists() else None
    if opened is not None and (run_dir.config / opened["config"]).exists():
        path, shown = opened.get("base_run_dir", (None, None))
        is_there_still = path is not None and _is_same_place(path, run_dir.root)
        return StoredConfig(
            run_dir.config / opened["config"],
            Path(opened["config_dir"]),
            shown if is_there_still else None,
        )
    if not run_dir.config.is_dir():
        return None
    files = [
        path
        for path in run_dir.config.iterdir()
        if path.suffix in (".yaml", ".yml") and path.is_file()
    ]
    newest = max(files, key=lambda path: (path.stat().st_mtime, path.name), default=None)
    return None if newest is None else StoredConfig(newest)


class Original(Struct, frozen=True):
    """The file that a run's configuration was read from, for whoever wants to edit it."""

    path: Path  #: may not exist any more
    exists: bool
    is_same: bool  #: says what the newest stored copy says
    stored: Path  #: that copy


def original_config(run_dir: CampaignDirectory) -> Original | None:
    """Return where the configuration in force came from; None if that is not on record, or its
    directory has gone.
    """
    stored = newest_config(run_dir)
    if stored is None or stored.base_dir is None:
        return None
    opened = last_open(run_dir.journal)
    named = opened.get("config_path") if opened is not None else None
    names = [Path(named)] if named else []
    if not names or names[0].parent == run_dir.config:  # a session that read the run's own copy
        names = _names_before_storing(stored.path, stored.base_dir)
    path = next((name for name in names if name.is_file()), names[0])
    if path.parent == run_dir.config or not path.parent.is_dir():
        return None
    exists = path.is_file()
    return Original(path, exists, exists and _holds(path, stored.path.read_bytes()), stored.path)


def _names_before_storing(stored: Path, directory: Path) -> list[Path]:
    """Return what a file may have been called of which only the copy's name is on record:
    ``a.2.yaml`` is a second copy of ``a.yaml``.
    """
    plain = re.sub(r"\.\d+$", "", stored.stem) + stored.suffix
    return [directory / name for name in dict.fromkeys((plain, stored.name))]
