"""Pack the directories of a job's tasks before their results are written: a job leaves one archive
for many tasks.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from enchanted_tui.executors.run_directory import RunDirectory, remove_run_dir
from enchanted_tui.journal_lines import checksum_of
from enchanted_tui.packing.shards import job_prefix
from enchanted_tui.task_paths import PACKED

if TYPE_CHECKING:  # jobs that pack nothing need not have it in memory
    from enchanted_tui.packing.writer import ShardWriter


class NodePacking:
    """The shards of one job."""

    def __init__(self, token: str, element: int) -> None:
        self._prefix = job_prefix(token, element)
        self._writer: ShardWriter | None = None
        self._root = ""
        #: by task: its directory and the checksum of its record
        self._waiting: dict[str, tuple[str, str]] = {}
        self._options: Mapping[str, Any] = {}

    def put(self, message: Mapping[str, Any], context: dict[str, Any], line: bytes) -> None:
        """Take a task that has ended, `line` being its record: its directory is packed by the next
        `commit`.
        """
        self._waiting[message["name"]] = RunDirectory(message, context).path, checksum_of(line)
        self._root = os.path.join(os.path.dirname(context["data_dir"]), PACKED)
        self._options = context.get("packing") or {}

    @property
    def pending(self) -> bool:
        """True if something has been taken and is not packed yet."""
        return bool(self._waiting)

    def commit(self) -> None:
        """Pack what has been taken, and remove the directories. Raises OSError: then it can be
        tried again.
        """
        if not self._waiting:
            return
        from enchanted_tui.packing.shard_limits import keeps_of, limits_of
        from enchanted_tui.packing.writer import ShardWriter

        if self._writer is None:
            writer = ShardWriter(self._root, limits_of(self._options), self._prefix)
            writer.open()
            self._writer = writer
        keeps = keeps_of(self._options)
        there = {name: of for name, of in self._waiting.items() if os.path.isdir(of[0])}
        for name, (path, record) in there.items():
            self._writer.add(name, path, keeps, record)
        self._writer.commit()
        for path, _ in there.values():
            remove_run_dir(path)
        self._waiting.clear()
