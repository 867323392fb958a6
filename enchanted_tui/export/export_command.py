"""The part of the command line that exports. Imports nothing heavy before something is exported."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from enchanted_tui.export.crate.crate_arguments import add_crate_arguments

FORMATS = ("csv", "parquet", "hdf5", "netcdf")
BY_SUFFIX = {".parquet": "parquet", ".h5": "hdf5", ".hdf5": "hdf5", ".nc": "netcdf"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that go with ``--export``."""
    group = parser.add_argument_group("with --export")
    group.add_argument(
        "--to", type=str.lower, choices=FORMATS, help="the format; else by the name of FILE, or csv"
    )
    group.add_argument(
        "--out", metavar="FILE", help="where to; RUN_DIR-export.csv in the current directory"
    )
    group.add_argument(
        "--columns",
        metavar="A,B",
        help="only these columns, in this order; with --add-points, those to take of FILE; with"
        " --plot, those of correlation and parallel",
    )
    group.add_argument("--successes-only", action="store_true", help="leave the failed samples out")
    group.add_argument(
        "--where",
        metavar="CONDITION",
        help="only the rows that keep it, as in 'gamma > 1 and success'; with --plot too; with"
        " --fit and --sensitivity, the samples to learn from",
    )
    group.add_argument(
        "--pivot",
        action="store_true",
        help="a row for each parent of a nested campaign, arrays of what its children have",
    )
    group.add_argument(
        "--front",
        metavar="A=min,B=max",
        nargs="?",
        const="",
        help="only the samples on the Pareto front of these objectives; without any, of those of"
        " the configuration",
    )
    group.add_argument(
        "--split",
        metavar="0.8/0.1/0.1",
        help="files for training, validation and test, divided at random",
    )
    group.add_argument("--seed", type=int, metavar="N", help="of the split; else the campaign's")
    group.add_argument(
        "--provenance",
        action="store_true",
        help="a second file: where and when each sample was run",
    )
    add_crate_arguments(parser)


def chosen_columns(options: argparse.Namespace) -> tuple[str, ...] | None:
    """Return the columns that are chosen; None for all."""
    if not options.columns:
        return None
    return tuple(name.strip() for name in options.columns.split(","))


def run(options: argparse.Namespace) -> list[Path]:
    """Export as the options say; return the files written. Raises ExportError, EnvironmentProblem,
    or OSError for a full or lost disk.
    """
    from enchanted_tui.errors import EnvironmentProblem
    from enchanted_tui.executors.task_end import environment_error
    from enchanted_tui.export.crate.crate_command import check_crate_options, write_asked
    from enchanted_tui.export.selection import ExportError, parse_split
    from enchanted_tui.export.writing import Export, export

    check_crate_options(options)
    if options.seed is not None and options.seed < 0:
        raise ExportError(f"--seed {options.seed}: expected a whole number, 0 or more")
    if options.pivot and options.provenance:
        raise ExportError(
            "--provenance says of each sample where it was run, and with --pivot a row is many of"
            " them; export it without --pivot"
        )
    if options.pivot and options.front is not None:
        raise ExportError(
            "--front chooses samples, and with --pivot a row is many of them; leave one of them out"
        )
    out = Path(options.out) if options.out else None
    wanted = Export(
        to=options.to or BY_SUFFIX.get(out.suffix.lower() if out else "", "csv"),
        out=out,
        columns=chosen_columns(options) or (),
        successes_only=options.successes_only,
        where=options.where,
        pivot=options.pivot,
        front=options.front,
        split=parse_split(options.split) if options.split else None,
        seed=options.seed,
        provenance=options.provenance,
        overwrite=options.overwrite,
    )
    tell = lambda sentence: print(sentence, file=sys.stderr)  # noqa: E731, T201
    try:
        if options.crate:
            return [write_asked(options, wanted, tell)]
        return export(Path(options.export), wanted, tell)
    except OSError as error:
        if environment_error(error) is not None:  # a full disk is told alike everywhere
            raise
        raise EnvironmentProblem(
            f"the export failed: {error.filename or wanted.to}: {error.strerror or error}"
        ) from error
