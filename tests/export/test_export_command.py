"""`enchanted-tui --export` and `enchanted_tui.load` on real campaigns."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

import enchanted_tui
from enchanted_tui import cli

CONFIG = {
    "samplers": {
        "points": {
            "type": "SobolSequenceSampler",
            "parameters": ["x", "y"],
            "bounds": [[0, 1], [0, 1]],
            "budget": 40,
        }
    },
    "runners": {"code": {"type": "PythonRunner", "function": "profile_code:run"}},
    "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
    "supervisor": {
        "base_run_dir": "run",
        "seed": 3,
        "units": {"x": "m", "energy": "J"},
        "summary_datatype": "parquet",
        "run_order": [{"sampler": "points", "executor": "here", "runner": "code"}],
    },
}

CODE = """
import numpy as np

def run(x, y):
    if y > 0.75:
        raise ValueError("too steep")
    return {"energy": x + y, "profile": np.linspace(0, x, 5), "label": "007", "success": True}
"""


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign of 40 samples, of which a quarter failed, with arrays and text."""
    root = tmp_path_factory.mktemp("exports")
    (root / "profile_code.py").write_text(CODE)
    config = root / "campaign.yaml"
    config.write_text(yaml.safe_dump(CONFIG))
    assert cli.main([str(config), "--no-ui", "--base-run-dir", str(root / "run")]) == 0
    return root / "run"


def export(run_dir: Path, *arguments: object) -> int:
    return cli.main(["--export", str(run_dir), *map(str, arguments)])


def test_load_gives_the_campaign_as_a_frame(run_dir: Path) -> None:
    """For notebooks: arrays, text as it is, missing outputs of failed samples, units,
    provenance.
    """
    frame = enchanted_tui.load(run_dir)
    assert len(frame) == 40
    good = frame[frame["success"]]
    assert 0 < len(good) < 40
    assert good["profile"].iloc[0].shape == (5,)
    assert set(good["label"]) == {"007"}
    assert frame["energy"].isna().sum() == 40 - len(good)
    assert frame.attrs["units"] == {"x": "m", "energy": "J"}
    assert frame.attrs["provenance"]["seed"] == "3"
    assert len(frame.attrs["provenance"]["config_sha256"]) == 64


@pytest.mark.parametrize("to", ["csv", "parquet", "hdf5", "netcdf"])
def test_an_export_holds_what_the_campaign_holds(run_dir: Path, tmp_path: Path, to: str) -> None:
    """Whatever the format, `load` gives the same frame as from the run directory."""
    out = tmp_path / "out.file"
    assert export(run_dir, "--to", to, "--out", out) == 0
    pd.testing.assert_frame_equal(enchanted_tui.load(out), enchanted_tui.load(run_dir))


def test_columns_and_successes_are_chosen(run_dir: Path, tmp_path: Path) -> None:
    """In the order in which they are named."""
    out = tmp_path / "part.parquet"
    assert (
        export(
            run_dir, "--to", "parquet", "--out", out, "--columns", "energy, x", "--successes-only"
        )
        == 0
    )
    frame = pd.read_parquet(out)
    assert list(frame.columns) == ["energy", "x"]
    assert frame["energy"].notna().all()


def test_a_split_is_a_partition_and_reproducible(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row in exactly one part, sizes by share, the same for the same seed and another one for
    another.
    """
    parts = {}
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        assert (
            export(
                run_dir, "--out", tmp_path / f"{name}.csv", "--split", "0.8/0.1/0.1", "--seed", seed
            )
            == 0
        )
        capsys.readouterr()
        parts[name] = [
            enchanted_tui.load(tmp_path / f"{name}-{part}.csv")
            for part in ("train", "validation", "test")
        ]
    assert [len(part) for part in parts["one"]] == [32, 4, 4]
    whole = pd.concat(parts["one"])["run_dir"]
    assert sorted(whole) == sorted(enchanted_tui.load(run_dir)["run_dir"])
    assert [list(part["run_dir"]) for part in parts["one"]] == [
        list(part["run_dir"]) for part in parts["again"]
    ]
    assert list(parts["one"][2]["run_dir"]) != list(parts["other"][2]["run_dir"])


def test_provenance_says_where_and_when(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second file, row by row beside the first."""
    out = tmp_path / "d.csv"
    assert export(run_dir, "--out", out, "--provenance", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "written": [str(out), str(tmp_path / "d.provenance.csv")]
    }
    told = enchanted_tui.load(tmp_path / "d.provenance.csv")
    frame = enchanted_tui.load(out)
    assert [path.rpartition("/")[2] for path in frame["run_dir"]] == list(told["task"])
    assert (told["started"] <= told["finished"]).all()
    assert list(told["success"]) == list(frame["success"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--columns", "enrgy"], "did you mean 'energy'"),
        (["--split", "0.8/0.1"], "make 1 together"),
        (["--split", "most/rest"], "0.8/0.1/0.1"),
        (["--split", "nan/1"], "must be positive"),
        (["--split", "0.5/0.5", "--seed", "-1"], "0 or more"),
        (["--split", ""], "--split: nothing is given"),
        (["--columns", ""], "--columns: nothing is given"),
        (["somewhere/else"], "name the run directory once"),
    ],
)
def test_wrong_wishes_are_sentences(
    run_dir: Path,
    tmp_path: Path,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, the remedy, and no file."""
    assert export(run_dir, "--out", tmp_path / "d.csv", *arguments) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_directory_without_a_campaign_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a traceback, and the exit code of other commands on a directory without a campaign."""
    assert export(tmp_path) == 3
    assert "no journal" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["runs.h5", "enchanted_dataset.csv"])
def test_files_of_a_campaign_that_have_no_types_are_told(run_dir: Path, name: str) -> None:
    """It is natural to try them; an empty frame, or advice to let pandas guess, would be the wrong
    answer.
    """
    with pytest.raises(ValueError, match="load the run directory"):
        enchanted_tui.load(run_dir / name)


def test_the_campaigns_own_parquet_has_types_and_units(run_dir: Path) -> None:
    """`summary_datatype: parquet` gives the same file that an export gives."""
    frame = enchanted_tui.load(run_dir / "enchanted_dataset.parquet")
    pd.testing.assert_frame_equal(frame, enchanted_tui.load(run_dir))
    assert frame.attrs["units"] == {"x": "m", "energy": "J"}


def test_a_place_that_cannot_be_written_to_is_a_sentence(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file where a directory is needed: the environment's fault, and no traceback."""
    (tmp_path / "file").write_text("")
    assert export(run_dir, "--out", tmp_path / "file" / "d.csv") == 3
    assert "file is no directory; name another place" in capsys.readouterr().err


@pytest.mark.parametrize(
    "place",
    [
        "state/journal.jsonl",
        "state/new",
        "runs.h5",
        "enchanted_dataset.csv",
        "data/d0_b0_s0_r0/x.csv",
        "logs/main.log",
    ],
)
@pytest.mark.parametrize("split", [(), ("--split", "0.5/0.5")])
def test_a_campaigns_own_files_are_never_replaced(
    run_dir: Path, place: str, split: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in `--out` would cost the record of weeks: one sentence, and every file is as it
    was.
    """
    before = {path: path.stat().st_mtime_ns for path in run_dir.rglob("*")}
    assert export(run_dir, "--out", run_dir / place, *split) == (
        2 if "/" in place or not split else 0
    )
    after = {
        path: path.stat().st_mtime_ns
        for path in run_dir.rglob("*")
        if "-train" not in path.name and "-test" not in path.name
    }
    assert {path: time for path, time in after.items() if path.is_file()} == {
        p: t for p, t in before.items() if p.is_file()
    }
    assert ("keeps its own files" in capsys.readouterr().err) == ("/" in place or not split)
    for path in run_dir.glob("*-t[re]*"):
        path.unlink()


def test_what_is_no_file_is_not_replaced(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A directory or a pipe is refused, of a split too before anything is written; a link leads to
    the file that is written.
    """
    (tmp_path / "d-test.csv").mkdir()
    assert export(run_dir, "--out", tmp_path / "d.csv", "--split", "0.5/0.5") == 2
    assert "a directory; name a file" in capsys.readouterr().err
    os.mkfifo(tmp_path / "pipe")
    assert export(run_dir, "--out", tmp_path / "pipe") == 2
    assert "no plain file" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d-test.csv", "pipe"]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere" / "d.csv")
    assert export(run_dir, "--out", tmp_path / "link.csv") == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "elsewhere" / "d.csv").stat().st_size > 1000


@pytest.mark.parametrize(
    "option",
    [
        ("--seed", "0"),
        ("--to", "csv"),
        ("--columns", "x"),
        ("--successes-only",),
        ("--provenance",),
    ],
)
def test_options_of_an_export_are_not_ignored_elsewhere(
    tmp_path: Path, option: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--seed 7` with a campaign would else run it with another seed, and nobody would know."""
    config = tmp_path / "campaign.yaml"
    config.write_text(yaml.safe_dump(CONFIG))
    assert cli.main([str(config), "--no-ui", "--base-run-dir", str(tmp_path / "run"), *option]) == 2
    said = capsys.readouterr().err
    assert f"{option[0]} goes with --export RUN_DIR" in said
    assert ("supervisor.seed=N" in said) == (option[0] == "--seed")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("to", ["csv", "parquet", "hdf5", "netcdf"])
def test_odd_results_come_back_from_files_as_from_the_run_directory(
    tmp_path: Path, to: str
) -> None:
    """Through runner, journal, command line and reader: names, sizes and types that some library on
    the way does not take.
    """
    (tmp_path / "odd_code.py").write_text(
        "import numpy as np\n\ndef run(x, y):\n    if x > 0.7:\n        raise ValueError('no')\n   "
        " return {'success': True, 'a\\0b': 1, '\\ud800': 2, '': 3, 'e\\n': 'q\"', 'n': 2**70,"
        " 'field': np.ones((2, 3)), 'c': 1 + 2j,\n        'ragged': np.arange(int(10 * x) + 1),"
        " 'u': np.uint64(2**63 + 1), 'b': b'\\0', 'h': np.float16(1.5), 'neg': -0.0,\n        't':"
        " '007', 'd': {'a': [1, None]}, 'x/y': float('nan'), 'mixed': 1 if y < 0.5 else 's', 'yes':"
        " np.bool_(True)}\n"
    )
    config = {**CONFIG, "runners": {"code": {"type": "PythonRunner", "function": "odd_code:run"}}}
    (tmp_path / "campaign.yaml").write_text(yaml.safe_dump(config))
    assert (
        cli.main(
            [str(tmp_path / "campaign.yaml"), "--no-ui", "--base-run-dir", str(tmp_path / "run")]
        )
        == 0
    )
    assert export(tmp_path / "run", "--to", to, "--out", tmp_path / "out") == 0
    frame = enchanted_tui.load(tmp_path / "out")
    assert {r"a\x00b", r"\ud800", "", "e\n", "x/y", "success", "run_dir"} <= set(frame.columns)
    assert frame["n"][0] == 2**70
    pd.testing.assert_frame_equal(frame, enchanted_tui.load(tmp_path / "run"))
