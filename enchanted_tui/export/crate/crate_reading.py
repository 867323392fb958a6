"""The dataset of a crate, in a directory or a zip file, for those who read it back."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from enchanted_tui.export.crate.graph import DESCRIPTOR
from enchanted_tui.export.selection import ExportError

_SUFFIXES = (".csv", ".parquet", ".h5", ".nc")


def is_crate(path: Path) -> bool:
    """Tell whether a directory, or a zip file, is a crate."""
    if path.is_dir():
        return (path / DESCRIPTOR).is_file()
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return DESCRIPTOR in archive.namelist()


@contextmanager
def dataset_of(path: Path) -> Iterator[Path]:
    """Return the file that holds the dataset of a crate; of a zip file, one that goes with the
    block. Raises ExportError if there is none, or several.
    """
    if path.is_dir():
        yield path / _only([entry.name for entry in path.iterdir()], path)
        return
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as place:
        name = _only(archive.namelist(), path)
        for member in (name, f"{name}.schema.json"):
            if member in archive.namelist():
                archive.extract(member, place)
        yield Path(place) / name


def _only(names: Sequence[str], path: Path) -> str:
    found = sorted(
        name
        for name in names
        if name.startswith("dataset") and name.endswith(_SUFFIXES) and ".provenance." not in name
    )
    if len(found) == 1:
        return found[0]
    if not found:
        raise ExportError(f"{path} is a crate of others: it has no dataset of this program")
    raise ExportError(f"{path} has several tables, {', '.join(found)}; load one of them")
