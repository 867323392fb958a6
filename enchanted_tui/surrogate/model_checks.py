"""Whether a model's file holds what `--fit` writes: names, bounds and arrays that belong together.
A file that somebody has changed by hand predicts nothing rather than nonsense.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from enchanted_tui.surrogate.model_inputs import Array, InputSpace, SurrogateError

_Arrays = Mapping[str, Array]


class ModelFileError(SurrogateError):
    """What a model's file holds does not go together; the text says what."""


def check_inputs(told: Any) -> None:
    """Raise ModelFileError, saying what is wrong, unless these are the parameters of a model."""
    _need(isinstance(told, list) and told, "it has no inputs")
    for one in told:
        _need(isinstance(one, dict) and _is_name(one.get("name")), "an input has no name")
        name, low, high = one["name"], one.get("low"), one.get("high")
        _need(_is_number(low) and _is_number(high) and low <= high, f"{name} has no bounds")
        is_log = one.get("log")
        _need(isinstance(is_log, bool), f"{name} has no scale")
        _need(not is_log or low > 0, f"{name} has a logarithmic scale from {low}")
        _need(isinstance(one.get("unit"), str), f"{name} has no unit")
        _need(isinstance(one.get("whole", False), bool), f"{name} has no kind of number")
        values = one.get("values")
        _need(
            isinstance(values, list)
            and all(isinstance(value, str | bool | int | float) for value in values),
            f"{name} has no list of values",
        )
    _need_once([one["name"] for one in told], "inputs")
    _need(InputSpace.from_json(told).n_features > 0, "no input varies")


def check_outputs(told: Any, kinds: Sequence[str]) -> None:
    """Raise ModelFileError unless these are outputs with models of `kinds`."""
    _need(isinstance(told, list) and told, "it has no outputs")
    for one in told:
        _need(isinstance(one, dict) and _is_name(one.get("name")), "an output has no name")
        name, shape = one["name"], one.get("shape")
        _need(isinstance(one.get("unit"), str), f"{name} has no unit")
        _need(
            isinstance(shape, list)
            and all(type(length) is int and length >= 0 for length in shape),
            f"{name} has no shape",
        )
        _need(one.get("model") in kinds, f"{name} has a model of no known kind")
        _need(_is_number(one.get("calibration"), above=0), f"{name} has no calibration")
        _need(type(one.get("samples")) is int, f"{name} has no number of samples")
        _need(_is_number(one.get("rmse")) and one["rmse"] >= 0, f"{name} has no error")
        for key in ("mape", "r2"):
            _need(one.get(key) is None or _is_number(one[key]), f"{name} has no {key}")
    _need_once([one["name"] for one in told], "outputs")


def check_output_arrays(told: Mapping[str, Any], arrays: _Arrays, features: int) -> None:
    """Raise ModelFileError unless the arrays of one output go together, and with its shape."""
    name = told["name"]
    size = math.prod(told["shape"])
    (count, _) = _shaped(name, arrays, "basis", (None, size))
    _shaped(name, arrays, "mean", (size,))
    _shaped(name, arrays, "left", (size,))
    _SCORES[told["model"]](name, arrays, features, count)


def check_success_arrays(arrays: _Arrays, features: int) -> None:
    """Raise ModelFileError unless the arrays of the model of success go together."""
    (rows, _) = _shaped("success", arrays, "points", (None, features))
    _need(rows > 0, "success has no samples")
    _shaped("success", arrays, "succeeded", (rows,))
    _shaped("success", arrays, "hyper", (features + 3,))
    _check_hyper("success", arrays["hyper"][1:])


def _gaussian(name: str, arrays: _Arrays, features: int, count: int) -> None:
    (rows, _) = _shaped(name, arrays, "scores/points", (None, features))
    _need(rows > 0, f"{name} has no samples")
    _shaped(name, arrays, "scores/scores", (rows, count))
    _shaped(name, arrays, "scores/hyper", (count, features + 2))
    for row in arrays["scores/hyper"]:
        _check_hyper(name, row)


def _check_hyper(name: str, row: Array) -> None:
    """Check length scales, amplitude and noise."""
    _need(bool((row[:-1] > 0).all() and row[-1] >= 0), f"{name} has no lengths above 0")


def _linear(name: str, arrays: _Arrays, features: int, count: int) -> None:
    _shaped(name, arrays, "scores/coefficients", (1 + features, count))
    _shaped(name, arrays, "scores/spread", (count,))
    _shaped(name, arrays, "scores/inverse", (1 + features, 1 + features))


def _trees(name: str, arrays: _Arrays, features: int, count: int) -> None:
    (trees,) = _shaped(name, arrays, "scores/roots", (None,))
    (nodes,) = _shaped(name, arrays, "scores/feature", (None,))
    for part in ("threshold", "left", "right"):
        _shaped(name, arrays, f"scores/{part}", (nodes,))
    _shaped(name, arrays, "scores/value", (nodes, count))
    for part in ("roots", "feature", "left", "right"):
        _need(arrays[f"scores/{part}"].dtype.kind == "i", f"{name}: {part} are no whole numbers")
    roots, feature = arrays["scores/roots"].astype(int), arrays["scores/feature"]
    sizes = numpy.diff([*roots, nodes])
    _need(trees > 0 and roots[0] == 0 and bool((sizes > 0).all()), f"{name} has no trees")
    _need(bool((feature < features).all()), f"{name} has trees of other inputs")
    # a child comes behind its parent, so that a way through a tree has an end
    own = numpy.arange(nodes) - numpy.repeat(roots, sizes)
    inner = feature >= 0
    for side in ("left", "right"):
        child = arrays[f"scores/{side}"]
        inside = (child > own) & (child < numpy.repeat(sizes, sizes))
        _need(bool(inside[inner].all()), f"{name} has trees without an end")


_SCORES = {"gp": _gaussian, "linear": _linear, "trees": _trees}


def _shaped(
    name: str, arrays: _Arrays, part: str, wanted: tuple[int | None, ...]
) -> tuple[int, ...]:
    """Return the shape of an array of finite numbers that is as `wanted`, where None is any length.
    Raises ModelFileError.
    """
    _need(part in arrays, f"{name}: {part} is missing")
    array = arrays[part]
    fits = len(array.shape) == len(wanted) and all(
        length is None or length == there for length, there in zip(wanted, array.shape, strict=True)
    )
    expected = ", ".join("n" if length is None else str(length) for length in wanted)
    _need(fits, f"{name}: {part} has the shape {array.shape}, and not ({expected})")
    _need(array.dtype.kind in "iufb", f"{name}: {part} holds no numbers")
    _need(bool(numpy.isfinite(array).all()), f"{name}: {part} holds what is not finite")
    return tuple(array.shape)


def _need(is_so: Any, otherwise: str) -> None:
    if not is_so:
        raise ModelFileError(otherwise)


def _need_once(names: Sequence[str], what: str) -> None:
    _need(len(set(names)) == len(names), f"two {what} have one name")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(value: Any, above: float = -math.inf) -> bool:
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and math.isfinite(value) and value > above
