"""What the app needs to hand a dataset on: what is known of it, and writing it where a name says
how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from enchanted_tui.export.crate.crate_writing import Crate, write_crate
from enchanted_tui.export.crate.told import Told
from enchanted_tui.export.export_command import BY_SUFFIX
from enchanted_tui.export.selection import ExportError
from enchanted_tui.export.writing import Export, campaign_in, export, with_schemas
from enchanted_tui.record.older.older_view import recorded


def known_of(root: Path) -> Told:
    """Return what the configuration of a campaign says of its dataset. Raises EnvironmentProblem if
    no campaign is there.
    """
    with recorded(campaign_in(root)) as reader:
        return Told.recorded(reader.state.about)


def write_shared(
    root: Path, wanted: Crate, tell: Callable[[str], object] = lambda sentence: None
) -> list[Path]:
    """Write the dataset as a file of the format that the name of ``wanted.out`` says, ``.parquet``
    and so on, or else as a crate; return the paths.

    Raises ExportError naming all that is missing or wrong, EnvironmentProblem, OSError.
    """
    to = _format_of(wanted)
    if to is None:
        return [write_crate(root, wanted, tell)]
    if wanted.files:
        raise ExportError("files of samples go with a crate: give a name without a suffix, or .zip")
    tables: Export = replace(wanted.tables, to=to, out=wanted.out)
    return export(root, tables, tell)


def in_the_way(wanted: Crate) -> list[Path]:
    """Return the files that `write_shared` would replace if ``wanted.tables.overwrite``."""
    to = _format_of(wanted)
    if to is None or wanted.out is None:
        return []
    return [path for path in with_schemas(to, [wanted.out]) if path.is_file()]


def _format_of(wanted: Crate) -> str | None:
    """Return the format that the name of a file says; None for that of a crate."""
    suffix = wanted.out.suffix.lower() if wanted.out is not None else ""
    return "csv" if suffix == ".csv" else BY_SUFFIX.get(suffix)
