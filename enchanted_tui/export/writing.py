"""``enchanted-tui --export RUN_DIR``: the dataset, or parts of it, in a file of a format of one's
choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.export.csv_table import schema_path, write_csv
from enchanted_tui.export.earlier_exports import is_export_of
from enchanted_tui.export.front_rows import front_rows
from enchanted_tui.export.hdf5_table import write_hdf5_table, write_netcdf
from enchanted_tui.export.selection import ExportError, check_places, parts, select_columns
from enchanted_tui.export.where_rows import where_rows
from enchanted_tui.record.no_campaign import no_campaign
from enchanted_tui.record.older.adopt import is_older_run
from enchanted_tui.record.older.older_view import Recorded, recorded
from enchanted_tui.record.output_files import dataset_stage
from enchanted_tui.record.provenance import (
    PROVENANCE_COLUMNS,
    PROVENANCE_UNITS,
    metadata,
    provenance_rows,
)
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.storage.column_types import ColumnType, column_types
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.parquet import write_parquet
from enchanted_tui.values import Row

Rows = Callable[[], Iterator[Row]]

_FIRST = 5  #: rows that a table is shown by
SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "hdf5": ".h5", "netcdf": ".nc"}


@dataclass(frozen=True)
class Export:
    """What is wanted."""

    to: str  #: csv, parquet, hdf5 or netcdf
    out: Path | None = (
        None  #: None: ``NAME-export.SUFFIX`` in the current directory, after the run directory
    )
    columns: tuple[str, ...] = ()  #: none: all
    successes_only: bool = False
    pivot: bool = False  #: a row for each parent, with arrays of what its children have
    where: str | None = None  #: a condition on rows, such as ``gamma > 1 and success``; None: all
    #: objectives as they are written (``mass=min,beta=max``), of whose Pareto front the rows are;
    #: empty: those of the configuration; None: all rows
    front: str | None = None
    split: tuple[float, ...] | None = None
    seed: int | None = None  #: of the split; None: the campaign's
    provenance: bool = (
        False  #: a second file that says of each row which task made it, where and when
    )
    #: what is done to each row, and to what is said of the campaign, before it is written
    clean: Callable[[Row], Row] | None = None
    overwrite: bool = True  #: replace files that are there already


@dataclass(frozen=True)
class Table:
    """A file that an export has made."""

    path: Path
    columns: list[ColumnType]
    count: int  #: rows
    first: list[Row]  #: some of them


def export(
    root: Path, wanted: Export, tell: Callable[[str], object] = lambda sentence: None
) -> list[Path]:
    """Write the files and give their paths, in the order train, validation, test; `tell` is told
    what they lack.

    Nothing in the run directory is changed. Raises EnvironmentProblem if no campaign is there,
    ExportError if what is asked for is not in its dataset, OSError if a file cannot be written.
    """
    with recorded(campaign_in(root)) as reader:
        for sentence in reader.damage:
            tell(sentence)
        return [table.path for table in write_tables(root, reader, wanted)]


def campaign_in(root: Path) -> CampaignDirectory:
    """Return the run directory of a campaign. Raises EnvironmentProblem if it is none."""
    run_dir = CampaignDirectory(root.resolve())
    if not run_dir.journal.is_file() and not is_older_run(run_dir):
        raise EnvironmentProblem(no_campaign(root))
    return run_dir


def write_tables(root: Path, reader: Recorded, wanted: Export) -> list[Table]:
    """Write the files of a campaign that is being read, as `export` does."""
    state = reader.state
    stage = dataset_stage(state) if state.stages else None
    if stage is None or not stage.n_rows:
        raise ExportError(f"{root} has no finished samples yet, so there is nothing to export")
    run_dir = CampaignDirectory(root.resolve())
    read_rows = _cleaned(
        rows_of(reader, stage, pivot=wanted.pivot, successes=wanted.successes_only), wanted.clean
    )
    read_provenance = _cleaned(
        lambda: provenance_rows(stage, reader.read, state.codes), wanted.clean
    )
    keep = _chosen(root, wanted, read_rows)
    types = column_types(_kept(read_rows, keep)(), state.units)
    told = metadata(run_dir, state)
    told = told if wanted.where is None else {**told, "where": wanted.where}
    told = told if wanted.clean is None else wanted.clean(told)
    source = _Source(read_rows, keep, select_columns(types, wanted.columns), told)
    files: dict[Path, tuple[_Source, frozenset[int] | None]] = {}
    stem = wanted.out or Path(f"{run_dir.root.name}-export{SUFFIXES[wanted.to]}")
    seed = state.seed if wanted.seed is None else wanted.seed
    for part in parts(sum(keep), wanted.split, seed):
        path = stem.with_name(f"{stem.stem}-{part.name}{stem.suffix}") if part.name else stem
        files[path] = source, part.rows
        if wanted.provenance:
            beside = _Source(read_provenance, keep, _provenance_columns(read_provenance()), told)
            files[path.with_name(f"{path.stem}.provenance{path.suffix}")] = beside, part.rows
    earlier = [path for path in files if is_export_of(state.campaign, wanted.to, path)]
    check_places(
        with_schemas(wanted.to, files),
        overwrite=wanted.overwrite,
        replaceable=with_schemas(wanted.to, earlier),
    )
    for path, (table, rows) in files.items():
        _write(wanted.to, path.resolve(), table, rows)  # a link stays a link
    return [_table(path, table, rows) for path, (table, rows) in files.items()]


def _chosen(root: Path, wanted: Export, read_rows: Rows) -> list[bool]:
    """Return of each row whether it is exported. Raises ExportError if none is."""
    choose = wanted.successes_only and not wanted.pivot
    keep = [not choose or bool(row.get("success")) for row in read_rows()]
    if not any(keep):
        raise ExportError(
            f"{root}: no sample has succeeded, so --successes-only leaves nothing to export"
        )
    if wanted.where is not None:
        keep = _also(keep, where_rows(wanted.where, _kept(read_rows, keep)))
    if wanted.front is not None:
        keep = _also(keep, front_rows(root.resolve(), wanted.front, _kept(read_rows, keep)))
    return keep


def _also(keep: Sequence[bool], further: Iterable[bool]) -> list[bool]:
    """Keep of the rows kept those for which `further`, which has these alone, says so."""
    these = iter(further)
    return [kept and next(these) for kept in keep]


def with_schemas(to: str, files: Iterable[Path]) -> list[Path]:
    """Return all files that are written for some of a format."""
    return [
        one for path in files for one in ((path, schema_path(path)) if to == "csv" else (path,))
    ]


def _table(path: Path, source: _Source, chosen: frozenset[int] | None) -> Table:
    first = list(islice(_kept(source.read_rows, source.keep, chosen)(), _FIRST))
    count = sum(source.keep) if chosen is None else len(chosen)
    return Table(path, source.columns, count, first)


def _cleaned(read_rows: Rows, clean: Callable[[Row], Row] | None) -> Rows:
    return read_rows if clean is None else lambda: map(clean, read_rows())


def rows_of(
    reader: Recorded, stage: StageState, *, pivot: bool = False, successes: bool = False
) -> Rows:
    """Return what reads the rows of a stage; with `pivot`, those of its parents, and of `successes`
    alone. Raises ExportError if there are no parents.
    """
    if pivot:
        from enchanted_tui.export.pivot import Pivot

        return Pivot(reader.state, stage, reader.read_row, successes_only=successes).rows

    def read_rows() -> Iterator[Row]:
        for _, _, _, offset in stage.rows():
            yield reader.read_row(offset)

    return read_rows


@dataclass(frozen=True)
class _Source:
    """Rows to be exported."""

    read_rows: Rows  #: all of them
    keep: Sequence[bool]  #: which of them
    columns: list[ColumnType]
    metadata: dict[str, str]


def _write(to: str, path: Path, source: _Source, chosen: frozenset[int] | None) -> None:
    rows, count = (
        _kept(source.read_rows, source.keep, chosen),
        sum(source.keep) if chosen is None else len(chosen),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    if to == "csv":
        write_csv(path, rows, source.columns, source.metadata)
    elif to == "parquet":
        write_parquet(path, rows, source.columns, metadata=source.metadata)
    elif to == "hdf5":
        write_hdf5_table(path, rows, source.columns, source.metadata, count)
    else:
        try:
            write_netcdf(path, rows, source.columns, source.metadata, count)
        except ImportError:
            raise ExportError(
                "NetCDF files need the extra 'netcdf' (pip install 'enchanted-tui[netcdf]');"
                " h5netcdf cannot be imported here"
            ) from None


def _kept(read_rows: Rows, keep: Sequence[bool], chosen: frozenset[int] | None = None) -> Rows:
    def rows() -> Iterator[Row]:
        position = 0
        for row, wanted in zip(read_rows(), keep, strict=True):
            if wanted:
                if chosen is None or position in chosen:
                    yield row
                position += 1

    return rows


def _provenance_columns(rows: Iterator[Row]) -> list[ColumnType]:
    by_name = {column.name: column for column in column_types(rows, PROVENANCE_UNITS)}
    return [by_name[name] for name in PROVENANCE_COLUMNS]
