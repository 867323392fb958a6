"""Which files are earlier exports of the same campaign: a new one replaces them unasked, since who
exports after every resume does so by a script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from enchanted_tui.export.csv_table import schema_path


def is_export_of(campaign: str, to: str, path: Path) -> bool:
    """Tell whether `path` is a table to which a campaign, by its id, was exported in the format
    `to`, and nobody has changed it since.
    """
    try:
        return bool(campaign) and _provenance(to, path).get("campaign") == campaign
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # something else by this name, or what another program has made of it


def _provenance(to: str, path: Path) -> Mapping[str, Any]:
    if to == "csv":
        return _provenance_of_csv(path)
    if to == "parquet":
        import pyarrow.parquet

        told = pyarrow.parquet.read_schema(path).metadata or {}
        return {key.decode(): value.decode() for key, value in told.items()}
    import h5py

    with h5py.File(path, "r") as file:
        return dict(file.attrs)


def _provenance_of_csv(path: Path) -> Mapping[str, Any]:
    """Only its schema knows whose a table is, and it is written after the table."""
    schema = schema_path(path)
    if path.exists() and path.stat().st_mtime_ns > schema.stat().st_mtime_ns:
        return {}  # somebody has worked on it
    found: Mapping[str, Any] = json.loads(schema.read_text())["provenance"]
    return found
