"""``enchanted-tui --export RUN_DIR --crate``: write the dataset with all that is to be known of it
into a directory, or a zip file, of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from enchanted_tui.export.crate.crate_page import preview
from enchanted_tui.export.crate.entities import describe_campaign
from enchanted_tui.export.crate.graph import DESCRIPTOR, Entity, Graph
from enchanted_tui.export.crate.told import Told
from enchanted_tui.export.selection import ExportError
from enchanted_tui.export.writing import SUFFIXES, Export, Table, campaign_in, write_tables
from enchanted_tui.file_patterns import FilePatterns
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.privacy import PathShortener, masked
from enchanted_tui.record.older.older_view import Recorded, recorded
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.column_types import unicode_name
from enchanted_tui.storage.layout import CampaignDirectory, campaign_that_owns

PREVIEW = "ro-crate-preview.html"
_FILES = "files"
_MOST_LISTED = 1_000  #: files of samples that are described one by one
_SAMPLE_DIRECTORY = re.compile(r"(?:^|/)(data/(?:[^/]+/)?d\d+_b\d+_s\d+_r\d+)/*$")
_ENCODINGS = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".h5": "application/x-hdf5",
    ".nc": "application/x-netcdf",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".txt": "text/plain",
    ".html": "text/html",
}


@dataclass(frozen=True)
class Crate:
    """What is wanted."""

    out: Path | None = None  #: None: ``NAME-crate`` in the current directory
    told: Told = field(default_factory=Told)  #: comes before what the configuration says
    #: what of the dataset, in which format
    tables: Export = field(default_factory=lambda: Export("csv"))
    files: tuple[str, ...] = ()  #: patterns of the files of samples that go with it
    keep_paths: bool = False  #: leave absolute paths as they are


def write_crate(
    root: Path, wanted: Crate, tell: Callable[[str], object] = lambda sentence: None
) -> Path:
    """Write a crate and return its path; `tell` is told what it lacks.

    Nothing in the run directory is changed, and nothing is left where this fails. Raises
    EnvironmentProblem if no campaign is there, ExportError naming all that is missing or wrong,
    OSError if a file cannot be written.
    """
    run_dir = campaign_in(root)
    out = wanted.out or Path(f"{run_dir.root.name}-crate")
    _check_place(out)
    with recorded(run_dir) as reader:
        described = wanted.told.over(Told.recorded(reader.state.about)).checked(
            f"Dataset of the campaign {run_dir.root.name}"
        )
        for sentence in reader.damage:
            tell(sentence)
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as place:
            made = Path(place) / "crate"
            made.mkdir()
            shortener = _shortener(run_dir, reader.state)
            shorten = (lambda value: value) if wanted.keep_paths else shortener.value
            graph = Graph()
            tables = _write_tables(root, reader, wanted, made, shortener)
            held = [_file(graph, made, table.path.name, _words(table)) for table in tables]
            held += _schemas(graph, made)
            configuration = _configuration(graph, run_dir, reader.state, made, shorten)
            held += [configuration] if configuration else []
            held += _sample_files(graph, run_dir, reader.state, made, wanted.files, tell)
            types = {table.path.name: table.columns for table in tables}
            describe_campaign(graph, described, reader.state, types, held, configuration, shorten)
            first = {table.path.name: table.first for table in tables[:1]}
            (made / DESCRIPTOR).write_text(graph.as_json(), encoding="utf-8")
            (made / PREVIEW).write_text(preview(graph, first), encoding="utf-8")
            _put(made, out)
    return out


def _check_place(out: Path) -> None:
    if os.path.lexists(out):
        raise ExportError(f"--out {out}: this is there already; remove it, or name another place")
    campaign = campaign_that_owns(out)
    if campaign is not None:
        raise ExportError(
            f"--out {out}: there the campaign in {campaign} keeps its own files; name another place"
        )


def _put(made: Path, out: Path) -> None:
    """Bring a finished crate to its place."""
    if out.suffix.lower() != ".zip":
        made.rename(out)
        return
    packed = made.with_name("crate.zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        for path in sorted(made.rglob("*")):
            archive.write(path, path.relative_to(made))
    packed.rename(out)


# -- what goes into it -----------------------------------------------------------------------------


def _write_tables(
    root: Path, reader: Recorded, wanted: Crate, made: Path, shortener: PathShortener
) -> list[Table]:
    tables = replace(
        wanted.tables,
        out=made / f"dataset{SUFFIXES[wanted.tables.to]}",
        provenance=not wanted.tables.pivot,
        clean=None if wanted.keep_paths else lambda row: _named_from_there(shortener.row(row)),
    )
    return write_tables(root, reader, tables)


def _named_from_there(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a sample with its directory named from the run directory, which may have
    been given as a relative path.
    """
    found = _SAMPLE_DIRECTORY.search(str(row.get("run_dir", "")))
    return {**row, "run_dir": found[1]} if found else row


def _words(table: Table) -> str:
    what = "where and when each row was computed" if "provenance" in table.path.name else "dataset"
    return f"{what}: {table.count:,} rows, {len(table.columns):,} columns"


def _schemas(graph: Graph, made: Path) -> list[Entity]:
    """Add the schemas that files of CSV have beside them."""
    return [
        _file(
            graph, made, path.name, f"types and units of {path.name.removesuffix('.schema.json')}"
        )
        for path in sorted(made.glob("*.schema.json"))
    ]


def _configuration(
    graph: Graph,
    run_dir: CampaignDirectory,
    state: CampaignState,
    made: Path,
    shorten: Callable[[Any], Any],
) -> Entity | None:
    """Copy the configuration, if it is still there, without what is called a secret in it."""
    try:
        file = run_dir.config / state.config_file
        text = file.read_text(encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    (made / "configuration.yaml").write_text(masked(shorten(text)), encoding="utf-8")
    return _file(graph, made, "configuration.yaml", "configuration of the campaign")


def _sample_files(
    graph: Graph,
    run_dir: CampaignDirectory,
    state: CampaignState,
    made: Path,
    patterns: Sequence[str],
    tell: Callable[[str], object],
) -> Iterator[Entity]:
    """Copy the files of samples that are asked for, as they are, but for names that are no
    UTF-8.
    """
    if not patterns:
        return
    copied = _copy_files(run_dir, state, made / _FILES, FilePatterns(patterns))
    if not copied:
        tell(f"--with-files {','.join(patterns)}: no file of a sample has such a name")
        return
    yield graph.add(
        f"{_FILES}/",
        "Dataset",
        name=_FILES,
        description=f"{len(copied):,} files of samples, in directories named after their tasks",
    )
    for name in copied[:_MOST_LISTED]:
        yield _file(graph, made, f"{_FILES}/{name}", f"file of the task {name.partition('/')[0]}")


def _copy_files(
    run_dir: CampaignDirectory, state: CampaignState, target: Path, patterns: FilePatterns
) -> list[str]:
    door = TaskDirectories(str(run_dir.data), state.spread)
    copied = []
    for task in sorted(door.names()):
        for file in door.files(task):
            if patterns.match(file.name.split("/")):
                place = _free(target / task / unicode_name(file.name))
                place.parent.mkdir(parents=True, exist_ok=True)
                door.copy(task, file.name, str(place))
                copied.append(str(place.relative_to(target)))
    return copied


def _free(place: Path) -> Path:
    """Return a path that does not exist: names that are no UTF-8 are written in another way."""
    while os.path.lexists(place):
        place = place.with_name(f"{place.name}_")
    return place


def _file(graph: Graph, made: Path, name: str, description: str) -> Entity:
    path = made / name
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return graph.add(
        quote(name),
        "File",
        name=name,
        description=description,
        encodingFormat=_ENCODINGS.get(path.suffix.lower(), "application/octet-stream"),
        contentSize=str(path.stat().st_size),
        sha256=digest,
    )


def _shortener(run_dir: CampaignDirectory, state: CampaignState) -> PathShortener:
    """Return what takes out the paths of this campaign, and those of whoever shares it."""
    places = [os.getcwd(), str(run_dir.root.parent)]
    for record in state.codes:
        places += [tree["path"] for tree in record.get("work_trees", ())]
    return PathShortener({str(run_dir.root): ""}, places)
