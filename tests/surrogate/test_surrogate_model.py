"""The model that `--fit` writes: used without scikit-learn and without pickle, and a file of the
campaign's like any other.
"""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.operations.removing import what_a_campaign_created
from enchanted_tui.surrogate.model_inputs import SurrogateError
from enchanted_tui.surrogate.tree_scores import TreeScores
from helpers.marks import in_full
from helpers.surrogates import asked, fitted, function_campaign, run_code

_NAMES = ["x1", "x2", "x3"]


@pytest.fixture(scope="module")
def ishigami(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of 100 samples, a tenth of which fail, with a surrogate."""
    run_dir = function_campaign(tmp_path_factory.mktemp("model"), "ishigami", 100, failing=True)
    fitted(run_dir, "--model", "trees")
    return run_dir


def test_trees_are_followed_as_scikit_learn_does() -> None:
    """Protects the arrays in the file: the same numbers as the library that grew the trees gives."""
    from sklearn.ensemble import ExtraTreesRegressor

    rng = np.random.default_rng(0)
    points, scores = rng.random((80, 4)), rng.random((80, 2))
    trees = TreeScores.fitted(points, scores, np.random.default_rng(1))
    seed = int(np.random.default_rng(1).integers(1 << 31))
    forest = ExtraTreesRegressor(64, random_state=seed).fit(points, scores)
    new = rng.random((200, 4))
    assert np.abs(trees.at(new)[0] - forest.predict(new)).max() < 1e-12


def test_a_model_is_used_without_scikit_learn(ishigami: Path) -> None:
    """Protects whoever is handed the file: trees too predict with numpy alone."""
    code = (
        "import sys; sys.modules['sklearn'] = None; import enchanted_tui; mean, std ="
        f" enchanted_tui.load_model({str(ishigami)!r}).predict({{'x1': [1.0], 'x2': [1.0], 'x3':"
        " [1.0]}); print(mean['output'][0], std['output'][0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    mean, std = enchanted_tui.load_model(ishigami).predict({name: [1.0] for name in _NAMES})
    assert list(map(float, done.stdout.split())) == [mean["output"][0], std["output"][0]]


@pytest.mark.parametrize("model", ["gp", "linear", *in_full("trees")])
def test_a_model_comes_back_as_it_was_written(ishigami: Path, tmp_path: Path, model: str) -> None:
    """Protects each kind: it says what it has learnt from, and predicts the same wherever it is
    copied to.
    """
    path = tmp_path / "copied.file"
    told = fitted(ishigami, "--model", model, "--out", path)["outputs"][0]
    found = enchanted_tui.load_model(path)
    assert found.errors.loc["output", "rmse"] == told["rmse"]
    assert found.about["provenance"]["seed"] == "1"
    assert set(found.about["versions"]) == {"python", "numpy", "scipy"}
    frame = enchanted_tui.load(ishigami)
    mean, std = found.predict(frame)
    assert list(mean.index) == list(frame.index) and (std["output"] > 0).all()
    again = enchanted_tui.load_model(path).predict(frame).mean
    assert again.equals(mean)


def test_rows_outside_the_box_are_told(ishigami: Path) -> None:
    """Protects from extrapolation that looks like knowledge; what is inside says nothing."""
    model = enchanted_tui.load_model(ishigami)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict({"x1": [3.14], "x2": [-3.14], "x3": [0]})
    with pytest.warns(
        UserWarning, match=r"1 of 2 rows lie outside the box .*: x2 from -3.14159 to"
    ):
        model.predict({"x1": [0, 0], "x2": [0, 5.0], "x3": [0, 0]})


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        ({"x1": [0.0], "x2": [0.0]}, "there is no column 'x3'"),
        ({"x1": [0.0], "x2": [0.0], "x_3": [0.0]}, "did you mean 'x_3'"),
        ({"x1": ["a"], "x2": [0.0], "x3": [0.0]}, "x1 must be a number in every row"),
        ({"x1": [0.0, "4"], "x2": [0, 0], "x3": [0, 0]}, "x1 must .* in every row; row 1 has '4'"),
        ({"x1": [True], "x2": [0.0], "x3": [0.0]}, "x1 must be a number .*; row 0 has True"),
        ({"x1": [0.0, np.nan], "x2": [0, 0], "x3": [0, 0]}, "x1 must be a number; row 1 has nan"),
    ],
)
def test_rows_that_cannot_be_predicted_are_told(
    ishigami: Path, frame: dict[str, list[object]], sentence: str
) -> None:
    """Protects from predictions for something else than what was meant."""
    with pytest.raises(SurrogateError, match=sentence):
        enchanted_tui.load_model(ishigami).predict(frame)


def test_a_value_between_whole_numbers_is_told(tmp_path: Path) -> None:
    """Protects from a prediction for 2.5 coils, which no sample and no run can have; what pandas
    makes of a column with a gap elsewhere, 2.0, is the whole number 2.
    """
    sampler = {
        "type": "SobolSequenceSampler",
        "parameters": {"coils": {"low": 2, "high": 8, "integer": True}, "x": {"low": 0, "high": 1}},
        "budget": 32,
    }
    run_dir = run_code(tmp_path, "def run(coils, x): return {'height': coils + x}", sampler)
    fitted(run_dir, "--model", "linear")
    model = enchanted_tui.load_model(run_dir)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict({"coils": [2.0, 8.0], "x": [0.5, 0.5]})
    with pytest.warns(UserWarning, match=r"coils is a whole number .* 1 of 2 rows: row 1 has 2.5"):
        mean, _ = model.predict({"coils": [3, 2.5], "x": [0.5, 0.5]})
    assert mean["height"].tolist() == pytest.approx([3.5, 3.0])
    with pytest.raises(SurrogateError, match=r"coils must be a number .*; row 0 has True"):
        model.predict({"coils": [True], "x": [0.5]})


def test_nothing_in_a_file_is_run(ishigami: Path, tmp_path: Path) -> None:
    """Protects whoever opens a model of somebody else's: every array is read without pickle, and a
    file with an object in it is refused.
    """
    with np.load(ishigami / "enchanted_surrogate.npz", allow_pickle=False) as arrays:
        content = {name: arrays[name] for name in arrays.files}
    evil = tmp_path / "evil.npz"

    class Runs:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return (open, (str(tmp_path / "was_run"), "w"))

    content["output0/mean"] = np.array([Runs()], dtype=object)
    np.savez(evil, **content)
    with pytest.raises(SurrogateError, match="is not a surrogate that --fit has written"):
        enchanted_tui.load_model(evil)
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"text"])
def test_another_file_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    """Protects from tracebacks for a file that is something else, or cut off."""
    (tmp_path / "model.npz").write_bytes(content)
    with pytest.raises(SurrogateError, match="is not a surrogate that --fit has written"):
        enchanted_tui.load_model(tmp_path / "model.npz")


def test_what_is_no_table_is_a_sentence(ishigami: Path, tmp_path: Path) -> None:
    """Protects from words of pandas and numpy, and from advice to unpickle somebody else's file."""
    model = enchanted_tui.load_model(ishigami)
    table = enchanted_tui.load(ishigami)
    for given in (3, dict.fromkeys(_NAMES, 1.0)):
        with pytest.raises(SurrogateError, match="a table is expected"):
            model.predict(given)
    with pytest.raises(SurrogateError, match="more than one column 'x1'"):
        model.predict(table[["x1", *_NAMES]])
    with pytest.raises(SurrogateError, match=r"outputs=3: .*; where=3: "):
        enchanted_tui.sensitivity(ishigami, outputs=3, where=3)  # type: ignore[arg-type]
    (tmp_path / "t.csv").write_text("x1,x2")
    with pytest.raises(SurrogateError, match=r"or it is damaged; .* --fit") as raised:
        enchanted_tui.load_model(tmp_path / "t.csv")
    assert "pickle" not in str(raised.value)


def test_a_newer_format_is_a_sentence(tmp_path: Path) -> None:
    """Protects from misreading what a later version writes."""
    about = np.frombuffer(b'{"format": 99, "program": "enchanted-tui 9"}', dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, about=about)
    (tmp_path / "model.npz").write_bytes(file.getvalue())
    with pytest.raises(SurrogateError, match="written by a newer version"):
        enchanted_tui.load_model(tmp_path / "model.npz")


def test_the_model_goes_with_the_campaign(tmp_path: Path) -> None:
    """Protects --overwrite and rebuilding: the file is known as the campaign's, is deleted with it,
    and is not taken for something that the journal makes.
    """
    run_dir = function_campaign(tmp_path, "ishigami", 20)
    code, _, said = asked("--fit", run_dir, "--model", "linear", "--out", run_dir / "runs.h5")
    assert code == 2 and "keeps its own files" in said
    with pytest.raises(SurrogateError, match="holds no surrogate; enchanted-tui --fit"):
        enchanted_tui.load_model(run_dir)
    fitted(run_dir, "--model", "linear")
    assert any("enchanted_surrogate.npz" in line for line in what_a_campaign_created(run_dir))
    assert "surrogate" not in asked("--rebuild", run_dir)[1]
    assert (run_dir / "enchanted_surrogate.npz").is_file()
    config = str(tmp_path / "campaign.yaml")
    assert cli.main([config, "--no-ui", "--overwrite"]) == 0
    assert not (run_dir / "enchanted_surrogate.npz").exists()
