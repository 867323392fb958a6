"""A test set: samples in a file that a model is tested on and has not learnt from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from enchanted_tui.export.csv_table import schema_path
from enchanted_tui.export.frame import load
from enchanted_tui.export.selection import ExportError
from enchanted_tui.surrogate.model_inputs import Array, Place, SurrogateError
from enchanted_tui.surrogate.row_places import place_in_file
from enchanted_tui.surrogate.training_data import OutputValues, TrainingData
from enchanted_tui.warning_filters import no_warnings

if TYPE_CHECKING:
    import pandas

#: how pandas says of a line that it is too long
_TOO_MANY = re.compile(r"Expected (?P<names>\d+) fields in line (?P<line>\d+), saw (?P<cells>\d+)")
#: how files say whether a sample succeeded
_NO = ("no", "false", "0", "0.0")
_WORDS = dict.fromkeys(("yes", "true", "1", "1.0"), True) | dict.fromkeys(_NO, False)


@dataclass(frozen=True)
class HeldOut:
    """Samples that a model is tested on and has not seen."""

    columns: Mapping[str, Array]  #: the parameters
    points: Array
    outputs: Mapping[str, Array]  #: by name, (n, m)


def read_test_set(path: Path, data: TrainingData) -> tuple[HeldOut, TrainingData]:
    """Return a test set, and the training data without those samples that are in it. Raises
    SurrogateError.
    """
    frame, blank_rows = _frame_of(path)
    numbers = numpy.arange(len(frame))

    def place(row: int) -> str:
        return place_in_file(path, int(numbers[row]), blank_rows=blank_rows)

    if "success" in frame:
        kept = _succeeded(path, frame["success"], place)
        frame, numbers = frame[kept], numbers[kept]
    if not len(frame):
        raise SurrogateError(f"--test {path}: there is no successful sample in it")
    try:
        columns = data.space.columns(frame, place)
        points = data.space.features(columns)
    except SurrogateError as error:
        raise SurrogateError(f"--test {path}: {error}") from error
    outputs = {one.name: _test_values(path, frame, one, place) for one in data.outputs}
    data = replace(data, notes=(*data.notes, *_untested(path, outputs)))
    seen = {row.tobytes() for row in points}
    again = numpy.array([row.tobytes() in seen for row in data.points], dtype=bool)
    if again.all():
        raise SurrogateError(
            f"--test {path}: it holds all samples of the campaign, so none is left to fit a model"
            " to; --export RUN_DIR --split 0.8/0.2 writes a test set"
        )
    if again.any():
        data = data.without(
            again, f"{again.sum():,} samples are in {path.name} too and are not learnt from"
        )
    return HeldOut(columns, points, outputs), data


def _untested(path: Path, outputs: Mapping[str, Array]) -> list[str]:
    """Return a sentence for each output that some samples of a test set do not have."""
    found = []
    for name, values in outputs.items():
        lacks = int((~numpy.isfinite(values).all(axis=1)).sum())
        if 0 < lacks < len(values):
            found.append(
                f"{name}: {lacks:,} of {len(values):,} samples of {path.name} have no finite value"
                " of it, and it is not tested on these"
            )
    return found


def _succeeded(path: Path, column: pandas.Series[Any], place: Place) -> Array:
    """Return of each row whether it succeeded; one without a word has not. Raises SurrogateError
    naming the line of what is neither.
    """
    found = numpy.zeros(len(column), dtype=bool)
    for row, (cell, lacks) in enumerate(zip(column.tolist(), column.isna(), strict=True)):
        word = "no" if lacks else str(cell).strip().lower()
        if word not in _WORDS:
            raise SurrogateError(
                f"--test {path}: success is {cell!r} in {place(row)}; expected yes or no, true or"
                " false, 1 or 0"
            )
        found[row] = _WORDS[word]
    return found


def _frame_of(path: Path) -> tuple[pandas.DataFrame, bool]:
    """Return a file of `--export`, or a bare CSV file as pandas reads it, and whether blank lines
    are rows of it. Raises SurrogateError.
    """
    is_bare = path.suffix.lower() == ".csv" and path.is_file() and not schema_path(path).is_file()
    try:
        with no_warnings():
            return (_bare_frame(path), False) if is_bare else (load(path), True)
    except SurrogateError:
        raise
    except ExportError as error:
        raise SurrogateError(f"--test: {error}") from error
    except UnicodeDecodeError as error:
        raise SurrogateError(
            f"--test {path}: it is no text in UTF-8; --export RUN_DIR --split 0.8/0.2 writes a test"
            " set"
        ) from error
    except (ValueError, KeyError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise SurrogateError(
            f"--test {path}: it is damaged, or no file that --export has written"
        ) from error


def _bare_frame(path: Path) -> pandas.DataFrame:
    """Read a CSV file that has no schema beside it. Raises SurrogateError."""
    import pandas

    try:
        return pandas.read_csv(path)
    except pandas.errors.EmptyDataError as error:
        raise SurrogateError(f"--test {path}: it is empty") from error
    except pandas.errors.ParserError as error:
        found = _TOO_MANY.search(str(error))
        said = (
            f"line {found['line']} has {found['cells']} cells, those before have {found['names']}"
            if found
            else "it is no CSV, a line of names and a line for each sample"
        )
        raise SurrogateError(f"--test {path}: {said}") from error


def _test_values(path: Path, frame: pandas.DataFrame, output: OutputValues, place: Place) -> Array:
    if output.name not in frame:
        raise SurrogateError(f"--test {path}: there is no column {output.name!r} in it")
    import pandas

    values = numpy.full((len(frame), output.values.shape[1]), numpy.nan)
    for row, cell in enumerate(frame[output.name]):
        if not isinstance(cell, numpy.ndarray | list) and pandas.isna(cell):
            continue
        try:
            values[row] = numpy.asarray(cell, dtype=float).reshape(-1)
        except (TypeError, ValueError):
            raise SurrogateError(
                f"--test {path}: {output.name} is no {'array' if output.shape else 'number'} of the"
                f" campaign's kind in {place(row)}"
            ) from None
    return values
