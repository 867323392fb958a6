"""Crates from Python: ``enchanted_tui.write_crate(run_dir, ...)``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from enchanted_tui.export.crate.crate_writing import Crate
from enchanted_tui.export.crate.crate_writing import write_crate as write
from enchanted_tui.export.crate.told import Told
from enchanted_tui.export.export_command import FORMATS
from enchanted_tui.export.selection import ExportError
from enchanted_tui.export.writing import Export
from enchanted_tui.suggestions import did_you_mean


def write_crate(
    run_dir: str | Path,
    out: str | Path | None = None,
    *,
    title: str = "",
    description: str = "",
    authors: Sequence[str] = (),
    licence: str = "",
    keywords: Sequence[str] = (),
    column_meanings: Mapping[str, str] | None = None,
    to: str = "csv",
    columns: Sequence[str] = (),
    successes_only: bool = False,
    pivot: bool = False,
    files: Sequence[str] = (),
    keep_paths: bool = False,
) -> Path:
    """Write the dataset of a run directory as an RO-Crate, a directory or, if `out` ends in
    ``.zip``, a zip file, and return its path; by default ``NAME-crate`` in the current directory.

    `authors` are written ``Name <ORCID> (affiliation)``, `licence` is an identifier of SPDX or an
    address; what is not given is that of ``supervisor.about`` in the configuration. `to` is the
    format of the dataset; `files` are patterns of the files of samples that go with it. Absolute
    paths are shortened unless `keep_paths`.

    Raises ExportError naming all that is missing or wrong, EnvironmentProblem if no campaign is
    there, OSError if a file cannot be written.
    """
    lists = {"authors": authors, "keywords": keywords, "columns": columns, "files": files}
    for name, given in lists.items():
        if isinstance(given, str):  # a sequence too, of its characters
            raise ExportError(f"{name} is a list of texts: write {name}=[{given!r}]")
    if to not in FORMATS:
        hint = did_you_mean(to, FORMATS) or ";"
        raise ExportError(f"there is no format {to!r}{hint} there are {', '.join(FORMATS)}")
    told = Told(
        title, description, tuple(authors), licence, tuple(keywords), dict(column_meanings or {})
    )
    tables = Export(to, columns=tuple(columns), successes_only=successes_only, pivot=pivot)
    wanted = Crate(None if out is None else Path(out), told, tables, tuple(files), keep_paths)
    return write(Path(run_dir), wanted, lambda sentence: warnings.warn(sentence, stacklevel=4))
