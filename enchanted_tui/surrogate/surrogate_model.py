"""A surrogate that is used: predictions with standard deviations, and the file that holds it.

The file is one .npz: arrays of our own and a JSON text, read without pickle, so that opening a
model of somebody else's runs nothing. It needs this program, numpy and SciPy.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from enchanted_tui.commands import command_line
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.export.selection import ExportError, check_directory, check_places
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.surrogate.cross_validation import OutputModel
from enchanted_tui.surrogate.model_checks import (
    ModelFileError,
    check_inputs,
    check_output_arrays,
    check_outputs,
    check_success_arrays,
)
from enchanted_tui.surrogate.model_inputs import (
    Array,
    Columns,
    InputSpace,
    ModelInput,
    SurrogateError,
)
from enchanted_tui.surrogate.output_projection import Projection
from enchanted_tui.surrogate.score_models import GaussianScores, LinearScores
from enchanted_tui.surrogate.stored_report import DAMAGED
from enchanted_tui.surrogate.success_model import SuccessModel
from enchanted_tui.surrogate.tree_scores import TreeScores
from enchanted_tui.whole_files import open_replacement

if TYPE_CHECKING:
    import pandas

FORMAT = 2  #: 1: inputs do not say whether they are whole numbers
FLOOR = 0.1  #: share of the held-out RMSE that a standard deviation has at least, uncalibrated
#: what a file raises that is something else, besides `DAMAGED`
_WRONG = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError)
_SCORES: Mapping[str, Any] = {
    kind.kind: kind for kind in (GaussianScores, LinearScores, TreeScores)
}


class Prediction(NamedTuple):
    """What a model predicts, a row for each row that was asked for and a column for each output;
    in both, the cells of arrays are arrays.
    """

    mean: pandas.DataFrame
    std: pandas.DataFrame  #: standard deviations of a value about the mean


@dataclass(frozen=True)
class FittedOutput:
    """The model of one output, with its error on samples that were held out."""

    name: str
    unit: str
    shape: tuple[int, ...]  #: of an array
    model: OutputModel
    calibration: float  #: by which the model's own standard deviations are multiplied
    samples: int  #: it has learnt from
    rmse: float
    mape: float | None
    r2: float | None

    def at(self, points: Array) -> tuple[Array, Array]:
        """Return means and calibrated standard deviations, both of shape (n, m)."""
        mean, spread = self.model.at(points)
        return mean, self.calibration * numpy.sqrt(spread**2 + (FLOOR * self.rmse) ** 2)

    def described(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "shape": list(self.shape),
            "model": self.model.scores.kind,
            "calibration": self.calibration,
            "samples": self.samples,
            "rmse": self.rmse,
            "mape": self.mape,
            "r2": self.r2,
        }


@dataclass(frozen=True)
class SurrogateModel:
    """A surrogate of a campaign's outputs.

    `about` says where it comes from (versions, provenance, the whole report of the fit).
    """

    space: InputSpace
    fitted: Sequence[FittedOutput]
    success: SuccessModel | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def inputs(self) -> list[str]:
        """The columns that `predict` needs."""
        return self.space.names

    @property
    def outputs(self) -> list[str]:
        """The columns that `predict` gives."""
        return [one.name for one in self.fitted]

    @property
    def units(self) -> dict[str, str]:
        """The units of inputs and outputs, of those of which one is known."""
        inputs = {one.name: one.unit for one in self.space.inputs}
        units = {**inputs, **{one.name: one.unit for one in self.fitted}}
        return {name: unit for name, unit in units.items() if unit}

    @property
    def bounds(self) -> dict[str, tuple[Any, ...]]:
        """The training box: lowest and highest value of each number, the values of each
        category.
        """
        return {
            one.name: one.values if one.is_category else (one.low, one.high)
            for one in self.space.inputs
        }

    @property
    def errors(self) -> pandas.DataFrame:
        """The errors on held-out samples, a row for each output: `rmse` in its unit, `mape` as a
        share, `r2`.
        """
        import pandas

        return pandas.DataFrame(
            [(one.rmse, one.mape, one.r2) for one in self.fitted],
            index=self.outputs,
            columns=["rmse", "mape", "r2"],
        )

    def predict(self, frame: Any) -> Prediction:
        """Return mean and standard deviation of each output at the rows of a pandas.DataFrame, or
        of what one is made of; it needs the columns `inputs`, others are passed over.

        A UserWarning tells of rows outside the training box, and of values between whole numbers
        of a parameter that had these alone. Raises SurrogateError for a column
        that is missing and for values that are none of the parameter's.
        """
        import pandas

        table, columns = self._asked(frame)
        points = self.space.features(columns)
        means, deviations = {}, {}
        for one in self.fitted:
            mean, deviation = one.at(points)
            means[one.name] = _cells(mean, one.shape)
            deviations[one.name] = _cells(deviation, one.shape)
        return Prediction(
            pandas.DataFrame(means, index=table.index),
            pandas.DataFrame(deviations, index=table.index),
        )

    def probability_of_success(self, frame: Any) -> pandas.Series[float]:
        """Return how probable it is that a sample succeeds at each row; 1 where too few have failed
        for a model of it. Takes, warns and raises as `predict` does, and raises SurrogateError
        where the condition of the fit has hidden which samples fail.
        """
        import pandas

        if hidden := self.about.get("failures_hidden"):
            raise SurrogateError(f"{hidden}; fit with a condition on parameters alone for that")

        table, columns = self._asked(frame)
        points = self.space.features(columns)
        found = numpy.ones(len(points)) if self.success is None else self.success.at(points)
        return pandas.Series(found, index=table.index, name="success")

    def _asked(self, frame: Any) -> tuple[pandas.DataFrame, Columns]:
        import pandas

        try:
            table = frame if isinstance(frame, pandas.DataFrame) else pandas.DataFrame(frame)
        except (TypeError, ValueError) as error:
            raise SurrogateError(
                f"a table is expected, such as {{{self.inputs[0]!r}: [...]}} a list for each of"
                f" {', '.join(self.inputs)}; {type(frame).__name__} given: {error}"
            ) from None
        twice = [name for name in self.inputs if list(table.columns).count(name) > 1]
        if twice:
            raise SurrogateError(f"there is more than one column {', '.join(map(repr, twice))}")
        columns = self.space.columns(table)
        for one in self.space.inputs:
            _warn_of(one, columns[one.name])
        return table, columns


def _warn_of(one: ModelInput, column: Array) -> None:
    """Warn of values of a parameter that no sample could have had."""
    outside, broken = one.outside(column), one.broken(column)
    said = []
    if outside.any():
        row = int(outside.argmax())
        said.append(
            f"{outside.sum():,} of {len(column):,} rows lie outside the box that the model has"
            f" learnt from: {one.name} from {one.low:.6g} to {one.high:.6g}, and row {row} has"
            f" {column[row]:.6g}; there it only extrapolates"
        )
    if broken.any():
        row = int(broken.argmax())
        said.append(
            f"{one.name} is a whole number in all samples that the model has learnt from, and is"
            f" none in {broken.sum():,} of {len(column):,} rows: row {row} has {column[row]:.6g};"
            " there it interpolates between values that it may never have"
        )
    for sentence in said:
        warnings.warn(sentence, stacklevel=4)  # where predict is called


def _cells(values: Array, shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[:, 0]
    found = numpy.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        found[row] = value.reshape(shape)
    return found


# -- the file --------------------------------------------------------------------------------------


def model_place(
    root: Path, out: Path | None, where: str | None = None, *, overwrite: bool = False
) -> Path:
    """Return where the model of a run directory, or of its rows `where` a condition holds, goes:
    there, in place of an earlier one, or to `out`. Raises ExportError where that would take the
    place of what is no file, of a campaign's own, or, unless `overwrite`, of any file, or that of a
    part the place of an earlier one; EnvironmentProblem where it cannot be written.
    """
    if out is None and where is not None and not overwrite:
        earlier = CampaignDirectory(root.resolve()).surrogate
        if earlier.exists():
            raise ExportError(
                f"--where {where}: {earlier} is there already and may be of all samples; add --out"
                " FILE for the model of a part, or --overwrite"
            )
    if out is not None:
        check_places([out], overwrite=overwrite)
        check_directory(out)
        return out
    place = CampaignDirectory(root.resolve()).surrogate
    if root.is_dir() and (wrong := _in_the_way(place)):
        raise EnvironmentProblem(
            f"{root}: the model cannot be written there: {wrong}; name its file with --out FILE"
        )
    return place


def _in_the_way(place: Path) -> str:
    """Return why a model cannot be written into a run directory; nothing if it can."""
    if place.exists() and not place.is_file():
        return f"{place.name} is {'a directory' if place.is_dir() else 'no plain file'}"
    return "" if os.access(place.parent, os.W_OK | os.X_OK) else "you may not write"


def write_model(path: Path, model: SurrogateModel, report: Mapping[str, Any]) -> None:
    """Write a model's file, with the report of its fit; raises OSError if that cannot be done."""
    arrays: dict[str, Array] = {}
    for number, one in enumerate(model.fitted):
        projection = one.model.projection
        parts = {"mean": projection.mean, "basis": projection.components, "left": projection.left}
        parts |= {f"scores/{name}": array for name, array in one.model.scores.arrays().items()}
        arrays |= {f"output{number}/{name}": array for name, array in parts.items()}
    if model.success is not None:
        arrays |= {f"success/{name}": array for name, array in model.success.arrays().items()}
    told = {
        **model.about,
        "report": dict(report),
        "format": FORMAT,
        "inputs": model.space.as_json(),
        "outputs": [one.described() for one in model.fitted],
    }
    arrays["about"] = numpy.frombuffer(json.dumps(told).encode(), dtype=numpy.uint8)
    with open_replacement(path) as file:
        numpy.savez_compressed(file, allow_pickle=False, **arrays)


def load_model(path: str | Path) -> SurrogateModel:
    """Return the surrogate that ``--fit`` has written: that of a run directory, or a file.

    Nothing in the file is run. Raises SurrogateError if there is none, or none that this version
    reads, OSError if it cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        root, path = path, CampaignDirectory(path).surrogate
        if not path.is_file():
            raise SurrogateError(
                f"{root} holds no surrogate; {command_line('--fit', root)} fits one and writes"
                f" {path.name}"
            )
    if not path.is_file():
        there = os.path.lexists(path)
        raise SurrogateError(
            f"{path} {'is no plain file' if there else 'does not exist'};"
            f" {command_line('--fit', 'RUN_DIR', '--out', 'FILE')} writes a surrogate to a file"
        )
    try:
        with numpy.load(path, allow_pickle=False) as arrays:
            told = json.loads(arrays["about"].tobytes())
            if told["format"] > FORMAT:
                raise SurrogateError(
                    f"{path} was written by a newer version ({told.get('program')}); update"
                    " enchanted-tui to read it"
                )
            return _model(told, {name: arrays[name] for name in arrays.files})
    except ModelFileError as error:
        raise SurrogateError(_no_model(path, f" ({error})")) from error
    except SurrogateError:
        raise
    except (*_WRONG, *DAMAGED) as error:
        raise SurrogateError(_no_model(path)) from error
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def _no_model(path: Path, why: str = "") -> str:
    return (
        f"{path} is not a surrogate that --fit has written, or it is damaged{why};"
        f" {command_line('--fit', 'RUN_DIR')} writes it anew"
    )


def _model(told: Mapping[str, Any], arrays: Mapping[str, Array]) -> SurrogateModel:
    """Return the model that a file holds. Raises ModelFileError."""
    check_inputs(told["inputs"])
    check_outputs(told["outputs"], list(_SCORES))
    space, outputs = InputSpace.from_json(told["inputs"]), []
    for number, one in enumerate(told["outputs"]):
        own = _below(arrays, f"output{number}/")
        check_output_arrays(one, own, space.n_features)
        scores = _SCORES[one["model"]].from_arrays(_below(own, "scores/"))
        projection = Projection(own["mean"], own["basis"], own["left"])
        outputs.append(
            FittedOutput(
                one["name"],
                one["unit"],
                tuple(one["shape"]),
                OutputModel(projection, scores),
                one["calibration"],
                one["samples"],
                one["rmse"],
                one["mape"],
                one["r2"],
            )
        )
    success = _below(arrays, "success/")
    if success:
        check_success_arrays(success, space.n_features)
    return SurrogateModel(
        space, outputs, SuccessModel.from_arrays(success) if success else None, told
    )


def _below(arrays: Mapping[str, Array], beginning: str) -> dict[str, Array]:
    return {
        name.removeprefix(beginning): array
        for name, array in arrays.items()
        if name.startswith(beginning)
    }
