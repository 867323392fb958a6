"""The examples in `configs/`: each runs as it stands and gives what its comment and the table in
`configs/README.md` say.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.files import read_csv, snapshot
from helpers.packed import files_of_tasks, loose

CONFIGS = Path(__file__).parents[2] / "configs"
FILES = sorted(path.name for path in CONFIGS.glob("*.yaml"))

#: Warnings that an example gives on purpose.
EXPECTED_WARNINGS: dict[str, str] = {}


class Promise(NamedTuple):
    rows: int
    failed: int


def promises() -> dict[str, Promise]:
    """Read the table of the page that lists the examples."""
    lines = re.findall(
        r"^\| \[(\S+\.yaml)\]\(\1\) \|.*\| (\d+) \| (\d+) \|$",
        (CONFIGS / "README.md").read_text(),
        re.MULTILINE,
    )
    return {name: Promise(int(rows), int(failed)) for name, rows, failed in lines}


@pytest.fixture
def untouched() -> dict[str, str]:
    return snapshot(CONFIGS)


def run(name: str, *arguments: str) -> int:
    return cli.main([str(CONFIGS / name), "--no-ui", *arguments])


def test_every_example_is_in_the_table() -> None:
    """A file that nobody lists is not found, and one that is not tested does not run for long."""
    assert sorted(promises()) == FILES


#: Examples that fit models again and again, or start a cluster. Their parts run in other tests every
#: day, and whether the files are right is tested too.
LONG = {
    "dask.yaml",
    "compare_samplers.yaml",
    "sampler_active_outputs.yaml",
    "sampler_bayesian.yaml",
    "sampler_bayesian_asynchronous.yaml",
    "sampler_pareto.yaml",
    "sampler_pool_learnt.yaml",
}

#: Examples that need an extra, and the package that shows whether it is there.
EXTRAS = {
    "sampler_active.yaml": ("learning", "skactiveml"),
    "sampler_active_outputs.yaml": ("learning", "skactiveml"),
    "sampler_gest.yaml": ("gest", "gest_api"),
}


def lacks_a_compiler(name: str) -> str:
    """Say what an example needs that compiles a program of two ranks or threads; nothing if it is
    there.
    """
    compiler = re.search(r"command: (\w*cc) ", (CONFIGS / name).read_text())
    if compiler is None or (shutil.which(compiler[1]) and len(os.sched_getaffinity(0)) > 1):
        return ""
    return f"{name} needs {compiler[1]} and two CPUs"


def example_files() -> list[Any]:
    """Give every example, those that lack something to be skipped with a sentence that says
    what.
    """
    found = []
    for name in FILES:
        extra, package = EXTRAS.get(name, ("", "enchanted_tui"))
        missing = importlib.util.find_spec(package) is None
        skip = pytest.mark.skipif(
            missing,
            reason=f"{name} needs the extra '{extra}': pip install 'enchanted-tui[{extra}]'",
        )
        reason = lacks_a_compiler(name)
        unable = pytest.mark.skipif(bool(reason), reason=reason or "able")
        long = [pytest.mark.full] if name in LONG else []
        found.append(pytest.param(name, marks=[skip, unable, *long]))
    return found


@pytest.fixture(autouse=True)
def may_be_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open MPI starts nothing as root unless it is told to."""
    monkeypatch.setenv("OMPI_ALLOW_RUN_AS_ROOT", "1")
    monkeypatch.setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")


@pytest.mark.parametrize("name", example_files())
def test_an_example_runs_and_gives_its_rows(
    campaign: Campaign, name: str, untouched: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """From another directory, without a warning about the file, writing below `runs/<name>`
    alone.
    """
    campaign.run_dir = campaign.root / "runs" / name.removesuffix(".yaml")
    promised = promises()[name]
    assert run(name) == 0
    assert f"Gives {promised.rows} rows" in (CONFIGS / name).read_text()
    assert len(campaign.rows()) == promised.rows
    assert campaign.column("success").count("False") == promised.failed
    assert str(CONFIGS / name) not in capsys.readouterr().err
    assert [path.name for path in campaign.root.iterdir()] == ["runs"]
    after = {
        path: digest for path, digest in snapshot(CONFIGS).items() if "__pycache__" not in path
    }
    assert after == {
        path: digest for path, digest in untouched.items() if "__pycache__" not in path
    }


@pytest.mark.parametrize("name", sorted(LONG))
def test_an_example_that_takes_long_is_right(
    campaign: Campaign, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What does not run every day is checked every day, without a warning about the file."""
    assert cli.main([str(CONFIGS / name), "--check"]) == 0
    assert str(CONFIGS / name) not in capsys.readouterr().err
    assert not list(campaign.root.iterdir())


def example(campaign: Campaign, name: str) -> Campaign:
    campaign.run_dir = campaign.root / "runs" / name
    assert run(f"{name}.yaml") == 0
    return campaign


def test_the_commands_of_the_resume_example_do_what_it_says(campaign: Campaign) -> None:
    """Resuming with nothing to do, with a budget of 40, and extending by 25; together the samples
    of one campaign.
    """
    example(campaign, "resume_extend")
    first = campaign.column("x")
    assert cli.main(["runs/resume_extend", "--no-ui"]) == 0
    assert campaign.column("x") == first
    assert (
        run("resume_extend.yaml", "--run-mode", "resume", "--set", "samplers.points.budget=40") == 0
    )
    assert len(campaign.rows()) == 40
    assert run("resume_extend.yaml", "--run-mode", "extend") == 0
    together = campaign.column("x")
    assert together[:25] == first
    assert (
        run(
            "resume_extend.yaml",
            "--base-run-dir",
            "runs/at_once",
            "--set",
            "samplers.points.budget=65",
        )
        == 0
    )
    assert [row["x"] for row in read_csv(Path("runs/at_once/enchanted_dataset.csv"))] == together


def test_the_commands_of_the_failures_example_do_what_it_says(campaign: Campaign) -> None:
    """The failed samples run again, and fail again: the chance belongs to the sample, not to the
    run.
    """
    example(campaign, "failures")
    before = campaign.column("success")
    assert cli.main(["--retry-failed", "runs/failures"]) == 0
    assert campaign.column("success") == before


def test_the_executors_example_kills_what_runs_too_long(campaign: Campaign) -> None:
    """One sample has waited for a minute in vain; the reason is on record."""
    example(campaign, "executors")
    assert {row["kind"] for row in campaign.failures()} == {"timeout", "skipped"}


def test_the_save_files_example_keeps_what_it_says(campaign: Campaign) -> None:
    """Only params.txt of the last stage's runs is left."""
    example(campaign, "save_files")
    assert {path.name for path in campaign.path("data").rglob("*") if path.is_file()} == {
        "params.txt"
    }


def test_the_packed_example_leaves_few_files(campaign: Campaign) -> None:
    """Nothing loose; the archives hold what is to be kept."""
    example(campaign, "packed")
    assert loose(campaign.run_dir) == []
    names = {name.split("/")[1] for name in files_of_tasks(campaign.run_dir)}
    assert names == {"state.txt", "result.txt", "enchanted_datapoint.csv"}


def test_the_outputs_example_writes_what_it_says(campaign: Campaign) -> None:
    """Parquet and no HDF5."""
    example(campaign, "outputs")
    assert campaign.path("enchanted_dataset.parquet").exists()
    assert not campaign.path("runs.h5").exists()


def test_the_nested_example_is_ordered_by_parents(campaign: Campaign) -> None:
    """Grid by random by list, and the last stage's output is computed from its parent's."""
    example(campaign, "nested_stages")
    rows = campaign.rows()
    assert [row["material"] for row in rows] == ["tungsten", "carbon"] * 12
    assert [(float(row["c1"]), float(row["c2"])) for row in rows[::6]] == [
        (0, 10),
        (0, 20),
        (1, 10),
        (1, 20),
    ]
    for row in rows:
        assert float(row["output"]) == pytest.approx(
            sum(float(row[name]) for name in ("c1", "c2", "c3"))
        )
