"""The dataset of a campaign, as models take it: parameters from 0 to 1, outputs as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import numpy

from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.export.frame import recorded_cells, to_frame
from enchanted_tui.record.no_campaign import no_campaign
from enchanted_tui.record.older.adopt import is_older_run
from enchanted_tui.record.older.older_view import recorded
from enchanted_tui.record.output_files import dataset_stage
from enchanted_tui.storage.column_types import ColumnType, unicode_name
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.suggestions import nearest
from enchanted_tui.surrogate.campaign_inputs import DrawnParameters, drawn_parameters, model_input
from enchanted_tui.surrogate.chosen_rows import ChosenRows, choose_rows
from enchanted_tui.surrogate.model_inputs import Array, InputSpace, SurrogateError
from enchanted_tui.views.dataset_fingerprint import fingerprint
from enchanted_tui.views.dataset_statistics import converted

if TYPE_CHECKING:
    from enchanted_tui.record.older.older_view import Recorded

_OWN = ("success", "run_dir")
_OWN_BEGINNINGS = ("success_", "runtime_sec_", "neighbour_")
FEWEST_PARENTS = 10  #: from which samples are held out with all that have the same parent
_LARGEST, _SMALLEST = 1e120, 1e-120  #: values, and differences, whose squares numbers can hold
_DIGITS = 2.0**-53  #: by which share of itself a number is rounded
Tell = Callable[[str], object]


def nobody(said: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class OutputValues:
    """The values of one output in all rows, NaN where there is none."""

    name: str
    values: Array  #: (n, m)
    missing: Array  #: (n,): whether the cell is empty, which NaN is not
    shape: tuple[int, ...] = ()  #: of an array
    unit: str = ""

    @property
    def known(self) -> Array:
        """Of each row, whether there is a finite value."""
        found: Array = numpy.asarray(numpy.isfinite(self.values).all(axis=1))
        return found

    def without(self, rows: Array) -> OutputValues:
        """Return the values without some rows, given by a mask."""
        return replace(self, values=self.values[~rows], missing=self.missing[~rows])


@dataclass(frozen=True)
class TrainingData:
    """All finished samples of the dataset's stage."""

    space: InputSpace
    columns: Mapping[str, Array]  #: the parameters as they were drawn
    points: Array  #: what models are told of them, (n, d), from 0 to 1
    success: Array  #: (n,)
    outputs: tuple[OutputValues, ...]
    groups: Array  #: (n,): rows of one group are held out together
    rows: Array  #: (n,): their numbers in the dataset
    drawn: DrawnParameters
    provenance: Mapping[str, str]
    seed: int
    fingerprint: str  #: of the whole dataset, see `views.dataset_fingerprint`
    notes: tuple[str, ...] = ()
    choice: ChosenRows | None = None  #: by the condition, if one was given

    def __len__(self) -> int:
        return len(self.success)

    def known(self, output: OutputValues) -> Array:
        """Return the numbers of the rows from which an output can be learnt."""
        found: Array = numpy.flatnonzero(self.success & output.known)
        return found

    def without(self, rows: Array, note: str) -> TrainingData:
        """Return the data without some rows, given by a mask."""
        return replace(
            self,
            columns={name: column[~rows] for name, column in self.columns.items()},
            points=self.points[~rows],
            success=self.success[~rows],
            outputs=tuple(one.without(rows) for one in self.outputs),
            groups=self.groups[~rows],
            rows=self.rows[~rows],
            notes=(*self.notes, note),
        )


def read_training_data(
    root: Path, wanted: Sequence[str] = (), tell: Tell = nobody, where: str | None = None
) -> TrainingData:
    """Return the dataset of a run directory with the outputs `wanted` (by default all that are
    numbers or arrays of one shape), or the rows of it that keep a condition. Raises
    EnvironmentProblem if no campaign is there, SurrogateError if there is nothing to learn from,
    ExportError if the condition is none.
    """
    run_dir = CampaignDirectory(root.resolve())
    if not run_dir.journal.is_file() and not is_older_run(run_dir):
        raise EnvironmentProblem(no_campaign(root))
    with recorded(run_dir) as reader:
        return training_data_of(root, reader, wanted, tell, where)


def training_data_of(
    root: Path,
    reader: Recorded,
    wanted: Sequence[str] = (),
    tell: Tell = nobody,
    where: str | None = None,
) -> TrainingData:
    """Return the same of a campaign that is being read. Raises SurrogateError, ExportError."""
    for sentence in reader.damage:
        tell(sentence)
    columns, cells, provenance = recorded_cells(CampaignDirectory(root.resolve()), reader)
    if not columns or not cells[0]:
        raise SurrogateError(f"{root} has no finished samples yet, so there is nothing to fit")
    _check_successes(root, int(_success([one.name for one in columns], cells).sum()), len(cells[0]))
    drawn = drawn_parameters(root, reader, dataset_stage(reader.state).depth)
    for note in drawn.notes:
        tell(note)
    count, names = len(cells[0]), [column.name for column in columns]
    whole = _fingerprint(names, cells)
    rows, choice = numpy.arange(count), None
    if where is not None:
        success = _success(names, cells)
        choice = choose_rows(where, dict(zip(names, cells, strict=True)), count, success, drawn)
        rows = rows[choice.kept]
        cells = [[values[row] for row in rows] for values in cells]
        drawn = replace(drawn, is_cut=True)
    data = _training_data(
        columns, cells, provenance, drawn, reader.state.seed, reader.state.units, whole, wanted
    )
    if choice is None:
        return data
    return replace(data, rows=rows, choice=choice, notes=(choice.note, *data.notes))


def _check_successes(root: Path, succeeded: int, count: int) -> None:
    """Raise SurrogateError where there are none to compare."""
    if succeeded == 0:
        all_of = f"all {count:,} samples have" if count > 1 else "the only sample has"
        raise SurrogateError(
            f"{root}: {all_of} failed, so there is nothing to fit; --status says why"
        )
    if succeeded == 1:
        raise SurrogateError(f"{root}: one successful sample is too few to fit a model to")


def _success(names: Sequence[str], cells: Sequence[list[Any]]) -> Array:
    """Return of each row whether the sample has succeeded."""
    if "success" not in names:
        return numpy.ones(len(cells[0]), dtype=bool)
    return numpy.array([bool(value) for value in cells[names.index("success")]], dtype=bool)


def _fingerprint(names: Sequence[str], cells: Sequence[list[Any]]) -> str:
    numbers = (converted(values).numbers for values in cells)
    return fingerprint(len(cells[0]), dict(zip(names, numbers, strict=True)))


def _training_data(
    columns: Sequence[ColumnType],
    cells: Sequence[list[Any]],
    provenance: Mapping[str, str],
    drawn: DrawnParameters,
    seed: int,
    units: Mapping[str, str],
    whole: str,
    wanted: Sequence[str],
) -> TrainingData:
    frame = to_frame(columns, cells, dict(provenance))
    by_name = {column.name: index for index, column in enumerate(columns)}
    inputs = [
        model_input(columns[by_name[name]], cells[by_name[name]], drawn, units.get(name, ""))
        for name in drawn.names
        if name in by_name and _is_usable(cells[by_name[name]])
    ]
    space = InputSpace(inputs)
    if not space.n_features:
        raise SurrogateError(
            "no parameter differs from sample to sample, so there is nothing to fit a model to"
        )
    table = space.columns(frame)
    success = _success([column.name for column in columns], cells)
    names, notes = _chosen(columns, drawn.names, drawn.others, wanted)
    notes += [
        f"{name} is left out as an input: it is no number or text in some samples"
        for name in drawn.names
        if name in by_name and name not in space.names
    ]
    outputs = [_output(columns[by_name[name]], cells[by_name[name]]) for name in names]
    outputs, more = _told_apart(outputs, success, explicit=bool(wanted))
    points = space.features(table)
    groups = held_together(points, table, drawn)
    return TrainingData(
        space,
        table,
        points,
        success,
        tuple(outputs),
        groups,
        numpy.arange(len(frame)),
        drawn,
        provenance,
        seed,
        whole,
        (*notes, *more),
    )


def _is_usable(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str | bool | int | float) for value in values)


def _chosen(
    columns: Sequence[ColumnType],
    inputs: Sequence[str],
    others: frozenset[str],
    wanted: Sequence[str],
) -> tuple[list[str], list[str]]:
    """Return the outputs to fit, and a sentence for each that cannot be."""
    kinds = {column.name: column for column in columns}
    possible = [
        name
        for name in kinds
        if name not in (*inputs, *others, *_OWN) and not name.startswith(_OWN_BEGINNINGS)
    ]
    for name in wanted:
        if name not in kinds or name in (*inputs, *_OWN):
            guess = nearest(name, possible)
            hint = f"; did you mean {guess!r}?" if guess else f"; there are {', '.join(possible)}"
            raise SurrogateError(f"--outputs: the dataset has no output {name!r}{hint}")
        if reason := _unfit(kinds[name]):
            raise SurrogateError(f"--outputs: {name} {reason}")
    if wanted:
        return list(dict.fromkeys(wanted)), []
    found = [name for name in possible if not _unfit(kinds[name]) and kinds[name].kind != "bool"]
    notes = [
        f"{name} is left out: it {_unfit(kinds[name])}" for name in possible if _unfit(kinds[name])
    ]
    notes += [
        f"{name} is left out: it is true or false; --outputs {quote(name)} fits it as 1 and 0"
        for name in possible
        if kinds[name].kind == "bool"
    ]
    if not found:
        raise SurrogateError(
            "the dataset has no output that is a number or an array of numbers, so there is"
            " nothing to fit"
        )
    return found, notes


def _unfit(column: ColumnType) -> str:
    """Say why an output cannot be fitted; nothing if it can."""
    if column.kind == "array":
        return "" if column.shape is not None else "holds arrays of different shapes"
    return "" if column.kind in ("int", "float", "bool") else "holds no numbers"


def _output(column: ColumnType, cells: Sequence[Any]) -> OutputValues:
    shape = tuple(column.shape or ()) if column.kind == "array" else ()
    size = int(numpy.prod(shape, dtype=int))
    values = numpy.full((len(cells), size), numpy.nan)
    for row, cell in enumerate(cells):
        if cell is not None:
            values[row] = numpy.asarray(cell, dtype=float).reshape(-1)
    missing = numpy.array([cell is None for cell in cells], dtype=bool)
    return OutputValues(unicode_name(column.name), values, missing, shape, column.unit)


def _told_apart(
    outputs: Sequence[OutputValues], success: Array, *, explicit: bool
) -> tuple[list[OutputValues], list[str]]:
    """Leave out what is the same in all samples."""
    kept, notes = [], []
    for one in outputs:
        if reason := _untold(one.values[success & one.known]):
            notes.append(f"{one.name} is left out: {reason}")
        else:
            kept.append(one)
    if not kept:
        said = f"; {'; '.join(notes)}" if notes else ""
        raise SurrogateError(f"there is no output to fit{said}")
    if explicit and notes:
        raise SurrogateError(f"--outputs: {notes[0]}; name others")
    return kept, notes


def _untold(values: Array) -> str:
    """Say why values, (n, m), cannot be fitted; nothing if they can."""
    if not len(values):
        return "no successful sample has a finite value of it"
    largest = float(numpy.abs(values).max())
    if largest > _LARGEST:
        return f"it reaches {largest:.1g}, of which no squares can be taken; give it another unit"
    spread = float((values.max(axis=0) - values.min(axis=0)).max())
    if largest * _DIGITS >= 1 and spread <= largest * _DIGITS:
        return f"it is about {largest:.3g}, and differs by less than 16 digits tell; subtract that"
    if not spread > 0:
        return "it is the same in all samples"
    if spread < _SMALLEST:
        return (
            f"it differs by {spread:.1g} at most, of which no squares can be taken; give it"
            " another unit"
        )
    return ""


def held_together(points: Array, columns: Mapping[str, Array], drawn: DrawnParameters) -> Array:
    """Return of each row a number that it shares with those that are held out with it: repeats of a
    point and, where there are enough parents, the children of one.
    """
    parents = _parents(columns, drawn)
    if parents is not None:
        return parents
    _, found = numpy.unique(points, axis=0, return_inverse=True)
    return found.reshape(-1)


def _parents(columns: Mapping[str, Array], drawn: DrawnParameters) -> Array | None:
    """Return of each row the number of its parent; None where there are too few, or none."""
    before = [
        columns[name].astype(str)
        for names in drawn.by_stage[:-1]
        for name in names
        if name in columns
    ]
    if not before:
        return None
    _, parents = numpy.unique(numpy.stack(before, axis=1), axis=0, return_inverse=True)
    return parents.reshape(-1) if parents.max() + 1 >= FEWEST_PARENTS else None
