"""What the option `pack` asks for: when another shard is begun, and which files are kept.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from enchanted_tui.file_patterns import FilePatterns
from enchanted_tui.packing.tar_blocks import Keeps


class ShardLimits(NamedTuple):
    """When another shard is begun."""

    tasks: int = 2_000
    size: int = 500_000_000  #: bytes


def limits_of(pack: Mapping[str, Any]) -> ShardLimits:
    """Return when another shard is begun, as the option `pack` says."""
    usual = ShardLimits()
    return ShardLimits(
        int(pack.get("tasks") or usual.tasks),
        int(float(pack["megabytes"]) * 1e6) if pack.get("megabytes") else usual.size,
    )


def keeps_of(pack: Mapping[str, Any]) -> Keeps | None:
    """Return what tells which files are kept; None for all."""
    keep = pack.get("keep")
    return FilePatterns(keep).match if keep else None
