"""A model's file that was changed by hand, cut short, or is not there."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import enchanted_tui
from enchanted_tui.surrogate.model_inputs import SurrogateError
from enchanted_tui.surrogate.stored_report import stored_report
from helpers.surrogates import fitted, function_campaign

_Content = dict[str, Any]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, _Content]:
    """What the files of two kinds of models hold, with a model of success in them."""
    root = tmp_path_factory.mktemp("models")
    run_dir, found = function_campaign(root, "ishigami", 100, failing=True), {}
    for model in ("gp", "trees"):
        fitted(run_dir, "--model", model, "--out", root / f"{model}.npz")
        with np.load(root / f"{model}.npz", allow_pickle=False) as arrays:
            found[model] = {name: arrays[name] for name in arrays.files}
    return found


def _told(content: _Content, change: Callable[[Any], object]) -> None:
    """Change the text in a file."""
    told = json.loads(content["about"].tobytes())
    change(told)
    content["about"] = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)


def _about(change: Callable[[Any], object]) -> Callable[[_Content], None]:
    return lambda content: _told(content, change)


def _array(name: str, change: Callable[[Any], Any]) -> Callable[[_Content], None]:
    def changed(content: _Content) -> None:
        content[name] = change(content[name].copy())

    return changed


def _loop(left: Any) -> Any:
    left[:] = 0
    return left


@pytest.mark.parametrize(
    ("model", "change", "sentence"),
    [
        ("gp", _about(lambda told: told.update(inputs=[])), "it has no inputs"),
        ("gp", _about(lambda told: told["inputs"].pop()), "scores/points has the shape"),
        ("gp", _about(lambda told: told["inputs"][0].update(low=np.nan)), "x1 has no bounds"),
        ("gp", _about(lambda told: told["inputs"][1].update(name="x1")), "two inputs have one"),
        ("gp", _about(lambda told: told["inputs"][1].pop("values")), "x2 has no list of values"),
        ("gp", _about(lambda told: told.update(outputs=[])), "it has no outputs"),
        ("gp", _about(lambda told: told["outputs"][0].update(shape=[3])), "basis has the shape"),
        ("gp", _about(lambda told: told["outputs"][0].update(model="net")), "no known kind"),
        ("gp", _about(lambda told: told["outputs"][0].update(calibration=-1)), "no calibration"),
        ("gp", _about(lambda told: told.update(format=None)), "or it is damaged;"),
        ("gp", _array("about", lambda text: text[:-9]), "or it is damaged;"),
        ("gp", _array("output0/mean", lambda mean: mean * np.nan), "mean holds what is not finite"),
        ("gp", _array("output0/scores/scores", lambda some: some[:-1]), "scores has the shape"),
        ("gp", _array("output0/scores/hyper", lambda some: -some), "no lengths above 0"),
        ("gp", _array("output0/scores/points", lambda some: some.astype("U9")), "holds no numbers"),
        ("gp", _array("success/hyper", lambda some: some[:2]), "success: hyper has the shape"),
        ("gp", lambda content: content.pop("output0/basis"), "basis is missing"),
        ("trees", _array("output0/scores/left", _loop), "trees without an end"),
        ("trees", _array("output0/scores/feature", lambda some: some + 9), "of other inputs"),
        ("trees", _array("output0/scores/roots", lambda some: some + 1), "has no trees"),
    ],
)
def test_a_changed_file_is_a_sentence(
    models: dict[str, _Content],
    tmp_path: Path,
    model: str,
    change: Callable[[_Content], object],
    sentence: str,
) -> None:
    """Protects from tracebacks, and from nonsense that looks like a prediction."""
    path, content = tmp_path / "model.npz", dict(models[model])
    change(content)
    np.savez(path, **content)
    with pytest.raises(SurrogateError) as raised:
        enchanted_tui.load_model(path)
    said = str(raised.value)
    assert said.startswith(f"{path} is not a surrogate that --fit has written, or it is damaged")
    assert sentence in said and "--fit RUN_DIR writes it anew" in said and "\n" not in said


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects whoever opens several models: which one is not there, or cannot be read."""
    path = tmp_path / "model.npz"
    with pytest.raises(SurrogateError, match=r"model.npz does not exist; .*--fit RUN_DIR --out"):
        enchanted_tui.load_model(path)
    path.write_bytes(b"PK")

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")  # as reading gives it: without a name

    monkeypatch.setattr(np, "load", broken)
    with pytest.raises(OSError, match=r"Input/output error: .*model.npz"):
        enchanted_tui.load_model(path)


def test_a_report_that_was_changed_is_none(models: dict[str, _Content], tmp_path: Path) -> None:
    """Protects the app and --report, which show what the model's file says of its fit."""
    changes: list[Callable[[Any], object]] = [
        lambda told: told["report"]["outputs"][0].pop("parity"),
        lambda told: told["report"]["outputs"][0].update(rmse="x"),
        lambda told: told["report"].update(outputs=3),
        lambda told: told.update(report=[1]),
    ]
    found = []
    for change in (lambda told: None, *changes):
        content = dict(models["gp"])
        _told(content, change)
        np.savez(tmp_path / "enchanted_surrogate.npz", **content)
        found.append(stored_report(tmp_path) is not None)
    assert found == [True, False, False, False, False]
