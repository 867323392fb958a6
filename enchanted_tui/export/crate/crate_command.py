"""The part of the command line that writes crates."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from enchanted_tui.export.crate.crate_arguments import CRATE_OPTIONS
from enchanted_tui.export.crate.crate_writing import Crate, write_crate
from enchanted_tui.export.crate.told import Told
from enchanted_tui.export.selection import ExportError
from enchanted_tui.export.writing import Export


def check_crate_options(options: argparse.Namespace) -> None:
    """Raise ExportError for options of a crate where none is asked for, and the other way round."""
    if options.crate and options.overwrite:
        raise ExportError(
            "--overwrite replaces a file, and a crate never takes the place of what is there:"
            " remove that, or name another place with --out"
        )
    if options.crate:
        return
    idle = [name for name in CRATE_OPTIONS if getattr(options, name) not in (None, False, [])]
    if idle:
        spelt = ", ".join("--" + name.replace("_", "-") for name in idle)
        raise ExportError(f"{spelt} {'goes' if len(idle) == 1 else 'go'} with --crate")


def write_asked(options: argparse.Namespace, tables: Export, tell: Callable[[str], object]) -> Path:
    """Write the crate that a command line asks for, with the dataset as `tables` says."""
    told = Told(
        title=options.title or "",
        description=options.description or "",
        authors=tuple(options.author),
        licence=options.licence or "",
        keywords=_listed(options.keywords),
    )
    wanted = Crate(
        out=Path(options.out) if options.out else None,
        told=told,
        tables=tables,
        files=_listed(options.with_files),
        keep_paths=options.keep_paths,
    )
    return write_crate(Path(options.export), wanted, tell)


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in (text or "").split(","))))
